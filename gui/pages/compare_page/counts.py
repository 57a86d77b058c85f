"""Whole numbers as people type them: "1, 2, 4"."""


def counts(words: str, least: int, most: int) -> tuple[int, ...]:
    """Each once, in their order. Empty where nothing is typed. Raises ValueError, with a sentence."""
    parts = [part for part in words.replace(",", " ").split() if part]
    if any(not part.isdecimal() or not least <= int(part) <= most for part in parts):
        raise ValueError(f"Whole numbers from {least} to {most}, with commas between.")
    return tuple(dict.fromkeys(int(part) for part in parts))
