"""A result whose kind this window has no view for, as JSON."""

from collections.abc import Mapping
from typing import Any

import msgspec
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from engine.wire.messages import Result

SHOWN_CHARACTERS = 200_000


class RawView(QPlainTextEdit):
    """The value as indented JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setProperty("role", "bare")
        self.setAccessibleName("The result as JSON")
        self._json = ""

    def widget(self) -> QWidget:
        return self

    def show_result(self, result: Result, fields: Mapping[str, Any]) -> None:
        self._json = msgspec.json.format(msgspec.json.encode(result.value)).decode()
        self.setPlainText(self._json[:SHOWN_CHARACTERS])

    def as_text(self) -> str:
        return self._json

    def summary(self) -> str:
        return "The result is there."
