"""The page's main action, always in the same place: Compare, or Stop while something is compared."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.widgets import text


class CompareBar(QWidget):
    """Signals: compare_asked; stop_asked, also by Esc while nothing runs here."""

    compare_asked = Signal()
    stop_asked = Signal()

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self._stops = False
        self.setAccessibleName("Compare")
        self.button = text.button("&Compare", self._pressed, role="main")
        self.button.setAutoDefault(True)
        self._why = text.label("", "caption", wrap=True)
        self._why.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addWidget(self.button)
        whole.addWidget(self._why)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), page).activated.connect(self.compare)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), page).activated.connect(self.stop_asked)

    def show_action(self, what: str, *, running: bool, stopping: bool, obstacle: str) -> None:
        """``what`` is what Compare will do; ``obstacle`` why it cannot, or ""."""
        self._stops = running
        self.button.setProperty("state", "stop" if running else "run")
        title = ("Stopping" if stopping else "Stop    Esc") if running else "Compare    Ctrl+Enter"
        if self.button.text() != title:
            self.button.setText(title)
            self.button.style().unpolish(self.button)
            self.button.style().polish(self.button)
            self.button.setAccessibleName("Stop" if running else "Compare")
            ends = "Ends the comparison and keeps what was measured. Esc."
            text.explain(self.button, ends if running else "Compares all that is chosen, in turns. Ctrl+Enter.")
        self._enable(not stopping if running else not obstacle)
        text.set_text(self._why, what if running else (obstacle or what))

    def _enable(self, on: bool) -> None:
        """While the button is disabled its focus rests on the bar: the next control would take a second press."""
        if not on and self.button.hasFocus():
            self.setFocus()
        self.button.setEnabled(on)
        if on and self.hasFocus():
            self.button.setFocus()

    def words(self) -> str:
        return self._why.text()

    def _pressed(self) -> None:
        (self.stop_asked if self._stops else self.compare_asked).emit()

    def compare(self) -> None:
        """What Ctrl+Enter does, from wherever it is pressed."""
        if not self._stops and self.button.isEnabled():
            self.compare_asked.emit()
