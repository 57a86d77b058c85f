"""Text to be read and copied."""

from PySide6.QtCore import QEvent
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPlainTextEdit

from gui.widgets import text

LINES = 7
PARAGRAPH_CHARACTERS = 2_000
"""Qt lays out a paragraph as a whole: a longer one is shown as several."""


class ReadText(QPlainTextEdit):
    """Read-only. Tab leaves it; Ctrl+C is its own only while something in it is selected."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setAccessibleName(name)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.matches(QKeySequence.StandardKey.Copy)
            and self.textCursor().hasSelection()
        ):
            event.accept()  # else the shortcut of what is around it copies the whole
            return True
        return super().event(event)


class DetailsText(ReadText):
    """Full text that is folded away until somebody wants it: a few lines high, hidden at first."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        text.explain(self, "The full text, to be read or copied.")
        self.setFixedHeight(self.fontMetrics().lineSpacing() * LINES + 14)
        self.hide()


def paragraphs(content: str) -> str:
    """``content`` with long paragraphs parted, for showing alone."""
    if len(content) <= PARAGRAPH_CHARACTERS:
        return content
    parted = []
    for line in content.split("\n"):
        starts = range(0, max(1, len(line)), PARAGRAPH_CHARACTERS)
        parted += [line[start : start + PARAGRAPH_CHARACTERS] for start in starts]
    return "\n".join(parted)
