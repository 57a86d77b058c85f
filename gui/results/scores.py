"""A score for each of a list of texts: sentence similarity."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from engine.wire.values import Result
from gui.results import reading
from gui.widgets.bar_list import ROWS_AT_ONCE, BarList, Row


class ScoresView(BarList):
    """Texts ranked by score, the best in the accent."""

    def __init__(self) -> None:
        super().__init__("Scores, the best first")
        self._ranked: list[tuple[float, str]] = []

    def widget(self) -> QWidget:
        return self

    def show_result(self, result: Result, fields: Mapping[str, Any]) -> None:
        if not isinstance(result.value, list):
            raise ValueError("the result is no list of scores")
        texts = next((value for value in fields.values() if isinstance(value, list | tuple)), ())
        if len(texts) != len(result.value):
            texts = [f"Text {place}" for place in range(1, len(result.value) + 1)]
        pairs = [(float(score), str(text)) for score, text in zip(result.value, texts, strict=True)]
        self._ranked = sorted(pairs, key=lambda pair: -pair[0])
        self.show_rows(
            [
                Row(text, reading.share_of(score), reading.score(score), place == 0)
                for place, (score, text) in enumerate(self._ranked[:ROWS_AT_ONCE])
            ],
            len(self._ranked),
        )

    def as_text(self) -> str:
        return "\n".join(f"{score:.4f}\t{text}" for score, text in self._ranked)

    def summary(self) -> str:
        if not self._ranked:
            return "No scores."
        score, text = self._ranked[0]
        return f"Best: {text[:100]}, {reading.score(score)}."
