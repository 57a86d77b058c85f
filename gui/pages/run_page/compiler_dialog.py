"""What a compiler does, on PyTorch's own small example: the function, the kernel made of it, and both times."""

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from engine.wire.messages import CompilerShown
from gui import theme
from gui.run_state import DeedView
from gui.widgets import figures, text
from gui.widgets.bar_list import BarList, Row
from gui.widgets.code_dialog import code_field
from gui.widgets.details import paragraphs
from gui.widgets.failure_panel import FailurePanel, Remedy
from gui.widgets.progress_stages import ProgressStages

INTRO = (
    "Plain PyTorch does one operation after another, and each goes through the whole memory. A compiler joins them "
    "into one loop, so that every number is fetched once."
)
AT_WORK = "The compiler is at work. The first time this takes up to a minute."


class CompilerDialog(QDialog):
    """Signals: asked, for the example to be run; stop_asked."""

    asked = Signal()
    stop_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What a compiler does")
        self.resize(820, 560)
        self._deed: DeedView | None = None
        self._said = text.label(AT_WORK, wrap=True, selectable=True)
        self._said.setFont(theme.scaled(1, bold=True))
        self.stages = ProgressStages("Stages of compiling")
        self.bars = BarList("Time of one call")
        text.explain(self.bars, "The median of one call each, plain and compiled. Shorter is faster.")
        self.source = code_field("The function")
        self.kernel = code_field("The generated kernel")
        self._failure = FailurePanel()
        self._again = Remedy("Try again", "Runs the example once more.", self.asked.emit)
        self.copy = text.button("&Copy the code", self._copy, explains="Copies the function and the generated kernel.")
        self.stop = text.button("&Stop", self.stop_asked.emit, explains="Stops the compiler. Esc does so, and closes.")
        self.leave = text.button("C&lose", self.reject, explains="Closes this view. Esc.")
        self._lay_out()
        self.finished.connect(lambda _how: self._end())
        self._show_content(None)

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.WIDE_GAP_PX] * 4)
        whole.setSpacing(theme.GAP_PX)
        whole.addWidget(text.label(INTRO, "quiet", wrap=True))
        for widget in (self._said, self.stages, self._failure, self.bars):
            whole.addWidget(widget)
        self._panes = QSplitter()
        self._panes.setChildrenCollapsible(False)
        for title, field in (("The function", self.source), ("What the compiler made of it, C++", self.kernel)):
            self._panes.addWidget(_titled(title, field))
        self._panes.setSizes([280, 520])
        whole.addWidget(self._panes, 1)
        whole.addStretch(0)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.stop, self.copy, self.leave):
            buttons.addWidget(button)
        whole.addLayout(buttons)

    def show_deed(self, deed: DeedView | None) -> None:
        """What is known so far; None before it was asked."""
        self.stages.show_stages(deed.stages if deed is not None and not deed.over else (), time.monotonic())
        if deed is None or deed is self._deed:
            return
        self._deed = deed
        shown = deed.outcome if isinstance(deed.outcome, CompilerShown) else None
        self._failure.show_failure(deed.failure, (self._again,))
        self.stop.setVisible(not deed.over)
        self.stop.setEnabled(not deed.stopping)
        self._show_content(shown)
        words = sentence(shown) if shown is not None else "Stopping" if deed.stopping else AT_WORK
        text.set_text(self._said, "" if deed.failure is not None else words)
        self._said.setVisible(deed.failure is None)

    def _show_content(self, shown: CompilerShown | None) -> None:
        for widget in (self._panes, self.bars):
            widget.setVisible(shown is not None)
        self.copy.setEnabled(shown is not None)
        if shown is None:
            return
        self.source.setPlainText(paragraphs(shown.source))
        self.kernel.setPlainText(paragraphs(shown.kernel))
        most = max(shown.eager_ms, shown.compiled_ms) or 1.0
        rows = (
            ("Plain PyTorch", shown.eager_ms, shown.eager_kernels, False),
            ("Compiled", shown.compiled_ms, shown.compiled_kernels, True),
        )
        self.bars.show_rows(
            [Row(f"{n}, {_passes(k)}", ms / most, figures.milliseconds(ms), b) for n, ms, k, b in rows], 2
        )
        self.bars.setFixedHeight(2 * max(18, self.bars.sizeHintForRow(0)) + 6)

    def words(self) -> str:
        return self._said.text()

    def failure_words(self) -> str:
        failure = self._failure.failure()
        return failure.what_happened if failure is not None else ""

    def _copy(self) -> None:
        if self._deed is not None and isinstance(self._deed.outcome, CompilerShown):
            QApplication.clipboard().setText(f"{self._deed.outcome.source}\n\n{self._deed.outcome.kernel}\n")

    def _end(self) -> None:
        if self._deed is not None and not self._deed.over:
            self.stop_asked.emit()


def sentence(shown: CompilerShown) -> str:
    """The example's outcome in a line."""
    ratio = shown.eager_ms / shown.compiled_ms if shown.compiled_ms else 1.0
    speed = f"{figures.times(ratio)} faster" if ratio >= 1 else f"{figures.times(1 / ratio)} slower"
    return (
        f"{_passes(shown.eager_kernels).capitalize()} became {shown.compiled_kernels}: compiled, the function is "
        f"{speed} than in plain PyTorch."
    )


def _passes(count: int) -> str:
    return f"{count} pass{'es' if count != 1 else ''} over memory"


def _titled(title: str, field: QWidget) -> QWidget:
    made = QWidget()
    rows = QVBoxLayout(made)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(4)
    label = text.label(title, "quiet")
    label.setBuddy(field)
    rows.addWidget(label)
    rows.addWidget(field, 1)
    return made
