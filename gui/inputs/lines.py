"""A list of texts, one a line."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.wire.values import Field
from gui.inputs.long_text import LongText
from gui.widgets import text


class LinesInput(LongText):
    """Empty lines count for nothing. Signals: changed."""

    changed = Signal()

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.setAccessibleName(field.title)
        text.explain(self, field.plain or f"{field.title}: one text on each line.")
        self.setPlaceholderText("One text on each line")
        self.textChanged.connect(self.changed)

    def widget(self) -> QWidget:
        return self

    def value(self) -> list[str]:
        return [line for line in self.whole().split("\n") if line.strip()]

    def set_value(self, value: Any) -> None:
        texts = value if isinstance(value, list | tuple) else []
        self.replace_all("\n".join(" ".join(str(one).splitlines()) for one in texts))

    def stretch(self) -> int:
        return 3

    def note(self) -> str:
        return ""
