"""Names and other things found in a text, marked where they stand and listed."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from engine.wire.values import Result
from gui.results import reading
from gui.widgets.bar_list import ROWS_AT_ONCE, BarList, Row
from gui.widgets.marked_text import MarkedText, Span


class EntitiesView(QWidget):
    """The text with entities marked, beside the list of them."""

    def __init__(self) -> None:
        super().__init__()
        self._text = MarkedText("The text with entities marked")
        self._list = BarList("Entities in the order of the text")
        self._found: list[tuple[str, str, float]] = []
        both = QSplitter(Qt.Orientation.Horizontal)
        both.addWidget(self._text)
        both.addWidget(self._list)
        both.setSizes([300, 200])
        both.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(both)

    def widget(self) -> QWidget:
        return self

    def show_result(self, result: Result, fields: Mapping[str, Any]) -> None:
        rows = reading.rows_of(result.value, "word", "score", "start", "end")
        self._found = [(str(row["word"]), _kind(row), float(row["score"])) for row in rows]
        whole = reading.longest_text(fields)
        self._text.show_text(whole, [Span(int(row["start"]), int(row["end"]), _kind(row)) for row in rows])
        rows_shown = [
            Row(f"{word}   {kind}", reading.share_of(score), reading.score(score), True)
            for word, kind, score in self._found[:ROWS_AT_ONCE]
        ]
        self._list.show_rows(rows_shown, len(self._found))

    def as_text(self) -> str:
        return "\n".join(f"{score:.4f}\t{kind}\t{word}" for word, kind, score in self._found)

    def summary(self) -> str:
        return reading.counted(len(self._found), "entity", "entities") + " found."


def _kind(row: Mapping[str, Any]) -> str:
    return str(row.get("entity_group") or row.get("entity") or "")
