"""Reading a result's value: what has another shape than agreed is told, never shown as something else."""

from collections.abc import Mapping
from typing import Any

from gui.widgets import figures


def rows_of(value: Any, *names: str) -> list[Mapping[str, Any]]:
    """A list of mappings that have ``names``. Raises ValueError."""
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise ValueError("the result is no list of rows")
    for name in names:
        if any(name not in row for row in value):
            raise ValueError(f"a row of the result lacks {name!r}")
    return value


def share_of(score: Any) -> float:
    """A score as the length of a bar: 0 to 1 (a cosine below 0 has none)."""
    return min(1.0, max(0.0, float(score)))


def score(value: Any) -> str:
    """A score with three digits behind the point."""
    return f"{float(value):.3f}"


def longest_text(fields: Mapping[str, Any]) -> str:
    """The form's text that a result's places count in, where no field is named for it."""
    return max((text for text in fields.values() if isinstance(text, str)), key=len, default="")


def counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}" if number < 1_000_000 else f"{figures.count(number)} {many}"
