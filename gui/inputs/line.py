"""One line of text."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from engine.wire.values import Field
from gui.widgets import text

LONGEST_CHARACTERS = 10_000
"""Qt lays out the whole line at each key; so much takes some milliseconds."""


class LineInput(QLineEdit):
    """Takes ``LONGEST_CHARACTERS``; ``note`` says where more were given. Signals: changed."""

    changed = Signal()

    def __init__(self, field: Field) -> None:
        super().__init__()
        self._title = field.title
        self._cut = False
        self.setMaxLength(LONGEST_CHARACTERS)
        self.setAccessibleName(field.title)
        text.explain(self, field.plain or f"{field.title}: one line.")
        self.inputRejected.connect(self._rejected)
        self.textChanged.connect(self._changed)

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

    def note(self) -> str:
        """What the person should know of the value, or ""."""
        if not self._cut:
            return ""
        return f"{self._title} takes {LONGEST_CHARACTERS:,} characters at most. What was beyond is left out."

    def _rejected(self) -> None:
        self._cut = True
        self.changed.emit()

    def _changed(self) -> None:
        self._cut = self._cut and len(self.text()) >= LONGEST_CHARACTERS
        self.changed.emit()
