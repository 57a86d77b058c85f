"""The shell: rail, pages, status strip."""

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from engine.wire.comparison import Comparison
from engine.wire.messages import Run
from gui import settings as remembered
from gui import theme
from gui.pages.compare_page import ComparePage, RacePresentation, ScriptTaker
from gui.pages.cpu_page import CpuPage
from gui.pages.history_page import HistoryPage
from gui.pages.models_page import ModelsPage
from gui.pages.run_page import RunPage
from gui.pages.run_page.presentation import Presentation
from gui.pages.settings_page import SettingsPage
from gui.pages.welcome_page import WelcomePage
from gui.run_state import State
from gui.settings import CompareChoice, Settings
from gui.widgets.explaining import explain_focused
from gui.widgets.rail import Rail
from gui.widgets.status_strip import StatusStrip
from gui.widgets.throttle import Throttle

SIZE = QSize(1180, 760)
LEAST = QSize(760, 520)
KEEP_EVERY_MS = 1_000
TOO_LONG = (
    f"The input of that run is longer than {remembered.INPUT_CHARACTERS:,} characters, so it was not put back: the "
    "form holds what was there before."
)


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
        self._scripts = ScriptTaker()
        self._keep = Throttle(KEEP_EVERY_MS, lambda: self.settings_changed.emit(self._settings), self)
        self.run_page = self._made_run_page(notices)
        self.compare_page = self._made_compare_page()
        self.cpu_page = CpuPage()
        self.models_page = self._made_models_page()
        self.history_page = self._made_history_page()
        self.settings_page = SettingsPage()
        self.welcome = WelcomePage()
        self._runs_when_ready = False
        self.presentation = Presentation()
        self.race_presentation = RacePresentation(lambda: self.compare_page.view())
        self._strip = StatusStrip()
        self._pages = QStackedWidget()
        self._whole = QStackedWidget()
        self.rail = Rail()
        self._lay_out()
        for digit, page in enumerate(self._all_pages(), 1):
            self._add_page(page, digit)
        self._connect()
        self.resize(SIZE)
        self.restoreGeometry(QByteArray(remembered.to_bytes(settings.geometry)))
        self.show_page(settings.page)
        if not settings.welcomed:
            self.show_welcome()

    def _made_run_page(self, notices: tuple[str, ...]) -> RunPage:
        page = RunPage(self._settings, notices)
        page.asked.connect(self.asked)
        page.try_again_asked.connect(self.try_again_asked)
        page.settings_changed.connect(self._remember)
        page.speed.chips.line_asked.connect(self._show_line)
        page.page_asked.connect(self.show_page)
        return page

    def _made_compare_page(self) -> ComparePage:
        run = self.run_page
        page = ComparePage(self._settings, run.form.task, run.form.fields, run.modes.calibration.remembered)
        page.asked.connect(self.asked)
        page.choice_changed.connect(self._remember_choice)
        page.page_asked.connect(self.show_page)
        page.use_asked.connect(self._use)
        page.idle_stop_asked.connect(lambda: self.run_page.stop())
        run.find_asked.connect(lambda: self.show_page(ComparePage.icon))
        return page

    def _made_history_page(self) -> HistoryPage:
        page = HistoryPage()
        page.asked.connect(self.asked)
        page.page_asked.connect(self.show_page)
        page.reopen_asked.connect(self._show_comparison)
        page.run_again_asked.connect(self._put_back)
        return page

    def _made_models_page(self) -> ModelsPage:
        page = ModelsPage()
        page.show_settings(self._settings)
        page.asked.connect(self.asked)
        page.page_asked.connect(self.show_page)
        page.use_asked.connect(self._use_model)
        page.network_asked.connect(lambda: self._choose_network(off=False))
        page.folders_changed.connect(self._remember_folders)
        return page

    def _connect(self) -> None:
        self.settings_page.asked.connect(self.asked)
        self.cpu_page.asked.connect(self.asked)
        self.settings_page.theme_chosen.connect(self._choose_theme)
        self.settings_page.threads_chosen.connect(lambda count: self.run_page.speed.choose_threads(count))
        self.settings_page.network_chosen.connect(self._choose_network)
        self.settings_page.reset_asked.connect(self.reset_asked)
        self.settings_page.welcome_asked.connect(self.show_welcome)
        self.welcome.left.connect(self.leave_presentation)
        self.welcome.run_asked.connect(self._run_example)
        self.rail.chosen.connect(self.show_page)
        self.rail.present_asked.connect(self.enter_presentation)
        self.presentation.leave_asked.connect(self.leave_presentation)
        self.presentation.run_asked.connect(lambda: self.run_page.bar.run())
        race = self.race_presentation
        race.leave_asked.connect(self.leave_presentation)
        race.race_asked.connect(lambda inputs: race.say(self.compare_page.start(inputs)))
        race.clear_asked.connect(self._clear_stage)
        self._on_key("F1", explain_focused)
        self._on_key("F11", self._toggle_presentation)

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self._pages, 1)
        centre = QWidget()
        whole = QVBoxLayout(centre)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(middle, 1)
        whole.addWidget(self._strip)
        self._whole.addWidget(centre)
        self._whole.addWidget(self.presentation)
        self._whole.addWidget(self.race_presentation)
        self._whole.addWidget(self.welcome)
        self.setCentralWidget(self._whole)

    def _all_pages(self) -> tuple[QWidget, ...]:
        """In the rail's order, and that of their digits."""
        own = (self.run_page, self.compare_page, self.cpu_page)
        return (*own, self.models_page, self.history_page, self.settings_page)

    def _add_page(self, page: QWidget, digit: int) -> None:
        title, icon, keys = str(page.title), str(page.icon), f"Ctrl+{digit}"  # type: ignore[attr-defined]
        self._pages.addWidget(page)
        self.rail.add(icon, title, keys)
        self._on_key(keys, lambda: self.show_page(icon))
        if page not in (self.run_page, self.compare_page):  # which have an Esc of their own, like the presentations
            QShortcut(QKeySequence(Qt.Key.Key_Escape), page).activated.connect(lambda: self.run_page.stop())

    def _on_key(self, keys: str, action: Callable[[], None]) -> None:
        """A shortcut of its own: a button's would act only after the button has been shown as pressed."""
        QShortcut(QKeySequence(keys), self).activated.connect(action)

    def show_page(self, name: str) -> None:
        """``name`` as settings keep it ("run", "cpu", "settings"); one that is not there shows the Run page."""
        self._runs_when_ready = False  # somebody has gone on to something else
        pages = {str(page.icon): page for page in self._all_pages()}  # type: ignore[attr-defined]
        page = pages.get(name, self.run_page)
        self.leave_presentation()
        self._pages.setCurrentWidget(page)
        shown = name if name in pages else self.run_page.icon
        self.rail.show_chosen(shown, presented=page in self._presented())
        self._settings = replace(self._settings, page=shown)
        self._focus_page()

    def _focus_page(self) -> None:
        page = self._pages.currentWidget()
        focused = self.run_page.bar.button if page is self.run_page else page
        if focused is not None:
            focused.setFocus()

    def _show_line(self, feature_id: str) -> None:
        self.show_page(CpuPage.icon)
        self.cpu_page.show_line(feature_id)

    # --- presentation ---

    def _presented(self) -> dict[QWidget | None, QWidget]:
        """The presentation of each page that has one."""
        return {self.run_page: self.presentation, self.compare_page: self.race_presentation}

    def _toggle_presentation(self) -> None:
        if self._whole.currentIndex():
            self.leave_presentation()
        else:
            self.enter_presentation()

    def enter_presentation(self) -> None:
        """Of the page that is shown, where it has one."""
        view = self._presented().get(self._pages.currentWidget())
        if view is not None:
            self._whole.setCurrentWidget(view)
            view.setFocus()
            self.showFullScreen()

    def leave_presentation(self) -> None:
        """The introduction too, which is not shown again then."""
        if self._whole.currentWidget() is self.welcome and self.welcome.isVisible():
            self._settings = replace(self._settings, welcomed=True)
            self.settings_changed.emit(self._settings)
        if self._whole.currentIndex():
            self._whole.setCurrentIndex(0)
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowFullScreen)
            self._focus_page()

    # --- the first start ---

    def show_welcome(self) -> None:
        """In the place of all pages, from its beginning."""
        self.welcome.show_step(0)
        self._whole.setCurrentWidget(self.welcome)
        self.welcome.setFocus()

    def _run_example(self) -> None:
        """What is in the form of the Run page; as soon as the engine is ready."""
        self.show_page(RunPage.icon)
        self._runs_when_ready = True
        self._run_if_ready()

    def _run_if_ready(self) -> None:
        if self._runs_when_ready and self._state.live and self.run_page.bar.button.isEnabled():
            self._runs_when_ready = False
            self.run_page.bar.run()

    def _clear_stage(self) -> None:
        """For the next visitor: what goes on ends, and nothing of it is left."""
        if self._state.compares is not None:
            self.compare_page.stop()
        self.compare_page.clear()
        self.race_presentation.say("")

    def _show_race(self) -> None:
        self.race_presentation.show_state(self._state, self.run_page.form.task())

    def _use(self, mode: str, precision: str, threads: int) -> None:
        """What was found fastest, chosen on the Run page; nothing is started."""
        self.run_page.choose(mode, precision, threads)
        self.show_page(RunPage.icon)

    def _use_model(self, ref: str, tokenizer: str) -> None:
        """A model of the Models page, chosen on the Run page; nothing is started."""
        self.run_page.models.describe(ref, tokenizer or None)
        self.show_page(RunPage.icon)

    def _show_comparison(self, comparison: Comparison) -> None:
        self.compare_page.show_comparison(comparison)
        self.show_page(ComparePage.icon)

    def _put_back(self, run: Run, ref: str) -> None:
        """A run of the history, with all it was made of, on the Run page; nothing is started."""
        put = replace(
            self._settings,
            task=run.task,
            mode=run.mode,
            precision=run.precision,
            options={**self._settings.options, run.mode: run.options},
            threads=run.threads,
            calibration=run.calibration or self._settings.calibration,
        )
        self._remake(remembered.with_input(put, run.task, run.fields))
        self.show_state(self._state)
        if remembered.is_too_long(run.fields):
            self.run_page.note(TOO_LONG)
        self.run_page.models.describe(ref or run.folder, run.tokenizer or None)
        self.show_page(RunPage.icon)

    # --- what is shown, and what is remembered ---

    def show_state(self, state: State) -> None:
        self._state = state
        self.setWindowTitle(f"{state.model.name} – Fastpath" if state.model is not None else "Fastpath")
        self.run_page.show_state(state)
        self.cpu_page.show_threads(self._settings.threads)
        self.cpu_page.show_state(state)
        self.models_page.show_state(state)
        self.history_page.show_state(state)
        self.settings_page.show_state(state, self._settings)
        self.presentation.show_state(state)
        self.compare_page.show_state(state)
        self._scripts.show_state(state)
        self._show_race()
        self._strip.show_state(state)
        cpu = state.catalogue.cpu if state.catalogue is not None else None
        self.welcome.show_cpu(cpu, failed=state.engine_failure is not None)
        if state.engine_failure is not None or state.model_failure is not None:
            self._runs_when_ready = False  # what would run then is not what was asked for
        self._run_if_ready()

    def settings(self) -> Settings:
        return self._settings

    def _remember(self, settings: Settings) -> None:
        """What the Run page has changed; theme and page are not its to choose."""
        mine = self._settings
        self._settings = replace(
            settings,
            theme=mine.theme,
            page=mine.page,
            network_off=mine.network_off,
            compare=mine.compare,
            folders=mine.folders,
            welcomed=mine.welcomed,
        )
        self.settings_page.show_settings(self._settings)
        self.cpu_page.show_threads(self._settings.threads)
        self._keep.ask()

    def _remember_choice(self, choice: CompareChoice) -> None:
        self._settings = replace(self._settings, compare=choice)
        self._keep.ask()

    def _remember_folders(self, folders: tuple[str, ...]) -> None:
        self._settings = replace(self._settings, folders=folders)
        self.settings_changed.emit(self._settings)

    def _choose_theme(self, choice: theme.Choice) -> None:
        self._settings = replace(self._settings, theme=choice)
        self.theme_chosen.emit(choice)
        self.settings_changed.emit(self._settings)

    def _choose_network(self, off: bool) -> None:
        self._settings = replace(self._settings, network_off=off)
        self.settings_page.show_settings(self._settings)
        self.network_chosen.emit(off)
        self.models_page.show_settings(self._settings)  # which may ask the Hub at once
        self.settings_changed.emit(self._settings)

    def reset(self, settings: Settings) -> None:
        """Takes on other settings, as at the next start."""
        self._remake(settings)
        self.showNormal()
        self.resize(SIZE)
        self.theme_chosen.emit(settings.theme)
        self.network_chosen.emit(settings.network_off)
        self.models_page.show_settings(self._settings)
        self.show_state(self._state)

    def _remake(self, settings: Settings) -> None:
        """The pages that are made of the settings, anew."""
        former: tuple[QWidget, ...] = (self.run_page, self.compare_page)
        self._settings = replace(settings, page=self._settings.page)
        self.run_page = self._made_run_page(())
        self.compare_page = self._made_compare_page()
        for old, new in zip(former, (self.run_page, self.compare_page), strict=True):
            self._pages.insertWidget(self._pages.indexOf(old), new)
            self._pages.removeWidget(old)
            old.deleteLater()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.leave_presentation()
        panes = self.run_page.panes() | self.compare_page.panes()  # first, for this remembers what was typed just now
        self._keep.drop()
        geometry = remembered.to_text(self.saveGeometry().data())
        self._settings = replace(self._settings, geometry=geometry, panes=panes)
        self.closing.emit(self._settings)
        super().closeEvent(event)
