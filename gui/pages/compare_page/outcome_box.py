"""How it ended: one sentence, what to do with it, and whether the machine kept quiet."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui import theme
from gui.pages.compare_page.words import MACHINE, STOPPED, was_stopped
from gui.run_state import CompareView
from gui.widgets import mnemonics, text
from gui.widgets.mark import Mark

USE = "Use it on the Run page"
KEPT = "What was measured until then is kept."


class OutcomeBox(QWidget):
    """Signals: use_asked(mode, precision, threads)."""

    use_asked = Signal(str, str, int)

    def __init__(self) -> None:
        super().__init__()
        self._view: CompareView | None = None
        self._sentence = text.label("", wrap=True, selectable=True)
        self._sentence.setFont(theme.scaled(theme.HEADING, bold=True))
        self.use = text.button(
            USE, self._use, explains="Chooses this acceleration, precision and number of threads there. Starts nothing."
        )
        mnemonics.wants(self.use)
        self._mark = Mark()
        self._machine = text.label("", "caption", wrap=True)
        self._why = text.label("", "caption", wrap=True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        first = QHBoxLayout()
        first.setSpacing(theme.GAP_PX)
        first.addWidget(self._sentence, 1)
        first.addWidget(self.use)
        whole.addLayout(first)
        whole.addWidget(self._why)
        second = QHBoxLayout()
        second.setSpacing(6)
        second.addWidget(self._mark)
        second.addWidget(self._machine, 1)
        whole.addLayout(second)
        self.hide()

    def show_view(self, view: CompareView | None) -> None:
        if view is self._view:
            return
        self._view = view
        told = view is not None and bool(view.comparison is not None or view.doubts or sentence_of(view))
        self.setVisible(told)
        if view is None or not told:
            return
        sentence = sentence_of(view)
        text.set_text(self._sentence, sentence)
        self._sentence.setVisible(bool(sentence))
        self.use.setVisible(view.winner is not None and view.winner in view.cells)
        self._why.setVisible(bool(self._why.text()) and not self.use.isHidden())
        shape, colour, _word, _plain = MACHINE[view.machine]
        self._mark.show_shape(shape, colour)
        self._mark.setVisible(view.comparison is not None)
        said = _of_machine(view)
        text.set_text(self._machine, said)
        self._machine.setAccessibleName(f"Machine: {said}")

    def show_use(self, obstacle: str) -> None:
        """``obstacle``: why the winner cannot be used now, or ""."""
        self.use.setEnabled(not obstacle)
        self.use.setToolTip(text.plain_tip(obstacle))
        text.set_text(self._why, f"{USE}: {obstacle}." if obstacle else "")
        self._why.setVisible(bool(obstacle) and not self.use.isHidden())

    def _use(self) -> None:
        view = self._view
        cell = view.cells.get(view.winner) if view is not None and view.winner is not None else None
        if cell is not None:
            self.use_asked.emit(cell.mode, cell.precision, cell.threads)


def sentence_of(view: CompareView) -> str:
    """What to do, as the engine tells it; where it tells nothing, how it ended. That it was stopped comes first."""
    found = view.comparison
    if was_stopped(view):
        return f"{STOPPED} {found.sentence if found is not None and found.sentence else KEPT}"
    if found is None:
        return ""
    return found.sentence or ("" if view.winner is not None else "Nothing could be measured.")


def summary_of(view: CompareView) -> str:
    """How it ended, for a screen reader."""
    return " ".join(part for part in (sentence_of(view), _of_machine(view)) if part)


def _of_machine(view: CompareView) -> str:
    doubts = " ".join(view.doubts)
    if view.comparison is None:
        return doubts
    _shape, _colour, word, plain = MACHINE[view.machine]
    return f"{word}. {doubts or plain}"
