"""The Compare page: its parts, and the one place where its widgets become a request."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from engine.wire.comparison import Comparison
from engine.wire.messages import Compare, Stop
from engine.wire.values import TaskCard
from gui import settings as remembered
from gui import theme
from gui.pages.compare_page import asking, obstacles, picture
from gui.pages.compare_page.compare_bar import CompareBar
from gui.pages.compare_page.ends import Ends
from gui.pages.compare_page.exports import Exports
from gui.pages.compare_page.fastest_card import FastestCard
from gui.pages.compare_page.ladder_panel import LadderPanel
from gui.pages.compare_page.limits_card import LimitsCard
from gui.pages.compare_page.mode_grid import ModeGrid
from gui.pages.compare_page.race_panel import RacePanel
from gui.pages.compare_page.subject_card import SubjectCard
from gui.pages.compare_page.texts import Unreadable
from gui.run_state import CompareView, State, is_ladder, of_kept
from gui.settings import CompareChoice, Settings
from gui.widgets import focus, mnemonics, tab_order, text
from gui.widgets.column_scroll import ColumnScroll

COLUMNS, ROWS = "compare.columns", "compare.rows"
LEFT_PX = 320
TO_RACE = "Shows every acceleration side by side."
TO_LADDER = "Shows one acceleration under caps on the instruction set."


class ComparePage(QWidget):
    """Shows a state, and emits what the person asks for.

    Signals:
        asked: a request, built once and frozen.
        choice_changed: a CompareChoice that is to be remembered.
        page_asked: another page is to be shown, by its name.
        use_asked: mode, precision, threads to be chosen on the Run page.
        idle_stop_asked: Esc, while nothing is compared.
    """

    title = "Compare"
    icon = "compare"
    asked = Signal(object)
    choice_changed = Signal(object)
    page_asked = Signal(str)
    use_asked = Signal(str, str, int)
    idle_stop_asked = Signal()

    def __init__(
        self,
        settings: Settings,
        task: Callable[[], TaskCard | None],
        form: Callable[[], dict[str, Any]],
        calibration: Callable[[], str] = str,
    ) -> None:
        """``task``, ``form`` and ``calibration``: the Run page's task, its fields and its texts, as they are now."""
        super().__init__()
        self.setObjectName("page")
        choice = settings.compare
        self._task, self._form, self._calibration = task, form, calibration
        self._state = State()
        self._kept: CompareView | None = None
        self._ends = Ends(self)
        self._lettered: tuple[object, ...] = ()
        self.fastest = FastestCard(choice.floor)
        self.subject = SubjectCard(choice, form)
        self.grid = ModeGrid(choice.left_out)
        self.limits = LimitsCard(choice)
        self.bar = CompareBar(self)
        self.race = RacePanel()
        self.ladder = LadderPanel()
        self.exports = Exports(self.asked.emit, self.view, self._picture)
        self._sides = QStackedWidget()
        self._tabs = (_tab("&Race", TO_RACE), _tab("&What AVX-512 is worth", TO_LADDER))
        self._lay_out(settings)
        self._connect()
        self.show_side(0)
        self.setFocusProxy(self.bar.button)

    # --- what it is made of ---

    def _lay_out(self, settings: Settings) -> None:
        left = QWidget()
        rows = QVBoxLayout(left)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP_PX)
        inside = QWidget()
        cards = QVBoxLayout(inside)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(theme.GAP_PX)
        for card in (self.subject, self.fastest, self.grid, self.limits):
            cards.addWidget(card)
        cards.addStretch(1)
        rows.addWidget(ColumnScroll(inside), 1)
        rows.addWidget(self.bar)
        self._sides.addWidget(self.race)
        self._sides.addWidget(self.ladder)
        self.race.card.head.addWidget(self.exports.button)
        self.race.card.add(self.exports.told)
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        self._columns.setChildrenCollapsible(False)
        self._columns.addWidget(left)
        self._columns.addWidget(self._sides)
        self._columns.setStretchFactor(1, 1)
        self._columns.setSizes([LEFT_PX, 3 * LEFT_PX])
        for name, pane in ((COLUMNS, self._columns), (ROWS, self.race)):
            pane.restoreState(QByteArray(remembered.to_bytes(settings.panes.get(name, ""))))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.GAP_PX] * 4)
        whole.addWidget(self._columns)

    def _connect(self) -> None:
        self.bar.compare_asked.connect(lambda: self.start())
        self.bar.stop_asked.connect(self.stop)
        self.fastest.asked.connect(self.find_fastest)
        self.subject.change_asked.connect(lambda: self.page_asked.emit("run"))
        for part in (self.fastest, self.subject, self.grid, self.limits):
            part.changed.connect(self._choice_changed)
        self.race.outcome.use_asked.connect(self.use_asked)
        self.race.cell.script_asked.connect(self.exports.copy_script)
        self.race.chosen.connect(self._give_letters)
        self.ladder.asked.connect(self._climb)
        for place, tab in enumerate(self._tabs):
            tab.clicked.connect(lambda _on=False, place=place: self._turn_to(place))
        for keys in ("Ctrl+Shift+Return", "Ctrl+Shift+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.find_fastest)

    # --- what it shows ---

    def view(self) -> CompareView | None:
        """The comparison that is shown: one that was reopened, else the last of this window."""
        return self._kept if self._kept is not None else self._state.comparing

    def show_comparison(self, comparison: Comparison) -> None:
        """A finished one, until the next begins."""
        self._kept = of_kept(comparison)
        self.show_side(0)

    def show_state(self, state: State) -> None:
        """Cheap where little changed: each part compares first; nothing is drawn while the page is not shown."""
        now, before = state.comparing, self._state.comparing
        if now is not None and (before is None or now.request is not before.request):
            self._kept = None  # another began
        self._state = state
        if self.isVisible():
            self._fill()
        self._ends.show_state(state)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._fill()

    def _fill(self) -> None:
        with focus.kept(self, self.bar.button):
            self._fill_all()

    def _fill_all(self) -> None:
        state = self._state
        task = self._task()
        self.subject.show_state(state, task)
        self.grid.show_state(state)
        self.limits.show_state(state)
        self.race.show_view(self.view(), state, obstacles.of_use(self.view(), state, task))
        self.ladder.show_state(state)
        self.exports.show_state(state)
        self._show_bar()
        self._give_letters()

    def _show_bar(self) -> None:
        state, task = self._state, self.subject.task()
        view = state.compares
        running = view is not None
        obstacle = obstacles.of_state(state, task)
        self.fastest.button.setEnabled(not obstacle and not running)
        self.ladder.set_obstacle(obstacle or ("A comparison goes on" if running else ""))
        count = self.grid.count(state, self.limits.tried())
        obstacle = obstacle or self.limits.problem() or obstacles.of_grid(self.grid, count)
        what = obstacles.what_goes_on(state, view) if view is not None else obstacles.what_compare_does(task, count)
        self.bar.show_action(what, running=running, stopping=view is not None and view.stopping, obstacle=obstacle)

    def _give_letters(self) -> None:
        view, state = self.view(), self._state
        of_view = (view.over, view.comparison, view.failure) if view is not None else ()
        of_race = (self._sides.currentIndex(), self.race.cell.number())
        shown = (*of_race, *of_view, state.catalogue, state.cells, state.compares is None)
        if shown != self._lettered:
            self._lettered = shown
            mnemonics.give(self)
            tab_order.follow(self)

    def _picture(self) -> QImage | None:
        view = self.view()
        return picture.of_view(view, self._state, self.race.chart.width()) if view is not None else None

    def show_side(self, place: int) -> None:
        """0: the race; 1: what more instructions are worth. Both tabs stand in the head of what is shown."""
        self._sides.setCurrentIndex(place)
        panel = (self.race, self.ladder)[place]
        for at, tab in enumerate(self._tabs):
            panel.card.head.insertWidget(at, tab)
            tab.setChecked(at == place)
        if self.isVisible():
            self._fill()

    # --- what the person does ---

    def _turn_to(self, place: int) -> None:
        self.show_side(place)
        self._tabs[place].setFocus()  # it lost it on its way into the other head

    def subject_now(self, inputs: asking.Inputs = ()) -> asking.Subject | None:
        """With ``inputs`` in place of the chosen ones. None where something is missing; that is said on the page."""
        task = self.subject.task()
        if task is None or self._state.model is None:
            return None
        try:
            inputs = inputs or self.subject.read()
        except Unreadable as problem:
            self.subject.show_problem(str(problem))
            return None
        self.subject.show_problem("")
        return asking.Subject(self._state, task, inputs, self._calibration())

    def start(self, inputs: asking.Inputs = ()) -> str:
        """Compares all that is chosen; ``inputs`` instead of the chosen ones. Returns why it cannot, or ""."""
        self._fill()  # the page may not be shown, but its presentation
        if self._state.compares is not None:
            return ""
        if not self.bar.button.isEnabled():
            return self.bar.words()
        subject = self.subject_now(inputs)
        if subject is None:
            return self.subject.problem()
        self._begin(asking.everything(subject, self.grid, self.limits, self.fastest.floor()))
        return ""

    def find_fastest(self) -> None:
        if self.fastest.button.isEnabled() and self._state.compares is None:
            subject = self.subject_now()
            if subject is not None:
                self._begin(asking.fastest(subject, self.fastest))

    def _begin(self, request: Compare) -> None:
        self._kept = None
        self.show_side(1 if is_ladder(request) else 0)
        self.asked.emit(request)

    def _climb(self, mode: str, precision: str) -> None:
        subject = self.subject_now() if self._state.compares is None else None
        if subject is not None:
            self.asked.emit(asking.ladder(subject, mode, precision, self.ladder.caps()))

    def stop(self) -> None:
        """What was measured until then is kept."""
        view = self._state.compares
        if view is None or view.request is None:
            self.idle_stop_asked.emit()
        elif not view.stopping:
            self.asked.emit(Stop(id=view.request.id))

    def clear(self) -> None:
        """The stage as at first: what is shown is put away, and nothing else changes."""
        self._kept = CompareView(None, over=True)
        self._fill()

    # --- what is remembered ---

    def _choice_changed(self) -> None:
        self._fill()
        self.choice_changed.emit(self.choice())

    def choice(self) -> CompareChoice:
        return asking.choice(self.subject, self.grid, self.limits, self.fastest)

    def panes(self) -> dict[str, str]:
        """Where the splitters stand."""
        panes = ((COLUMNS, self._columns), (ROWS, self.race))
        return {name: remembered.to_text(pane.saveState().data()) for name, pane in panes}


def _tab(title: str, explains: str) -> QPushButton:
    made = text.button(title, explains=explains)
    made.setCheckable(True)
    return made
