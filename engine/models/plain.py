"""Text out of a model's files, made fit for a sentence that people read in a window or a terminal."""

_LONGEST = 80


def quoted(text: str) -> str:
    """In quotes, cut to 80 characters; what does not print (control characters, half characters) as “?”."""
    kept = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return "“" + "".join(sign if sign.isprintable() else "?" for sign in kept) + "”"
