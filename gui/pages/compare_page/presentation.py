"""The presentation view of a race: model, bars and the sentence at the end, to be read from the back of a room."""

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.wire.values import TaskCard
from gui import theme
from gui.pages.compare_page import obstacles, texts
from gui.pages.compare_page.asking import Inputs
from gui.pages.compare_page.outcome_box import sentence_of
from gui.pages.compare_page.race_panel import DRAW_EVERY_MS, progress_of
from gui.pages.compare_page.rows import rows
from gui.run_state import CompareView, State
from gui.widgets import text
from gui.widgets.race_chart import RaceChart
from gui.widgets.throttle import Throttle

TITLE, WORDS, BARS = 2.2, 2.4, 1.7
PROMPTS = 4
PROMPT_CHARACTERS = 90
PRESS = "A number key starts a race on one of these:"
KEYS = "Ctrl+Enter races, Home clears the stage, Esc leaves"


class RacePresentation(QWidget):
    """Nothing but the race. Number keys start one on a sample, Home or Backspace clears the stage, Esc leaves.

    Signals: leave_asked; race_asked(inputs), empty for those chosen on the page; clear_asked.
    """

    leave_asked = Signal()
    race_asked = Signal(object)
    clear_asked = Signal()

    def __init__(self, view: Callable[[], CompareView | None]) -> None:
        """``view``: the comparison that the page shows."""
        super().__init__()
        self.setObjectName("page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Presentation of the race")
        text.explain(self, f"The race alone, in large. {KEYS}.")
        self._view = view
        self._state = State()
        self._task: TaskCard | None = None
        self._prompts: tuple[Inputs, ...] = ()
        self._refused = ""
        self._drawing = Throttle(DRAW_EVERY_MS, self._fill, self)
        self._title = _large("", TITLE, bold=True)
        self._progress = _large("quiet", 1.3)
        self._failed = _large("error", 1.6)
        self._lines = _large("", 2.0)
        self.chart = RaceChart()
        self.chart.set_size(BARS)
        for part in (self.chart.bars, self.chart.bases):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._sentence = _large("accent", WORDS, bold=True)
        self._hint = text.label(KEYS, "caption")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._lay_out()
        for keys, signal in (("Esc", self.leave_asked), ("Home", self.clear_asked), ("Backspace", self.clear_asked)):
            self._on_key(keys, signal.emit)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            self._on_key(keys, lambda: self.race_asked.emit(()))

    def _on_key(self, keys: str, action: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(action)

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(4 * theme.GAP_PX, 2 * theme.GAP_PX, 4 * theme.GAP_PX, theme.GAP_PX)
        whole.setSpacing(theme.WIDE_GAP_PX)
        for widget in (self._title, self._progress, self._failed, self._lines):
            whole.addWidget(widget)
        whole.addWidget(self.chart, 1)
        whole.addWidget(self._sentence)
        whole.addStretch(0)
        whole.addWidget(self._hint)

    def show_state(self, state: State, task: TaskCard | None) -> None:
        """Costs nothing while the view is not shown."""
        self._state = state
        if task != self._task:
            self._task = task
            found = texts.prompts(task)[:PROMPTS] if task is not None else ()
            self._prompts = tuple((fields,) for fields in found)
        if self.isVisible():
            self._drawing.ask()
            if state.compares is None:
                self._drawing.flush()

    def say(self, refused: str) -> None:
        """Why the race that was asked for did not begin, or ""."""
        self._refused = refused
        self.show_now()

    def show_now(self) -> None:
        """Without waiting for the next drawing."""
        self._drawing.drop()
        self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refused = ""
        self._fill()

    def _fill(self) -> None:
        view, state = self._view(), self._state
        found = rows(view, state) if view is not None else None
        has_rows = found is not None and bool(found.bases or found.others)
        text.set_text(self._title, self._named(view if has_rows else None))
        text.set_text(self._progress, progress_of(view, time.monotonic()) if has_rows else self._stage())
        self.chart.setVisible(has_rows)
        if found is not None and has_rows:
            self.chart.show_race(*found)
        failure = view.failure if view is not None else None
        failed = f"{failure.what_happened} {failure.what_to_do}" if failure is not None else ""
        refused = self._refused if self._refused != self._progress.text() else ""  # once is enough
        text.set_text(self._failed, refused or failed)
        self._failed.setVisible(bool(self._failed.text()))
        text.set_text(self._lines, "" if has_rows else self._prompt_lines())
        self._lines.setVisible(not has_rows)
        sentence = sentence_of(view) if view is not None else ""
        text.set_text(self._sentence, sentence)
        self._sentence.setVisible(bool(sentence))

    def _named(self, view: CompareView | None) -> str:
        model = view.model_name if view is not None else ""
        model = model or (self._state.model.name if self._state.model is not None else "")
        task = self._state.task(view.task) if view is not None else self._task
        return ", ".join(part for part in (model, task.title if task is not None else "") if part)

    def _stage(self) -> str:
        compares = self._state.compares
        if compares is not None:
            return "Stopping" if compares.stopping else "Starting"
        return obstacles.of_state(self._state, self._task)

    def _prompt_lines(self) -> str:
        """What the number keys start."""
        lines = []
        for place, (fields,) in enumerate(self._prompts, start=1):
            words = " ".join(value for value in fields.values() if isinstance(value, str))
            lines.append(f"{place}   {words[:PROMPT_CHARACTERS]}{'…' if len(words) > PROMPT_CHARACTERS else ''}")
        return "\n\n".join([PRESS, *lines] if lines else [])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        place = event.key() - Qt.Key.Key_1
        if event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier) and (
            0 <= place < len(self._prompts)
        ):
            self.race_asked.emit(self._prompts[place])
        else:
            super().keyPressEvent(event)

    def words(self) -> str:
        """What can be read, for tests and screen readers."""
        lines = [label.text() for label in self.findChildren(QLabel) if label.isVisible()]
        return "\n".join([*lines, self.chart.words() if self.chart.isVisible() else ""])


def _large(role: text.Role, share: float, *, bold: bool = False) -> QLabel:
    made = text.label("", role, wrap=True)
    made.setFont(theme.scaled(share, bold=bold))
    return made
