"""The shell: rail, pages, status strip."""

from typing import Any

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWhatsThis,
    QWidget,
)

from gui import settings as remembered
from gui import theme
from gui.pages.run_page import RunPage
from gui.run_state import EngineWord, State
from gui.settings import Settings
from gui.widgets import figures, text
from gui.widgets.icons import IconButton
from gui.widgets.mark import Mark, Shape

SIZE = QSize(1180, 760)
LEAST = QSize(760, 520)
RAIL_PX = 64
WORDS: dict[EngineWord, tuple[str, Shape, str]] = {
    "starting": ("Starting the engine", "ring", "quiet"),
    "ready": ("Ready", "tick", "accent"),
    "loading": ("Loading", "ring", "accent"),
    "running": ("Running", "disc", "accent"),
    "stopping": ("Stopping", "ring", "warn"),
    "stopped": ("Stopped", "cross", "error"),
}


class MainWindow(QMainWindow):
    """Signals: closing(settings), once, with all that is to be remembered."""

    closing = Signal(object)

    def __init__(self, settings: Settings, icon: QIcon, notices: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.setWindowTitle("Fastpath")
        self.setWindowIcon(icon)
        self.setMinimumSize(LEAST)
        self._settings = settings
        self.run_page = RunPage(settings, notices)
        self._strip = StatusStrip()
        self._pages = QStackedWidget()
        self._rail = QButtonGroup(self)
        self._lay_out()
        self._add_page(self.run_page, digit=1)
        self.run_page.settings_changed.connect(self._remember)
        explain = QShortcut(QKeySequence(Qt.Key.Key_F1), self)
        explain.activated.connect(explain_focused)
        self.resize(SIZE)
        self.restoreGeometry(QByteArray(remembered.to_bytes(settings.geometry)))
        self.run_page.bar.button.setFocus()

    def _lay_out(self) -> None:
        self._rail_frame = QFrame()
        self._rail_frame.setObjectName("rail")
        self._rail_frame.setFixedWidth(RAIL_PX)
        self._rail_frame.setAccessibleName("Pages")
        buttons = QVBoxLayout(self._rail_frame)
        buttons.setContentsMargins(0, theme.GAP_PX, 0, theme.GAP_PX)
        buttons.setSpacing(4)
        buttons.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._rail_frame)
        middle.addWidget(self._pages, 1)
        centre = QWidget()
        whole = QVBoxLayout(centre)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(middle, 1)
        whole.addWidget(self._strip)
        self.setCentralWidget(centre)

    def _add_page(self, page: QWidget, digit: int) -> None:
        title, icon = str(page.title), str(page.icon)  # type: ignore[attr-defined]
        place = self._pages.addWidget(page)
        button = IconButton(icon, title, role="rail", explains=f"Shows the page {title}. Ctrl+{digit}.")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(20, 20))
        button.setFixedWidth(RAIL_PX)
        button.setCheckable(True)
        button.setShortcut(QKeySequence(f"Ctrl+{digit}"))
        button.clicked.connect(lambda: self._pages.setCurrentIndex(place))
        self._rail.addButton(button, place)
        layout: Any = self._rail_frame.layout()
        layout.insertWidget(layout.count() - 1, button)
        button.setChecked(place == self._pages.currentIndex())

    def show_state(self, state: State) -> None:
        self.run_page.show_state(state)
        self._strip.show_state(state)

    def settings(self) -> Settings:
        return self._settings

    def _remember(self, settings: Settings) -> None:
        self._settings = settings

    def closeEvent(self, event: QCloseEvent) -> None:
        from msgspec.structs import replace

        geometry = remembered.to_text(self.saveGeometry().data())
        self._settings = replace(self._settings, geometry=geometry, panes=self.run_page.panes())
        self.closing.emit(self._settings)
        super().closeEvent(event)


class StatusStrip(QFrame):
    """CPU, threads, the engine's state, the engine's memory."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAccessibleName("Status")
        self._cpu = text.ElidedLabel("caption")
        self._threads = text.label("", "caption")
        self._mark = Mark()
        self._engine = text.label("", "caption")
        self._memory = text.label("", "caption")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.CARD_PADDING_PX, 4, theme.CARD_PADDING_PX, 4)
        row.setSpacing(theme.WIDE_GAP_PX)
        row.addWidget(self._cpu, 1)
        row.addWidget(self._threads)
        engine = QHBoxLayout()
        engine.setSpacing(6)
        engine.addWidget(self._mark)
        engine.addWidget(self._engine)
        row.addLayout(engine)
        row.addWidget(self._memory)

    def show_state(self, state: State) -> None:
        catalogue = state.catalogue
        self._cpu.show_text(catalogue.cpu.brand if catalogue else "")
        threads = (state.run.request.threads if state.run else 0) or (catalogue.threads if catalogue else 0)
        text.set_text(self._threads, f"{threads} thread{'s' if threads != 1 else ''}" if threads else "")
        words, shape, colour = WORDS[state.engine]
        self._mark.show_shape(shape, colour)
        text.set_text(self._engine, words)
        self._engine.setAccessibleName(f"Engine: {words}")
        memory = f"Engine memory {figures.size(state.memory_bytes)}" if state.memory_bytes else ""
        text.set_text(self._memory, memory)

    def words(self) -> str:
        """The whole strip as text."""
        parts = (self._cpu.whole(), self._threads.text(), self._engine.text(), self._memory.text())
        return ", ".join(part for part in parts if part)


def explain_focused() -> None:
    """F1: says beside the focused control what it is for."""
    widget = QApplication.focusWidget()
    while widget is not None and not widget.whatsThis():
        widget = widget.parentWidget()
    if widget is not None:
        place = widget.mapToGlobal(widget.rect().bottomLeft())
        QWhatsThis.showText(place, widget.whatsThis(), widget)
