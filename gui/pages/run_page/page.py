"""The Run page: its parts, and the one place where its widgets become a request."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.wire.messages import Run, Stop, Update
from engine.wire.values import NoticeText
from gui import settings as remembered
from gui import theme
from gui.pages.run_page import asking, readiness, remedies
from gui.pages.run_page.announcer import Announcer
from gui.pages.run_page.choices import choices
from gui.pages.run_page.form_panel import FormPanel
from gui.pages.run_page.letters import Letters
from gui.pages.run_page.mode_list import ModeList
from gui.pages.run_page.model_panel import ModelPanel
from gui.pages.run_page.model_requests import ModelRequests
from gui.pages.run_page.panes import Panes
from gui.pages.run_page.programs import Programs
from gui.pages.run_page.result_panel import OF_THE_INPUT, ResultPanel
from gui.pages.run_page.run_bar import RunBar
from gui.pages.run_page.speed_panel import SpeedPanel
from gui.pages.run_page.task_panel import TaskPanel
from gui.run_state import State, evidence_of
from gui.settings import Settings
from gui.widgets import focus
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.notice_lines import NoticeLines
from gui.widgets.throttle import Throttle

UPDATE_EVERY_MS = 150
REMEMBER_EVERY_MS = 500
"""Reading a form of a megabyte takes milliseconds: not at each key."""


class RunPage(QWidget):
    """Shows a state, and emits what the person asks for.

    Signals:
        asked: a request, built once and frozen.
        try_again_asked: the engine could not be started, and the person wants another try.
        settings_changed: what is to be remembered is another.
        page_asked: another page is to be shown, by its name.
        find_asked: the fastest is to be found first.
    """

    title = "Run"
    icon = "run"
    asked = Signal(object)
    try_again_asked = Signal()
    settings_changed = Signal(object)
    page_asked = Signal(str)
    find_asked = Signal()

    def __init__(self, settings: Settings, notices: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.setObjectName("page")
        self._settings = settings
        self._notices = list(notices)
        self._state = State()
        self._revision = 0
        self._threads_of_pick = 0
        self._announcer = Announcer(self)
        self._letters = Letters(self)
        self.model = ModelPanel()
        self.task = TaskPanel(settings.task)
        self.modes = ModeList(settings.calibration)
        self.modes.want(settings.mode, settings.precision, settings.options)
        self.bar = RunBar(self)
        self.form = FormPanel()
        self.result = ResultPanel()
        self.speed = SpeedPanel()
        self._engine_failure = FailurePanel("Try a&gain", self.try_again_asked.emit)
        self._notice_lines = NoticeLines()
        self._updates = Throttle(UPDATE_EVERY_MS, self._send_update, self)
        self._marking = Throttle(UPDATE_EVERY_MS, self._show_former, self)
        self._remembering = Throttle(REMEMBER_EVERY_MS, self._remember, self)
        self.models = ModelRequests(
            self.asked.emit,
            lambda: self._state,
            lambda: self._settings,
            self,
            lambda: self.page_asked.emit("models"),
        )
        self.programs = Programs(self.asked.emit, self.request, self.modes.offers, self)
        self._deeds = self._made_deeds()
        self._lay_out()
        self._connect()
        self.bar.button.setFocus()

    # --- what it is made of ---

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.GAP_PX] * 4)
        whole.setSpacing(theme.GAP_PX)
        whole.addWidget(self._engine_failure)
        whole.addWidget(self._notice_lines)
        left = choices((self.model, self.task, self.modes), self.bar)
        self._panes = Panes(left, (self.form, self.result, self.speed), self._settings.panes)
        whole.addWidget(self._panes, 1)

    def _connect(self) -> None:
        self.model.change_asked.connect(self.models.change)
        self.model.allowed.connect(self.models.allow)
        self.model.stop_download_asked.connect(self.models.stop_download)
        self.task.chosen.connect(self._task_chosen)
        self.modes.changed.connect(self._choice_changed)
        self.modes.asked.connect(self.asked)
        self.modes.find_asked.connect(self.find_asked)
        self.result.widened.connect(self._panes.widen)
        self.result.what_ran.panel.code_asked.connect(self.programs.view_code)
        self.speed.threads_changed.connect(self._threads_chosen)
        self.form.changed.connect(self._form_changed)
        self.bar.run_asked.connect(lambda: self._run())
        self.bar.stop_asked.connect(self.stop)
        self.speed.repeat_asked.connect(lambda on: self._run(calls=0) if on else self.stop())
        self.speed.check_asked.connect(self._check)
        QShortcut(QKeySequence("Ctrl+O"), self).activated.connect(self.models.change)

    def _made_deeds(self) -> remedies.Deeds:
        return remedies.Deeds(
            run_again=lambda: self._run(calls=self._state.run.request.calls if self._state.run else None),
            run_ignoring_memory=self._run_ignoring_memory,
            take_example=self.form.example.click,
            pick_first_mode=self.modes.pick_first,
            change_model=self.models.change,
            use_starter=self.models.use_starter,
            keep_model=self.models.keep,
            look_again=self.models.look_again,
            download=self.models.download,
            allow=self.models.allow,
            open_settings=lambda: self.page_asked.emit("settings"),
        )

    # --- what it shows ---

    def show_state(self, state: State) -> None:
        """Shows the newest state. Cheap where little changed: each part compares first."""
        with focus.kept(self.model, self.model.change), focus.kept(self.speed, self.bar.button):
            self._show(state)

    def _show(self, state: State) -> None:
        self._state = state
        self._engine_failure.show_failure(state.engine_failure)
        self.model.show_state(state, lambda failure: remedies.of_model(failure, state, self._deeds))
        self.task.show_state(state)
        self.modes.show_state(state, self.task.task_id())
        self._show_task(state)
        if state.catalogue is not None:
            most = state.catalogue.cpu.most_threads
            self.speed.set_threads(state.catalogue.threads, most, self._settings.threads)
        self._show_threads()
        self._show_own(state)
        self._announcer.show_run(state.run, lambda: f"{self.result.summary()} {self.speed.announcement()}")

    def _show_own(self, state: State) -> None:
        self._notice_lines.show_notices([NoticeText(text=notice) for notice in self._notices])
        run = readiness.own_run(state, self.task.task_id())
        failure = run.failure if run is not None else None
        mending = remedies.of_run(failure, state, self._deeds) if failure is not None else ()
        of_input = failure is not None and failure.code in OF_THE_INPUT and failure.about != asking.CALIBRATION
        self.form.show_failure(failure if of_input else None, mending)
        self.modes.calibration.show_failure(asking.of_calibration(run, self.modes))
        self.result.show_run(run, mending, another=state.running and run is None)
        cpu = state.catalogue.cpu if state.catalogue is not None else None
        self.result.what_ran.show_run(run, evidence_of(state, run), cpu)
        self.speed.show_state(state, run)
        self._show_former()
        self._show_bar()
        self._give_letters(state)

    def _show_former(self) -> None:
        """Says so where the answer is not that of what is in the form and chosen now."""
        run = readiness.own_run(self._state, self.task.task_id())
        words = ""
        if run is not None and run.over and run.answer is not None:
            words = readiness.former(run, self.form.fields(), self.modes)
        self.result.show_former(words)

    def _give_letters(self, state: State) -> None:
        run, runtimes = state.run, state.runtimes
        self._letters.give(
            *(state.engine_failure, state.model_failure, state.model, state.download is None, state.running),
            *(self.form.task(), self.modes.mode(), self.result.notices(), self._notice_lines.texts()),
            *((run.failure, run.answer is None, run.report is None) if run is not None else ()),
            *(self.modes.precision_id(), runtimes.asked, runtimes.failure, state.export, state.deed is None),
        )

    def _show_bar(self) -> None:
        state = self._state
        stopping = state.run is not None and state.run.stopping
        obstacle = self._obstacle()
        what = readiness.what_runs(state) if state.running else readiness.what_run_does(self.form.task(), self.modes)
        self.bar.show_action(what, state.running, stopping, obstacle)
        self.programs.show_state(state, obstacle)
        self.speed.repeat.setEnabled(state.running or not obstacle)
        self.speed.check.setEnabled(not state.running and not obstacle)

    def _obstacle(self) -> str:
        return readiness.obstacle(self._state, self.form.task(), self.modes)

    def _show_task(self, state: State) -> None:
        card = self.task.show_state(state)
        if card is not None and card != self.form.task():
            self._remembering.flush()  # what was typed just now belongs to the task before
            self.form.set_task(card, self._settings.inputs.get(card.id))
        for gone in (self.task.gone, self.modes.gone):
            if gone and gone not in self._notices:
                self._notices.append(gone)

    # --- what the person does ---

    def _task_chosen(self) -> None:
        self._show_task(self._state)
        self._choice_changed()

    def _choice_changed(self) -> None:
        self.modes.show_state(self._state, self.task.task_id())
        self._show_threads()
        self._remember()
        self._show_own(self._state)

    def _threads_chosen(self) -> None:
        self.modes.leave_auto()
        self._threads_of_pick = 0
        self._choice_changed()

    def _show_threads(self) -> None:
        """Those that the fastest was found with, as long as it is chosen; afterwards the person's own again."""
        found = self.modes.auto_threads()
        if found or self._threads_of_pick:
            self.speed.show_threads(found or self._settings.threads)
        self._threads_of_pick = found

    def _form_changed(self) -> None:
        run = readiness.own_run(self._state, self.task.task_id())
        self._remembering.ask()
        self._marking.ask()
        if run is not None and not run.over and run.repeats:
            self._updates.ask()

    def described(self, ref: str, tokenizer: str = "") -> None:
        """The model was found: it is the one to remember, with the model that lends it a tokenizer."""
        self._keep(lambda kept: remembered.with_recent(kept, ref, tokenizer))

    def request(self, calls: int | None = None) -> Run | None:
        """The widgets, read once; None where something is missing."""
        if self._obstacle():
            return None
        threads = self.modes.auto_threads() or self.speed.thread_count()
        return asking.run(self._state, self.form, self.modes, threads, calls)

    def _run(self, calls: int | None = None) -> None:
        run = self.request(calls=calls)
        if run is not None and not self._state.running:
            self._start(run)
        self.speed.repeat.setChecked(run is not None and calls == 0)

    def _start(self, run: Run) -> None:
        self._remembering.flush()
        self._revision = 0
        self._updates.drop()
        self.asked.emit(run)

    def _check(self) -> None:
        """The run that is shown, again, beside eager."""
        if self._state.run is not None and not self._state.running:
            self._start(asking.beside_eager(self._state.run))

    def _run_ignoring_memory(self) -> None:
        """What failed for want of memory, again, without that check."""
        if self._state.run is not None and not self._state.running:
            self._start(asking.ignoring_memory(self._state.run, self.form.fields()))

    def choose(self, mode: str, precision: str, threads: int) -> None:
        """As found elsewhere in the window; starts nothing."""
        self.modes.choose(mode, precision)
        self.speed.choose_threads(threads)

    def stop(self) -> None:
        """The run; where none goes on, whatever else does."""
        compares = self._state.compares
        if self._state.run is not None and self._state.running:
            self.asked.emit(Stop(id=self._state.run.request.id))
        elif compares is not None and compares.request is not None:
            self.asked.emit(Stop(id=compares.request.id))
        else:
            self.models.stop_desk()
            self.programs.stop()

    def _send_update(self) -> None:
        run = self._state.run
        if run is not None and not run.over:
            self._revision += 1
            self.asked.emit(Update(id=run.request.id, fields=self.form.fields(), revision=self._revision))

    # --- what is remembered ---

    def _remember(self) -> None:
        task, fields = self.form.task(), self.form.fields()
        self.form.show_kept(not remembered.is_too_long(fields))

        def change(kept: Settings) -> Settings:
            kept = asking.remembering(kept, self.task.task_id(), self.modes, self.speed)
            return remembered.with_input(kept, task.id, fields) if task is not None else kept

        self._keep(change)

    def _keep(self, change: Callable[[Settings], Settings]) -> None:
        self._settings = change(self._settings)
        self.settings_changed.emit(self._settings)

    def panes(self) -> dict[str, str]:
        """Where the splitters stand."""
        self._remembering.flush()
        return self._panes.places()

    def note(self, notice: str) -> None:
        """A sentence at the page's top, about the window itself."""
        if notice and notice not in self._notices:
            self._notices.append(notice)
            self._show_own(self._state)
