"""Full text that is folded away until somebody wants it."""

from PySide6.QtWidgets import QPlainTextEdit

from gui.widgets import text

LINES = 7


class DetailsText(QPlainTextEdit):
    """Read-only text of a few lines' height, hidden at first. Tab leaves it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setAccessibleName(name)
        text.explain(self, "The full text, to be read or copied.")
        self.setFixedHeight(self.fontMetrics().lineSpacing() * LINES + 14)
        self.hide()
