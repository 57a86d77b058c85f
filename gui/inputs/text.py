"""Text of any length."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from engine.wire.messages import Field
from gui.widgets import text


class TextInput(QPlainTextEdit):
    """Tab leaves it for the next field. Signals: changed."""

    changed = Signal()

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setAccessibleName(field.title)
        text.explain(self, field.plain or f"{field.title}: text of any length.")
        self.setMinimumHeight(self.fontMetrics().lineSpacing() * 2 + 16)
        self.textChanged.connect(self.changed)

    def widget(self) -> QWidget:
        return self

    def value(self) -> str:
        return self.toPlainText()

    def set_value(self, value: Any) -> None:
        replace_all(self, value if isinstance(value, str) else "")

    def stretch(self) -> int:
        return 2


def replace_all(edit: QPlainTextEdit, content: str) -> None:
    """Replaces the whole text in one step that Ctrl+Z takes back."""
    if edit.toPlainText() == content:
        return
    cursor = QTextCursor(edit.document())
    cursor.select(QTextCursor.SelectionType.Document)
    cursor.insertText(content)
    cursor.movePosition(QTextCursor.MoveOperation.Start)
    edit.setTextCursor(cursor)
