"""The measured speed: a button that measures, the figures, the roofline, and what the last runs reached."""

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from engine.wire.messages import MeasurePeaks, Stop
from engine.wire.values import MachinePeaks
from gui import theme
from gui.pages.cpu_page import roofline_words as words
from gui.pages.cpu_page.roofline_chart import RooflineChart
from gui.run_state import Point, State, new_id, peaks_of, points_of, roofline
from gui.widgets import text
from gui.widgets.column_scroll import ColumnScroll
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.progress_stages import ProgressStages

SIDE_PX = 290
EMPTY = (
    "How fast this CPU multiplies at each precision, and how fast its memory is, will be here once it was measured. "
    "That takes about five seconds."
)


class RooflinePanel(QWidget):
    """``tools``, the button with its line, stand where the page puts them.

    Signals: asked, with a request.
    """

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._state = State()
        self._threads = 0
        self._shown: tuple[object, ...] | None = None
        self.measure = text.button(
            "&Measure", self._pressed, role="main", explains="Measures this CPU and its memory. Ctrl+Enter."
        )
        self._why = text.label("", "caption", wrap=True)
        self._why.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.tools = QWidget()
        self.stages = ProgressStages("Measuring")
        self._failure = FailurePanel("Try a&gain", self._pressed)
        self.chart = RooflineChart()
        self._empty = text.label(EMPTY, "quiet", wrap=True)
        self._grid = QGridLayout()
        self._runs = QVBoxLayout()
        self._lay_out()
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(self._begin)

    def _lay_out(self) -> None:
        self._grid.setHorizontalSpacing(theme.WIDE_GAP_PX)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        self._runs.setSpacing(4)
        tools = QHBoxLayout(self.tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(theme.WIDE_GAP_PX)
        tools.addWidget(self._why, 1)
        tools.addWidget(self.measure)
        figures = QWidget()
        column = QVBoxLayout(figures)
        column.setContentsMargins(0, 0, theme.GAP_PX, 0)
        column.setSpacing(theme.GAP_PX)
        column.addLayout(self._grid)
        column.addLayout(self._runs)
        column.addStretch(1)
        above = QVBoxLayout()
        above.setSpacing(theme.GAP_PX)
        above.addWidget(self.stages)
        above.addWidget(self._failure)
        above.addWidget(self._empty)
        side = ColumnScroll(figures)
        side.setFixedWidth(SIDE_PX)
        self._measured = QWidget()
        both = QHBoxLayout(self._measured)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(theme.WIDE_GAP_PX)
        both.addWidget(side)
        both.addWidget(self.chart, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP_PX)
        whole.addLayout(above)
        whole.addWidget(self._measured, 1)
        whole.addStretch(0)

    def show_state(self, state: State, threads: int) -> None:
        """``threads``: those that a run would have."""
        self._state, self._threads = state, threads
        peaks, points = peaks_of(state, threads), points_of(state, threads)
        deed = state.measuring
        going = deed is not None and not deed.over
        self.stages.show_stages(deed.stages if deed is not None and going else (), time.monotonic())
        failure = deed.failure if deed is not None else None
        self._failure.show_failure(failure if failure is not None and failure.code != "Stopped" else None)
        self._empty.setVisible(peaks is None and not going)
        self._measured.setVisible(peaks is not None)
        self._show_button(peaks is not None, going, going and deed is not None and deed.stopping)
        self._show_figures(peaks, points, roofline.others_of(state, threads))
        self.chart.show_peaks(peaks, points)

    def _show_button(self, known: bool, going: bool, stopping: bool) -> None:
        obstacle = self._obstacle()
        title = "Stop    Esc" if going else "&Measure again" if known else "&Measure"
        if self.measure.text() != title:
            self.measure.setText(title)
            self.measure.setProperty("state", "stop" if going else "run")
            self.measure.style().unpolish(self.measure)
            self.measure.style().polish(self.measure)
            self.measure.setAccessibleName(title.replace("&", "").removesuffix("    Esc"))
        self.measure.setEnabled(going or not obstacle)  # also while it stops: a disabled button loses the focus
        count = self._threads
        said = f"With {count} thread{'s' if count != 1 else ''}, as on the Run page. About five seconds."
        if going:
            said = "Stopping" if stopping else "Measuring. Leave the computer alone meanwhile, for truer figures."
        text.set_text(self._why, said if going else obstacle or said)

    def _obstacle(self) -> str:
        """Why nothing can be measured now, or ""."""
        state = self._state
        if state.running or state.compares is not None:
            return "A model runs. Stop it first: Esc."
        if state.deed is not None:
            return "The engine is at work. Stop it first: Esc."
        return "" if state.live else "Waiting for the engine"

    def _show_figures(self, peaks: MachinePeaks | None, points: Sequence[Point], left_out: int) -> None:
        shown = (peaks, tuple(points), left_out)
        if shown == self._shown:
            return
        self._shown = shown
        _clear(self._grid)
        _clear(self._runs)
        if peaks is None:
            return
        for row, (name, value) in enumerate(words.rows(peaks)):
            figure = text.label(value, selectable=True)
            figure.setAccessibleName(f"{name}: {value}")
            self._grid.addWidget(text.label(name, "quiet", wrap=True), row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(figure, row, 1, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        for line in (words.UNITS, "" if peaks.quiet else words.NOT_QUIET):
            self._say(line, "caption")
        self._runs.addSpacing(theme.GAP_PX)
        self._say("The last runs", "heading")
        for point in reversed(points):
            self._say(point.name, "")
            self._say(f"{words.reached(point)}, at {words.intensity(point)}", "caption")
        for line in ("" if points else words.NO_POINTS, words.left_out(left_out), words.HOW):
            self._say(line, "caption")

    def _say(self, line: str, role: text.Role) -> None:
        if line:
            self._runs.addWidget(text.label(line, role, wrap=True, selectable=True))

    def _pressed(self) -> None:
        deed = self._state.measuring
        if deed is not None and not deed.over:
            if not deed.stopping:
                self.asked.emit(Stop(id=deed.request.id))
        else:
            self._begin()

    def _begin(self) -> None:
        deed = self._state.measuring
        if (deed is None or deed.over) and not self._obstacle():
            anew = peaks_of(self._state, self._threads) is not None
            self.asked.emit(MeasurePeaks(id=new_id("peaks"), threads=self._threads, anew=anew))


def _clear(layout: QGridLayout | QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
