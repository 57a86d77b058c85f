"""The page's main action, always in the same place: Run, or Stop while something runs."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from gui.widgets import text


class RunBar(QWidget):
    """Signals: run_asked; stop_asked, also by Esc while nothing runs here."""

    run_asked = Signal()
    stop_asked = Signal()

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self._stops = False
        self._focus_due = True
        """A disabled button loses the focus; it comes back with the first moment that Run can be pressed."""
        self.button = text.button("&Run", self._pressed, role="main")
        self.button.setAutoDefault(True)
        self._why = text.label("", "caption", wrap=True)
        self._why.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addWidget(self.button)
        whole.addWidget(self._why)
        # From everywhere in the window while the page is shown, the rail included.
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), page)
            shortcut.activated.connect(self.run)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), page)
        escape.activated.connect(self.stop_asked)

    def show_action(self, what: str, running: bool, stopping: bool, obstacle: str) -> None:
        """``what`` is what Run will do; ``obstacle`` why it cannot, or ""."""
        self._stops = running
        self.button.setProperty("state", "stop" if running else "run")
        title = ("Stopping" if stopping else "Stop    Esc") if running else "Run    Ctrl+Enter"
        if self.button.text() != title:
            self.button.setText(title)
            self.button.style().unpolish(self.button)
            self.button.style().polish(self.button)
            self.button.setAccessibleName("Stop" if running else "Run")
            text.explain(
                self.button,
                "Ends the run within a second. Esc." if running else "Runs the model once. Ctrl+Enter.",
            )
        self._enable(not stopping if running else not obstacle)
        # Also while it runs: without this line the button would change its place.
        text.set_text(self._why, what if running else (obstacle or what))

    def _enable(self, on: bool) -> None:
        self._focus_due = self._focus_due or (not on and self.button.hasFocus())
        self.button.setEnabled(on)
        if on and self._focus_due and self.button.isVisible():
            self._focus_due = False
            if not isinstance(self.window().focusWidget(), QLineEdit | QPlainTextEdit):
                self.button.setFocus()

    def _pressed(self) -> None:
        (self.stop_asked if self._stops else self.run_asked).emit()

    def run(self) -> None:
        """What Ctrl+Enter does, from wherever it is pressed."""
        if not self._stops and self.button.isEnabled():
            self.run_asked.emit()
