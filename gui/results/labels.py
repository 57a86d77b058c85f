"""Labels with scores: classification."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from engine.wire.values import Result
from gui.results import reading
from gui.widgets.bar_list import ROWS_AT_ONCE, BarList, Row


class LabelsView(BarList):
    """Labels by score, the best in the accent."""

    def __init__(self) -> None:
        super().__init__("Labels, the most likely first")
        self._ranked: list[tuple[float, str]] = []

    def widget(self) -> QWidget:
        return self

    def show_result(self, result: Result, fields: Mapping[str, Any]) -> None:
        rows = reading.rows_of(result.value, "label", "score")
        self._ranked = sorted(((float(row["score"]), str(row["label"])) for row in rows), key=lambda pair: -pair[0])
        self.show_rows(
            [
                Row(label, reading.share_of(score), reading.score(score), place == 0)
                for place, (score, label) in enumerate(self._ranked[:ROWS_AT_ONCE])
            ],
            len(self._ranked),
        )

    def as_text(self) -> str:
        return "\n".join(f"{score:.4f}\t{label}" for score, label in self._ranked)

    def summary(self) -> str:
        return f"{self._ranked[0][1]}, {reading.score(self._ranked[0][0])}." if self._ranked else "No labels."
