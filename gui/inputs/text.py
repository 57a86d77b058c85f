"""Text of any length."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.wire.values import Field
from gui.inputs.long_text import LongText
from gui.widgets import text


class TextInput(LongText):
    """Signals: changed."""

    changed = Signal()

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.setAccessibleName(field.title)
        text.explain(self, field.plain or f"{field.title}: text of any length.")
        self.textChanged.connect(self.changed)

    def widget(self) -> QWidget:
        return self

    def value(self) -> str:
        return self.whole()

    def set_value(self, value: Any) -> None:
        self.replace_all(value if isinstance(value, str) else "")

    def stretch(self) -> int:
        return 2

    def note(self) -> str:
        return ""
