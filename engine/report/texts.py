"""A task's inputs in a script: literals that are safe whatever the texts hold, and how Transformers tokenizes them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

_INDENT = " " * 4
_WINDOW, _OVERLAP = 384, 128
"""As the task of question answering reads a long context."""

_TEXT_WINDOW = 512


@dataclasses.dataclass(frozen=True, slots=True)
class Given:
    """``first`` and ``second``: the texts of each row. ``code``: lines that make ``rows`` of FIRST and SECOND."""

    first: list[str]
    second: list[str] | None
    code: str


def given(task: str, inputs: Sequence[Mapping[str, Any]], max_tokens: int) -> Given:
    """``max_tokens``: the longest row that the model takes, 0 where that is not known."""
    limit = str(max_tokens) if max_tokens else "None"
    if task == "question-answering":
        length = min(max_tokens or _WINDOW, _WINDOW)
        code = _windows("FIRST, SECOND", "only_second", length, min(_OVERLAP, length // 2))
        return Given([str(one["question"]) for one in inputs], [str(one["context"]) for one in inputs], code)
    if task == "sentence-similarity":
        rows = [str(text) for one in inputs for text in (one["source_sentence"], *one["sentences"])]
        return Given(rows, None, _cut("FIRST", limit))
    rows = [str(one["inputs"]) for one in inputs]
    if task == "token-classification":
        length = max_tokens or _TEXT_WINDOW
        return Given(rows, None, _windows("FIRST", "longest_first", length, min(_OVERLAP, length // 4)))
    if task == "fill-mask":
        mask = "tokenizer.mask_token"
        masked = f'    texts = [text.replace("[MASK]", {mask}).replace("<mask>", {mask}) for text in FIRST]\n'
        return Given(rows, None, masked + _cut("texts", limit))
    return Given(rows, None, _cut("FIRST", limit))


def literal(texts: Sequence[str]) -> str:
    """A list, one text a line. ``ascii`` escapes quotes, line ends and all that is not plain, half characters too."""
    lines = "".join(f"{_INDENT}{text!a},\n" for text in texts)
    return f"[\n{lines}]" if texts else "[]"


def line(text: Any) -> str:
    """For a comment: one line of what can be printed."""
    return "".join(letter if letter.isprintable() else " " for letter in str(text)).strip()


def _cut(texts: str, limit: str) -> str:
    truncation = "" if limit == "None" else f", truncation=True, max_length={limit}"
    return f'{_INDENT}rows = tokenizer({texts}, padding=True{truncation}, return_tensors="pt")'


def _windows(texts: str, truncation: str, length: int, overlap: int) -> str:
    """Overlapping windows over what is longer; which text a window is of is no input."""
    settings = f'truncation="{truncation}", max_length={length}, stride={overlap}, return_overflowing_tokens=True'
    call = f'{_INDENT * 2}{texts}, padding=True, return_tensors="pt", {settings}'
    return f'{_INDENT}rows = tokenizer(\n{call}\n{_INDENT})\n{_INDENT}del rows["overflow_to_sample_mapping"]'
