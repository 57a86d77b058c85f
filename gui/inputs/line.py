"""One line of text."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from engine.wire.messages import Field
from gui.widgets import text


class LineInput(QLineEdit):
    """Signals: changed, when the person changed the line."""

    changed = Signal()

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.setAccessibleName(field.title)
        text.explain(self, field.plain or f"{field.title}: one line.")
        self.textChanged.connect(self.changed)

    def widget(self) -> QWidget:
        return self

    def value(self) -> str:
        return self.text()

    def set_value(self, value: Any) -> None:
        line = " ".join(value.splitlines()) if isinstance(value, str) else ""
        if line != self.text():
            self.selectAll()
            self.insert(line)
            self.setCursorPosition(0)

    def stretch(self) -> int:
        return 0
