"""A result whose kind this window has no view for, as JSON."""

from collections.abc import Mapping
from typing import Any

import msgspec
from PySide6.QtWidgets import QWidget

from engine.wire.values import Result
from gui.widgets import text
from gui.widgets.details import ReadText, paragraphs

SHOWN_CHARACTERS = 20_000
"""More takes Qt longer to lay out than a person would wait."""


class RawView(ReadText):
    """The value as indented JSON."""

    def __init__(self) -> None:
        super().__init__("The result as JSON")
        self.setProperty("role", "bare")
        text.explain(self, "The result as JSON, since this window has no other view for it.")
        self._json = ""

    def widget(self) -> QWidget:
        return self

    def show_result(self, result: Result, fields: Mapping[str, Any]) -> None:
        self._json = msgspec.json.format(msgspec.json.encode(result.value)).decode()
        more = len(self._json) - SHOWN_CHARACTERS
        told = f"\n… and {more:,} more characters, which copying includes" if more > 0 else ""
        self.setPlainText(paragraphs(self._json[:SHOWN_CHARACTERS]) + told)

    def as_text(self) -> str:
        return self._json

    def summary(self) -> str:
        return "The result is there."
