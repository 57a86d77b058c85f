"""Candidates for a masked word, each in its sentence. With several masks, a list of candidates for each."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from engine.wire.values import Result
from gui.results import reading
from gui.widgets.bar_list import BarList, Row


class MaskView(BarList):
    """Candidates by score, the best of each mask in the accent."""

    def __init__(self) -> None:
        super().__init__("Words for the mask, the most likely first")
        self._candidates: list[tuple[int, float, str, str]] = []

    def widget(self) -> QWidget:
        return self

    def show_result(self, result: Result, fields: Mapping[str, Any]) -> None:
        value = result.value
        several = isinstance(value, list) and bool(value) and isinstance(value[0], list)
        self._candidates = []
        rows = []
        for mask, candidates in enumerate(value if several else [value], start=1):
            for place, row in enumerate(reading.rows_of(candidates, "token_str", "score")):
                word, score = str(row["token_str"]).strip(), float(row["score"])
                sentence = str(row.get("sequence", ""))
                self._candidates.append((mask, score, word, sentence))
                name = f"{word}   {sentence}" if sentence and not several else word
                name = f"Mask {mask}: {name}" if several else name
                rows.append(Row(name, reading.share_of(score), reading.score(score), place == 0))
        self.show_rows(rows, len(rows))

    def as_text(self) -> str:
        return "\n".join(f"{score:.4f}\t{word}\t{sentence}".rstrip() for _, score, word, sentence in self._candidates)

    def summary(self) -> str:
        best: dict[int, str] = {}
        for mask, _, word, _ in self._candidates:
            best.setdefault(mask, word)
        return f"Most likely: {', '.join(best.values())}." if best else "No candidates."
