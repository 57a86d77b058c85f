"""A button that asks once more, in its own place: no box over the window."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui import theme
from gui.widgets import text


class Confirm(QWidget):
    """Signals: confirmed. Esc, or the button for it, takes the question back."""

    confirmed = Signal()

    def __init__(self, title: str, question: str, yes: str, no: str, *, explains: str) -> None:
        super().__init__()
        self.button = text.button(title, self.ask, explains=explains)
        self.button.setAccessibleName(title.replace("&", "").rstrip("…"))
        self._question = text.label()
        self._question.setFont(theme.scaled(1, bold=True))
        self.yes = text.button(yes, self._confirm)
        self.no = text.button(no, self.take_back, explains="Changes nothing. Esc.")
        self.set_question(question)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        for widget in (self.button, self._question, self.yes, self.no):
            row.addWidget(widget)
        row.addStretch(1)
        self._show(asking=False)

    def set_question(self, question: str) -> None:
        """Another question, where what it is about has changed."""
        text.set_text(self._question, question)
        text.explain(self.yes, f"{question} This does it.")

    def _show(self, *, asking: bool) -> None:
        self.button.setVisible(not asking)
        for widget in (self._question, self.yes, self.no):
            widget.setVisible(asking)

    def ask(self) -> None:
        """Asks, where it can be answered."""
        if self.button.isEnabled():
            self._show(asking=True)
            self.no.setFocus()

    def take_back(self) -> None:
        """The button again, and the focus to it."""
        if self.button.isHidden():
            self._show(asking=False)
            self.button.setFocus()

    def fold(self) -> None:
        """The button again; the focus stays where it is."""
        self._show(asking=False)

    def event(self, event: QEvent) -> bool:
        """While it asks, Esc is its own: else the window's Esc and this one would be in each other's way."""
        if event.type() == QEvent.Type.ShortcutOverride and _is_escape(event) and self.button.isHidden():
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_escape(event) and self.button.isHidden():
            self.take_back()
        else:
            super().keyPressEvent(event)

    def _confirm(self) -> None:
        self.take_back()
        self.confirmed.emit()


def _is_escape(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
