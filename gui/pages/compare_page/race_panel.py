"""The right side: the race, how it ended, and the figures of the row that was chosen."""

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from gui.pages.compare_page import words
from gui.pages.compare_page.cell_panel import CellPanel
from gui.pages.compare_page.outcome_box import OutcomeBox
from gui.pages.compare_page.rows import rows
from gui.run_state import CompareView, State
from gui.widgets import figures, text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.race_chart import RaceChart
from gui.widgets.throttle import Throttle

EMPTY = (
    "Here every acceleration races on this computer: one bar each, the fastest on top, with how sure that is and "
    "whether the answers are still those of plain PyTorch. “Find the fastest” does the choosing for you."
)
CLOCK_MS = 1_000
DRAW_EVERY_MS = 400
"""Sixty rows take 10 ms to draw, beside a measurement: more often would be more than 3 % of a core."""


class RacePanel(QSplitter):
    """Signals: chosen, when another row's figures are shown, or none."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.setChildrenCollapsible(False)
        self._view: CompareView | None = None
        self._state = State()
        self._number: int | None = None
        self.card = Card("Race")
        self.card.title.hide()  # the tabs say it
        self.progress = text.ElidedLabel("quiet")
        self.card.head.addWidget(self.progress, 100)
        self.failure = FailurePanel()
        self._empty = text.label(EMPTY, "quiet", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.named = text.ElidedLabel("quiet", Qt.TextElideMode.ElideMiddle)
        self.named.hide()
        self.outcome = OutcomeBox()
        self.chart = RaceChart()
        self.chart.opened.connect(self._open)
        self.cell = CellPanel()
        self.cell.closed.connect(lambda: self._open(None))
        for widget in (self.named, self.failure, self.outcome):
            self.card.add(widget)
        self.card.add(self.chart, 1)
        self.card.add(self._empty, 1)
        self.addWidget(self.card)
        self.addWidget(self.cell)
        self.setStretchFactor(0, 3)
        self.setStretchFactor(1, 1)
        self._drawing = Throttle(DRAW_EVERY_MS, self._show, self)
        self._clock = QTimer(self)
        self._clock.setInterval(CLOCK_MS)
        self._clock.timeout.connect(self._tick)

    def show_view(self, view: CompareView | None, state: State, no_use: str) -> None:
        """Cheap where nothing changed: events make new values, and each part compares first.

        ``no_use``: why the winner cannot be chosen on the Run page, or "".
        """
        another = _is_another(view, self._view)
        if another:
            self._number = None
            self.chart.choose(None)
        changed = view is not self._view or state.catalogue is not self._state.catalogue
        self._view, self._state = view, state
        self._run_clock(view)
        if view is None or view.over or another:
            self._drawing.drop()
            if changed or another:
                self._show()
        elif changed:
            self._drawing.ask()
        self.outcome.show_use(no_use)

    def _show(self) -> None:
        view, state = self._view, self._state
        found = rows(view, state) if view is not None else None
        has_rows = found is not None and bool(found.bases or found.others)
        self._empty.setVisible(not has_rows and (view is None or view.failure is None))
        text.set_text(self._empty, EMPTY if view is None or view.over else "Starting the comparison")
        named = words.subject(view, state)
        self.named.show_text(named)
        self.named.setVisible(bool(named))
        self.chart.setVisible(has_rows)
        if found is not None:
            self.chart.show_race(*found)
        self.outcome.show_view(view)
        self.failure.show_failure(view.failure if view is not None else None)
        self._tick()
        self._show_cell()

    def _show_cell(self) -> None:
        obstacle = "" if self._view is not None and self._view.comparison is not None else "When it is over"
        self.cell.show_cell(self._number, self._view, self._state, obstacle)

    def _open(self, number: int | None) -> None:
        """A second time on the same row closes its figures."""
        self._number = None if number == self._number else number
        self.chart.choose(self._number)  # not at each drawing: arrow keys may be further by then
        self._show_cell()
        if self._number is None and self.chart.isVisible():
            self.chart.bars.setFocus()
        self.chosen.emit()

    def _run_clock(self, view: CompareView | None) -> None:
        runs = view is not None and not view.over
        if runs != self._clock.isActive():
            self._clock.start() if runs else self._clock.stop()

    def _tick(self) -> None:
        self.progress.show_text(progress_of(self._view, time.monotonic()))

    def panes(self) -> tuple[QWidget, QWidget]:
        return self.card, self.cell


def _is_another(view: CompareView | None, before: CompareView | None) -> bool:
    """Another comparison than before; one that was kept has no request, and no newer values."""
    if view is None or before is None or view.request is not before.request:
        return True
    return view.request is None and view is not before


def progress_of(view: CompareView | None, now_s: float) -> str:
    """How far it is, and the time so far; at the end how long it took."""
    if view is None or not view.cells:
        return ""
    cells = view.cells.values()
    if view.over:
        took = f" in {figures.seconds(view.comparison.took_s)}" if view.comparison and view.comparison.took_s else ""
        measured = sum(cell.p50_ms is not None for cell in cells)
        return f"{measured} measured{took}"
    waiting = [cell for cell in cells if cell.status == "waiting" and cell.stage != "ready"]
    prepares = next((cell for cell in waiting if cell.stage == "preparing"), None)
    if prepares is not None:
        doing = f"preparing {len(cells) - len(waiting) + 1} of {len(cells)}"
    else:
        doing = "measuring in turns" if any(cell.p50_ms is not None for cell in cells) else "preparing"
    so_far = f", {figures.seconds(now_s - view.began_s)}" if view.began_s is not None else ""
    return doing + so_far
