"""The presentation view: answer, big figure and chart alone, to be read from the back of a room."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.wire.messages import Answer
from gui import theme
from gui.pages.run_page.agreement_words import agreement_in_words
from gui.results import View, view_for
from gui.run_state import RunView, State, baseline_ms
from gui.widgets import figures, text
from gui.widgets.bar_list import BarList
from gui.widgets.stage_bar import TITLES
from gui.widgets.strip_chart import StripChart

BIG = 10.0
WORDS = 2.4
SMALL = 1.7
NOTHING = "–"


class Presentation(QWidget):
    """Shows the run of a state. Esc leaves it; Ctrl+Enter runs.

    Signals: leave_asked, run_asked.
    """

    leave_asked = Signal()
    run_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Presentation")
        text.explain(self, "Answer, latency and chart alone. Ctrl+Enter runs, Esc leaves this view.")
        self._state = State()
        self._view: View | None = None
        self._answer: Answer | None = None
        self._failed = _large("", WORDS)
        self._place = QVBoxLayout()
        self._figure = BigFigure()
        self._agreement = _large("", WORDS)
        self._what = _large("quiet", SMALL)
        self.chart = StripChart()
        self.chart.setFont(theme.scaled(SMALL))
        self.chart.set_weight(3)
        self._hint = text.label("Esc leaves", "caption")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._lay_out()
        for keys, signal in (
            ("Esc", self.leave_asked),
            ("Ctrl+Return", self.run_asked),
            ("Ctrl+Enter", self.run_asked),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(signal)

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * theme.GAP_PX, 2 * theme.GAP_PX, 3 * theme.GAP_PX, theme.GAP_PX)
        whole.setSpacing(theme.GAP_PX)
        whole.addWidget(self._failed)
        whole.addLayout(self._place, 5)
        whole.addWidget(self._figure)
        whole.addWidget(self._agreement)
        whole.addWidget(self._what)
        whole.addWidget(self.chart, 4)
        whole.addWidget(self._hint)

    def show_state(self, state: State) -> None:
        """Costs nothing while the view is not shown."""
        self._state = state
        if self.isVisible():
            self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fill()

    def _fill(self) -> None:
        run = self._state.run
        self._show_answer(run)
        failure = run.failure if run is not None else None
        text.set_text(self._failed, f"{failure.what_happened} {failure.what_to_do}" if failure is not None else "")
        self._failed.setVisible(failure is not None)
        self._figure.show_words(_median(run))
        words, role = agreement_in_words(run.report if run is not None else None)
        checked = run is not None and run.report is not None and run.report.agreement is not None
        text.set_text(self._agreement, words if checked else "")
        text.set_role(self._agreement, role)
        self._agreement.setVisible(checked)
        text.set_text(self._what, self._named(run))
        self.chart.show_latencies(run.latencies if run is not None else None, baseline_ms(self._state))

    def _named(self, run: RunView | None) -> str:
        if run is None:
            return "Ctrl+Enter runs the model"
        mode_id = run.report.mode_executed if run.report is not None else run.request.mode
        precision = run.report.precision_executed if run.report is not None else run.request.precision
        mode = self._state.mode(mode_id)
        title = f"{mode.title if mode else mode_id}, {precision}"
        stage = run.stage if not run.over else None
        if stage is not None and stage.name != "running":
            return f"{title}: {TITLES.get(stage.name, stage.name).lower()}"
        return f"{title}, a call of {run.model_name}" if run.model_name else title

    def _show_answer(self, run: RunView | None) -> None:
        answer = run.answer if run is not None else None
        if answer is self._answer:
            return
        self._answer = answer
        if self._view is not None:
            old = self._view.widget()
            self._place.removeWidget(old)
            old.hide()
            old.deleteLater()
            self._view = None
        if answer is None or run is None:
            return
        self._view = _filled(answer, run)
        widget = self._view.widget()
        if isinstance(widget, BarList):
            widget.setMaximumHeight(widget.sizeHintForRow(0) * widget.topLevelItemCount() + theme.GAP_PX)
        self._place.addWidget(widget, 1)

    def words(self) -> str:
        """What can be read, for tests and screen readers."""
        return "\n".join(label.text() for label in self.findChildren(QLabel) if label.isVisible())


class BigFigure(QLabel):
    """One line, ten times the usual size, or as large as its width lets it be."""

    def __init__(self) -> None:
        super().__init__(NOTHING)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAccessibleName("Latency")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._fit()

    def show_words(self, words: str) -> None:
        if words != self.text():
            self.setText(words)
            self.setAccessibleDescription(f"median {words}")
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(0, QFontMetrics(theme.scaled(BIG, bold=True)).ascent())

    def _fit(self) -> None:
        font = theme.scaled(BIG, bold=True)
        width = QFontMetrics(font).horizontalAdvance(self.text())
        if 0 < self.width() < width:
            font = theme.scaled(BIG * self.width() / width * 0.98, bold=True)
        self.setFont(font)


def _large(role: text.Role, share: float) -> QLabel:
    made = text.label("", role, wrap=True)
    made.setFont(theme.scaled(share))
    return made


def _median(run: RunView | None) -> str:
    if run is None:
        return NOTHING
    if run.report is not None:
        return figures.milliseconds(run.report.timing.p50_ms)
    median = run.latencies.percentiles()[0]
    return figures.milliseconds(median) if median is not None else NOTHING


def _filled(answer: Answer, run: RunView) -> View:
    """The view of the result's kind, its letters enlarged before it is filled."""
    try:
        return _shown_as(answer.result.kind, answer, run)
    except (ValueError, TypeError, KeyError):
        return _shown_as("", answer, run)  # another shape than the kind promises: as it is


def _shown_as(kind: str, answer: Answer, run: RunView) -> View:
    view = view_for(kind)
    _enlarge(view.widget())
    view.show_result(answer.result, run.answer_fields)
    return view


def _enlarge(widget: QWidget) -> None:
    for part in (widget, *widget.findChildren(QWidget)):
        part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        font = QFont(part.font())
        if font.pointSizeF() > 0:
            font.setPointSizeF(font.pointSizeF() * WORDS)
        else:
            font.setPixelSize(round(font.pixelSize() * WORDS))
        part.setFont(font)
