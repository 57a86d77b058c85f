"""The Run page: its parts, and the one place where its widgets become a request."""

from collections.abc import Callable
from typing import Literal

import msgspec
from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from engine.wire.messages import Describe, NoticeText, Run, Stop, Update
from gui import settings as remembered
from gui import theme
from gui.pages.run_page.form_panel import FormPanel
from gui.pages.run_page.mode_list import ModeList
from gui.pages.run_page.model_dialog import ModelDialog
from gui.pages.run_page.model_panel import ModelPanel
from gui.pages.run_page.result_panel import OF_THE_INPUT, ResultPanel
from gui.pages.run_page.run_bar import RunBar
from gui.pages.run_page.speed_panel import SpeedPanel
from gui.pages.run_page.task_panel import TaskPanel
from gui.run_state import State, new_id
from gui.settings import Settings
from gui.widgets.column_scroll import ColumnScroll
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.notice_lines import NoticeLines
from gui.widgets.throttle import Throttle

UPDATE_EVERY_MS = 150
LEFT_PX = 320


class RunPage(QWidget):
    """Shows a state, and emits what the person asks for.

    Signals:
        asked: a Run, Update, Stop or Describe, built once and frozen.
        try_again_asked: the engine could not be started, and the person wants another try.
        settings_changed: what is to be remembered is another.
    """

    title = "Run"
    icon = "run"
    asked = Signal(object)
    try_again_asked = Signal()
    settings_changed = Signal(object)

    def __init__(self, settings: Settings, notices: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.setObjectName("page")
        self._settings = settings
        self._notices = list(notices)
        self._state = State()
        self._revision = 0
        self._announced = ""
        self.model = ModelPanel()
        self.task = TaskPanel(settings.task)
        self.modes = ModeList()
        self.modes.want(settings.mode, settings.precision, settings.options)
        self.bar = RunBar(self)
        self.form = FormPanel()
        self.result = ResultPanel()
        self.speed = SpeedPanel()
        self._engine_failure = FailurePanel("Try a&gain", self.try_again_asked.emit)
        self._notice_lines = NoticeLines()
        self._updates = Throttle(UPDATE_EVERY_MS, self._send_update, self)
        self._panes: dict[str, QSplitter] = {}
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
        right = QSplitter(Qt.Orientation.Vertical)
        for card, stretch in ((self.form, 2), (self.result, 3), (self.speed, 3)):
            right.addWidget(card)
            right.setStretchFactor(right.count() - 1, stretch)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.addWidget(self._left())
        both.addWidget(ColumnScroll(right))
        both.setStretchFactor(1, 1)
        both.setSizes([LEFT_PX, 3 * LEFT_PX])
        right.setSizes([190, 200, 250])
        self._panes = {"run.columns": both, "run.rows": right}
        for name, pane in self._panes.items():
            pane.setChildrenCollapsible(False)
            pane.restoreState(QByteArray(remembered.to_bytes(self._settings.panes.get(name, ""))))
        whole.addWidget(both, 1)

    def _left(self) -> QWidget:
        column = QWidget()
        rows = QVBoxLayout(column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP_PX)
        choices = QWidget()
        inside = QVBoxLayout(choices)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.GAP_PX)
        for card in (self.model, self.task, self.modes):
            inside.addWidget(card)
        inside.addStretch(1)
        rows.addWidget(ColumnScroll(choices), 1)
        rows.addWidget(self.bar)
        return column

    def _connect(self) -> None:
        self.model.change_asked.connect(self.change_model)
        self.model.starter_asked.connect(lambda: self.describe("starter"))
        self.task.chosen.connect(self._task_chosen)
        self.modes.changed.connect(self._choice_changed)
        self.speed.threads_changed.connect(self._choice_changed)
        self.form.changed.connect(self._form_changed)
        self.bar.run_asked.connect(lambda: self._run())
        self.bar.stop_asked.connect(self._stop)
        self.speed.repeat_asked.connect(lambda on: self._run(calls=0) if on else self._stop())
        self.speed.check_asked.connect(self._check)
        shortcut = QShortcut(QKeySequence("Ctrl+O"), self)
        shortcut.activated.connect(self.change_model)

    # --- what it shows ---

    def show_state(self, state: State) -> None:
        """Shows the newest state. Cheap where little changed: each part compares first."""
        self._state = state
        self._engine_failure.show_failure(state.engine_failure)
        self.model.show_state(state)
        self.modes.show_state(state)
        self._show_task(state)
        if state.catalogue is not None:
            logical = state.catalogue.cpu.cores_allowed or state.catalogue.cpu.cores_logical
            self.speed.set_threads(state.catalogue.threads, max(1, logical), self._settings.threads)
        self._show_own(state)
        self._announce(state)

    def _show_own(self, state: State) -> None:
        self._notice_lines.show_notices([NoticeText(text=notice) for notice in self._notices])
        task = self.task.task_id()
        failure = state.run.failure if state.run is not None and state.run.request.task == task else None
        self.form.show_failure(failure if failure is not None and failure.code in OF_THE_INPUT else None)
        self.result.show_state(state, task)
        self.speed.show_state(state)
        self._show_bar()

    def _show_bar(self) -> None:
        state = self._state
        stopping = state.run is not None and state.run.stopping
        obstacle = self._obstacle()
        self.bar.show_action(self._what_run_does(), state.running, stopping, obstacle)
        self.speed.repeat.setEnabled(state.running or not obstacle)
        self.speed.check.setEnabled(not state.running and not obstacle)

    def _what_run_does(self) -> str:
        mode, task = self.modes.mode(), self.form.task()
        if mode is None or task is None:
            return ""
        return f"{task.title}, {mode.title}, {self.modes.precision_id()}"

    def _obstacle(self) -> str:
        """Why Run cannot be pressed, or ""."""
        state = self._state
        if state.engine_failure is not None:
            return "The engine is not there"
        if state.catalogue is None:
            return "Starting the engine"
        if state.model is None:
            return "Looking into the model" if state.describing is not None else "Pick a model first"
        if self.form.task() is None:
            return "This model can do none of the tasks here"
        return self.modes.obstacle()

    def _show_task(self, state: State) -> None:
        card = self.task.show_state(state)
        if card is not None and card != self.form.task():
            self.form.set_task(card, self._settings.inputs.get(card.id))
        for gone in (self.task.gone, self.modes.gone):
            if gone and gone not in self._notices:
                self._notices.append(gone)

    def _announce(self, state: State) -> None:
        """Tells a screen reader once, when a run has ended."""
        run = state.run
        if run is None or not run.over or run.request.id == self._announced:
            return
        self._announced = run.request.id
        said = f"{self.result.summary()} {self.speed.announcement()}"
        if run.failure is not None:
            said = run.failure.what_happened
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said))

    # --- what the person does ---

    def _task_chosen(self) -> None:
        self._show_task(self._state)
        self._choice_changed()

    def _choice_changed(self) -> None:
        self._remember()
        self.modes.show_state(self._state)
        self._show_own(self._state)

    def _form_changed(self) -> None:
        run = self._state.run
        self._remember()
        if run is not None and not run.over and run.repeats and run.request.task == self.task.task_id():
            self._updates.ask()

    def change_model(self) -> None:
        """Opens the dialog, and looks into what was picked."""
        present = self._state.model.ref if self._state.model is not None else ""
        dialog = ModelDialog(self._settings.recent, present, self)
        if dialog.exec() and dialog.ref():
            self.describe(dialog.ref())
        dialog.deleteLater()

    def describe(self, ref: str) -> None:
        self.asked.emit(Describe(id=new_id("describe"), ref=ref))

    def described(self, ref: str) -> None:
        """The model was found: it is the one to remember."""
        self._keep(lambda kept: remembered.with_recent(kept, ref))

    def request(self, check: Literal["always", "if_known"] = "if_known", calls: int | None = None) -> Run | None:
        """The widgets, read once; None where something is missing."""
        mode, task, model = self.modes.mode(), self.form.task(), self._state.model
        if mode is None or task is None or model is None or self._obstacle():
            return None
        return Run(
            id=new_id("run"),
            folder=model.folder,
            task=task.id,
            mode=mode.id,
            fields=self.form.fields(),
            precision=self.modes.precision_id(),
            runtime=mode.runtime,
            options=self.modes.options.values(),
            threads=self.speed.thread_count(),
            calls=calls,
            check=check,
        )

    def _run(self, calls: int | None = None) -> None:
        run = self.request(calls=calls)
        if run is not None and not self._state.running:
            self._start(run)
        self.speed.repeat.setChecked(run is not None and calls == 0)

    def _start(self, run: Run) -> None:
        self._revision = 0
        self._updates.drop()
        self.asked.emit(run)

    def _check(self) -> None:
        """The run that is shown, again, beside eager."""
        if self._state.run is not None and not self._state.running:
            shown = self._state.run
            again = msgspec.structs.replace(
                shown.request, id=new_id("run"), fields=shown.answer_fields, calls=None, check="always", ratio=True
            )
            self._start(again)

    def _stop(self) -> None:
        if self._state.run is not None and self._state.running:
            self.asked.emit(Stop(id=self._state.run.request.id))

    def _send_update(self) -> None:
        run = self._state.run
        if run is not None and not run.over:
            self._revision += 1
            self.asked.emit(Update(id=run.request.id, fields=self.form.fields(), revision=self._revision))

    # --- what is remembered ---

    def _remember(self) -> None:
        mode, task = self.modes.mode(), self.form.task()

        def change(kept: Settings) -> Settings:
            if task is not None:
                kept = remembered.with_input(kept, task.id, self.form.fields())
            return msgspec.structs.replace(
                kept,
                task=self.task.task_id() or kept.task,
                mode=mode.id if mode is not None else kept.mode,
                precision=self.modes.precision_id() if mode is not None else kept.precision,
                options={**kept.options, mode.id: self.modes.options.values()} if mode is not None else kept.options,
                threads=self.speed.thread_count(),
            )

        self._keep(change)

    def _keep(self, change: Callable[[Settings], Settings]) -> None:
        self._settings = change(self._settings)
        self.settings_changed.emit(self._settings)

    def panes(self) -> dict[str, str]:
        """Where the splitters stand."""
        return {name: remembered.to_text(pane.saveState().data()) for name, pane in self._panes.items()}

    def note(self, notice: str) -> None:
        """A sentence at the page's top, about the window itself."""
        if notice and notice not in self._notices:
            self._notices.append(notice)
            self._show_own(self._state)
