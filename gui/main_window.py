"""The shell: rail, pages, status strip."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace
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
from gui.pages.cpu_page import CpuPage
from gui.pages.run_page import RunPage
from gui.pages.run_page.presentation import Presentation
from gui.pages.settings_page import SettingsPage
from gui.run_state import EngineWord, State
from gui.settings import Settings
from gui.widgets import figures, text
from gui.widgets.icons import IconButton
from gui.widgets.mark import Mark, Shape
from gui.widgets.throttle import Throttle

SIZE = QSize(1180, 760)
LEAST = QSize(760, 520)
RAIL_PX = 64
KEEP_EVERY_MS = 1_000
WORDS: dict[EngineWord, tuple[str, Shape, str]] = {
    "starting": ("Starting the engine", "ring", "quiet"),
    "ready": ("Ready", "tick", "accent"),
    "loading": ("Loading", "ring", "accent"),
    "running": ("Running", "disc", "accent"),
    "stopping": ("Stopping", "ring", "warn"),
    "stopped": ("Stopped", "cross", "error"),
}


class MainWindow(QMainWindow):
    """Rail, pages, status strip; and the presentation view in their place.

    Signals:
        asked: a request of one of the pages.
        try_again_asked: the engine could not be started, and the person wants another try.
        theme_chosen: "system", "light" or "dark".
        reset_asked: all settings are to be as at first.
        settings_changed: with those that are to be kept now; while somebody types, once in KEEP_EVERY_MS.
        network_chosen: True turns the network off.
        closing: once, with all settings that are to be remembered.
    """

    asked = Signal(object)
    try_again_asked = Signal()
    theme_chosen = Signal(str)
    reset_asked = Signal()
    settings_changed = Signal(object)
    network_chosen = Signal(bool)
    closing = Signal(object)

    def __init__(self, settings: Settings, icon: QIcon, notices: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.setWindowTitle("Fastpath")
        self.setWindowIcon(icon)
        self.setMinimumSize(LEAST)
        self._settings = settings
        self._state = State()
        self._keep = Throttle(KEEP_EVERY_MS, lambda: self.settings_changed.emit(self._settings), self)
        self.run_page = self._made_run_page(notices)
        self.cpu_page = CpuPage()
        self.settings_page = SettingsPage()
        self.presentation = Presentation()
        self._strip = StatusStrip()
        self._pages = QStackedWidget()
        self._whole = QStackedWidget()
        self._rail = QButtonGroup(self)
        self._lay_out()
        for page, digit in ((self.run_page, 1), (self.cpu_page, 3), (self.settings_page, 6)):
            self._add_page(page, digit)
        self._connect()
        self.resize(SIZE)
        self.restoreGeometry(QByteArray(remembered.to_bytes(settings.geometry)))
        self.show_page(settings.page)

    def _made_run_page(self, notices: tuple[str, ...]) -> RunPage:
        page = RunPage(self._settings, notices)
        page.asked.connect(self.asked)
        page.try_again_asked.connect(self.try_again_asked)
        page.settings_changed.connect(self._remember)
        page.speed.chips.line_asked.connect(self._show_line)
        page.page_asked.connect(self.show_page)
        return page

    def _connect(self) -> None:
        self.settings_page.asked.connect(self.asked)
        self.settings_page.theme_chosen.connect(self._choose_theme)
        self.settings_page.threads_chosen.connect(lambda count: self.run_page.speed.choose_threads(count))
        self.settings_page.network_chosen.connect(self._choose_network)
        self.settings_page.reset_asked.connect(self.reset_asked)
        self.presentation.leave_asked.connect(self.leave_presentation)
        self.presentation.run_asked.connect(lambda: self.run_page.bar.run())
        self._on_key("F1", explain_focused)
        self._on_key("F11", self._toggle_presentation)

    def _lay_out(self) -> None:
        self._rail_frame = QFrame()
        self._rail_frame.setObjectName("rail")
        self._rail_frame.setFixedWidth(RAIL_PX)
        self._rail_frame.setAccessibleName("Pages")
        buttons = QVBoxLayout(self._rail_frame)
        buttons.setContentsMargins(0, theme.GAP_PX, 0, theme.GAP_PX)
        buttons.setSpacing(4)
        buttons.addStretch(1)
        self.present = _rail_button("present", "Present", "Shows answer, figure and chart alone, in large. F11.")
        self.present.clicked.connect(self.enter_presentation)
        buttons.addWidget(self.present)
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
        self._whole.addWidget(centre)
        self._whole.addWidget(self.presentation)
        self.setCentralWidget(self._whole)

    def _add_page(self, page: QWidget, digit: int) -> None:
        title, icon = str(page.title), str(page.icon)  # type: ignore[attr-defined]
        place = self._pages.addWidget(page)
        button = _rail_button(icon, title, f"Shows the page {title}. Ctrl+{digit}.")
        button.setCheckable(True)
        button.clicked.connect(lambda: self.show_page(icon))
        self._on_key(f"Ctrl+{digit}", lambda: self.show_page(icon))
        if page is not self.run_page:  # which has an Esc of its own, and so has the presentation
            QShortcut(QKeySequence(Qt.Key.Key_Escape), page).activated.connect(lambda: self.run_page.stop())
        self._rail.addButton(button, place)
        layout: Any = self._rail_frame.layout()
        layout.insertWidget(place, button)

    def _on_key(self, keys: str, action: Callable[[], None]) -> None:
        """A shortcut of its own: a button's would act only after the button has been shown as pressed."""
        QShortcut(QKeySequence(keys), self).activated.connect(action)

    def show_page(self, name: str) -> None:
        """``name`` as settings keep it ("run", "cpu", "settings"); one that is not there shows the Run page."""
        pages: dict[str, QWidget] = {page.icon: page for page in (self.run_page, self.cpu_page, self.settings_page)}
        page = pages.get(name, self.run_page)
        self.leave_presentation()
        self._pages.setCurrentWidget(page)
        self._rail.button(self._pages.currentIndex()).setChecked(True)
        self.present.setVisible(page is self.run_page)
        self._settings = replace(self._settings, page=name if name in pages else self.run_page.icon)
        (self.run_page.bar.button if page is self.run_page else page).setFocus()

    def _show_line(self, feature_id: str) -> None:
        self.show_page(CpuPage.icon)
        self.cpu_page.show_line(feature_id)

    # --- presentation ---

    def _toggle_presentation(self) -> None:
        if self._whole.currentWidget() is self.presentation:
            self.leave_presentation()
        else:
            self.enter_presentation()

    def enter_presentation(self) -> None:
        """The Run page alone has one."""
        if self._pages.currentWidget() is self.run_page:
            self._whole.setCurrentWidget(self.presentation)
            self.presentation.setFocus()
            self.showFullScreen()

    def leave_presentation(self) -> None:
        if self._whole.currentWidget() is self.presentation:
            self._whole.setCurrentIndex(0)
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowFullScreen)
            self.run_page.bar.button.setFocus()

    # --- what is shown, and what is remembered ---

    def show_state(self, state: State) -> None:
        self._state = state
        self.setWindowTitle(f"{state.model.name} – Fastpath" if state.model is not None else "Fastpath")
        self.run_page.show_state(state)
        self.cpu_page.show_state(state)
        self.settings_page.show_state(state, self._settings)
        self.presentation.show_state(state)
        self._strip.show_state(state)

    def settings(self) -> Settings:
        return self._settings

    def _remember(self, settings: Settings) -> None:
        """What the Run page has changed; theme and page are not its to choose."""
        mine = self._settings
        self._settings = replace(settings, theme=mine.theme, page=mine.page, network_off=mine.network_off)
        self.settings_page.show_settings(self._settings)
        self._keep.ask()

    def _choose_theme(self, choice: theme.Choice) -> None:
        self._settings = replace(self._settings, theme=choice)
        self.theme_chosen.emit(choice)
        self.settings_changed.emit(self._settings)

    def _choose_network(self, off: bool) -> None:
        self._settings = replace(self._settings, network_off=off)
        self.network_chosen.emit(off)
        self.settings_changed.emit(self._settings)

    def reset(self, settings: Settings) -> None:
        """Takes on other settings, as at the next start."""
        former = self.run_page
        self._settings = replace(settings, page=self._settings.page)
        self.run_page = self._made_run_page(())
        self._pages.insertWidget(self._pages.indexOf(former), self.run_page)
        self._pages.removeWidget(former)
        former.deleteLater()
        self.showNormal()
        self.resize(SIZE)
        self.theme_chosen.emit(settings.theme)
        self.network_chosen.emit(settings.network_off)
        self.show_state(self._state)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.leave_presentation()
        self._keep.drop()
        geometry = remembered.to_text(self.saveGeometry().data())
        self._settings = replace(self._settings, geometry=geometry, panes=self.run_page.panes())
        self.closing.emit(self._settings)
        super().closeEvent(event)


def _rail_button(icon: str, title: str, explains: str) -> IconButton:
    button = IconButton(icon, title, role="rail", explains=explains)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setIconSize(QSize(20, 20))
    button.setFixedWidth(RAIL_PX)
    return button


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
