"""The page's main action, always in the same place: Run, or Stop while something runs."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.widgets import text


class RunBar(QWidget):
    """Signals: run_asked, stop_asked."""

    run_asked = Signal()
    stop_asked = Signal()

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self._stops = False
        self.button = text.button("&Run", self._pressed, role="main")
        self.button.setAutoDefault(True)
        self._why = text.label("", "caption", wrap=True)
        self._why.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addWidget(self.button)
        whole.addWidget(self._why)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), page)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self._run_key)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), page)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self._stop_key)

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
        self.button.setEnabled(not stopping if running else not obstacle)
        text.set_text(self._why, "" if running else (obstacle or what))
        self._why.setVisible(not running)

    def _pressed(self) -> None:
        (self.stop_asked if self._stops else self.run_asked).emit()

    def _run_key(self) -> None:
        if not self._stops and self.button.isEnabled():
            self.run_asked.emit()

    def _stop_key(self) -> None:
        if self._stops:
            self.stop_asked.emit()
