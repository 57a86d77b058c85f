"""Vectors: their shape, their length, their first numbers."""

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.wire.values import Result
from gui import theme
from gui.results import reading
from gui.widgets import text
from gui.widgets.details import ReadText

ROWS_SHOWN = 100
NUMBERS_SHOWN = 12


class VectorsView(QWidget):
    """One line a vector: its length and how it begins."""

    def __init__(self) -> None:
        super().__init__()
        self._shape = text.label("", "heading", selectable=True)
        self._note = text.label("", "quiet", wrap=True, selectable=True)
        self._numbers = ReadText("The vectors' first numbers")
        text.explain(self._numbers, "The full text, to be read or copied.")
        self._numbers.setProperty("role", "bare")
        self._rows: list[list[float]] = []
        self._file = ""
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP_PX)
        for widget in (self._shape, self._note):
            whole.addWidget(widget)
        whole.addWidget(self._numbers, 1)

    def widget(self) -> QWidget:
        return self

    def show_result(self, result: Result, fields: Mapping[str, Any]) -> None:
        self._file = result.array_file
        self._rows = [] if result.value is None else _rows(result.value)
        self._shape.setText(_shape_in_words(result.shape, self._rows))
        if result.value is None:
            self._note.setText(f"Too large to list. The numbers are in {self._file}.")
            self._numbers.setPlainText("")
            return
        self._note.setText("Each line: the vector's length, then its first numbers.")
        lines = [f"{_length(row):8.3f}    {_beginning(row)}" for row in self._rows[:ROWS_SHOWN]]
        if len(self._rows) > ROWS_SHOWN:
            lines.append(f"and {len(self._rows) - ROWS_SHOWN:,} more, which copying includes")
        self._numbers.setPlainText("\n".join(lines))

    def as_text(self) -> str:
        return "\n".join("\t".join(f"{number:.6g}" for number in row) for row in self._rows) or self._file

    def summary(self) -> str:
        return self._shape.text() + "."


def _rows(value: Any) -> list[list[float]]:
    """The innermost lists, whatever is around them. Raises ValueError."""
    if not isinstance(value, list):
        raise ValueError("the result is no list of numbers")
    if not value or not isinstance(value[0], list):
        return [[float(number) for number in value]]
    return [row for inner in value for row in _rows(inner)]


def _length(row: list[float]) -> float:
    return math.sqrt(math.fsum(number * number for number in row))


def _beginning(row: list[float]) -> str:
    numbers = "  ".join(f"{number:+.4f}" for number in row[:NUMBERS_SHOWN])
    return numbers + ("  …" if len(row) > NUMBERS_SHOWN else "")


def _shape_in_words(shape: tuple[int, ...], rows: list[list[float]]) -> str:
    size = shape[-1] if shape else (len(rows[0]) if rows else 0)
    many = math.prod(shape[:-1]) if shape else len(rows)
    return f"{reading.counted(many, 'vector', 'vectors')} of {reading.counted(size, 'number', 'numbers')}"
