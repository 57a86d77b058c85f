"""A list of texts, one a line."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from engine.wire.messages import Field
from gui.inputs.text import replace_all
from gui.widgets import text


class LinesInput(QPlainTextEdit):
    """Empty lines count for nothing. Tab leaves it for the next field. Signals: changed."""

    changed = Signal()

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setAccessibleName(field.title)
        text.explain(self, field.plain or f"{field.title}: one text on each line.")
        self.setPlaceholderText("One text on each line")
        self.setMinimumHeight(self.fontMetrics().lineSpacing() * 2 + 16)
        self.textChanged.connect(self.changed)

    def widget(self) -> QWidget:
        return self

    def value(self) -> list[str]:
        return [line for line in self.toPlainText().split("\n") if line.strip()]

    def set_value(self, value: Any) -> None:
        texts = value if isinstance(value, list | tuple) else []
        replace_all(self, "\n".join(" ".join(str(one).splitlines()) for one in texts))

    def stretch(self) -> int:
        return 3
