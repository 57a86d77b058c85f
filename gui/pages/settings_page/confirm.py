"""A button that asks once more, in its own place: no box over the window."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui import theme
from gui.widgets import text


class Confirm(QWidget):
    """Signals: confirmed. Esc, or the button for it, takes the question back."""

    confirmed = Signal()

    def __init__(self, title: str, question: str, yes: str, no: str, *, explains: str) -> None:
        super().__init__()
        self.button = text.button(title, self._ask, explains=explains)
        self.button.setAccessibleName(title.replace("&", "").rstrip("…"))
        self._question = text.label(question)
        self._question.setFont(theme.scaled(1, bold=True))
        self.yes = text.button(yes, self._confirm, explains=f"{question} This does it.")
        self.no = text.button(no, self._take_back, explains="Changes nothing. Esc.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        for widget in (self.button, self._question, self.yes, self.no):
            row.addWidget(widget)
        row.addStretch(1)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self._take_back)
        self._show(asking=False)

    def _show(self, *, asking: bool) -> None:
        self.button.setVisible(not asking)
        for widget in (self._question, self.yes, self.no):
            widget.setVisible(asking)

    def _ask(self) -> None:
        self._show(asking=True)
        self.no.setFocus()

    def _take_back(self) -> None:
        if self.button.isHidden():
            self._show(asking=False)
            self.button.setFocus()

    def _confirm(self) -> None:
        self._take_back()
        self.confirmed.emit()
