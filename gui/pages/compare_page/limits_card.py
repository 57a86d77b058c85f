"""How it is compared: threads, batch sizes, how long at most; and under "More" caps on the instruction set."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from engine.wire.comparison import ISA_CAPS
from engine.wire.values import Cpu
from gui import theme
from gui.pages.compare_page.counts import counts
from gui.pages.compare_page.mode_grid import Limits
from gui.pages.compare_page.rungs import rungs_of
from gui.run_state import State
from gui.settings import CompareChoice
from gui.widgets import mnemonics, text
from gui.widgets.card import Card

BUDGETS = {0.0: "As long as it needs", 60.0: "1 minute", 180.0: "3 minutes", 600.0: "10 minutes", 1800.0: "30 minutes"}
MOST_BATCH = 256
CAPS_PLAIN = (
    "A cap keeps a run from using newer instructions than those named, where that can be done safely; elsewhere the "
    "row says that it can't be capped."
)


class LimitsCard(Card):
    """Signals: changed, by the person."""

    changed = Signal()

    def __init__(self, choice: CompareChoice) -> None:
        super().__init__("How")
        self._most_threads = 1
        self._cpu: Cpu | None = None
        self.threads = _line(
            choice.threads, "Threads", "How many of the CPU's cores a run may use; several with commas."
        )
        self.batches = _line(choice.batches or "1", "Batch sizes", "How many inputs share a call; several with commas.")
        self.budget = QComboBox()
        self.budget.setAccessibleName("At most")
        text.narrow(self.budget)
        text.explain(self.budget, "When this time is over, what is left is skipped, and named.")
        for seconds, title in BUDGETS.items():
            self.budget.addItem(title, seconds)
        self.budget.setCurrentIndex(max(0, self.budget.findData(choice.budget_s)))
        self._problem = text.label("", "error", wrap=True)
        self._problem.hide()
        self.more = text.button(
            "More", self._fold, role="plain", explains="Shows or hides caps on the instruction set."
        )
        self.more.setCheckable(True)
        mnemonics.wants(self.more)
        self.caps = {"": _cap("No cap", checked="" in choice.isa_caps)}
        self.caps |= {name: _cap(f"Up to {title}", checked=name in choice.isa_caps) for name, title in ISA_CAPS.items()}
        self._lay_out()
        self.threads.textEdited.connect(lambda _words: self._edited())
        self.batches.textEdited.connect(lambda _words: self._edited())
        self.budget.activated.connect(lambda _place: self.changed.emit())
        for box in self.caps.values():
            box.toggled.connect(lambda _on: self.changed.emit())

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GAP_PX)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, (title, widget) in enumerate(
            (("Threads", self.threads), ("Batch sizes", self.batches), ("At most", self.budget))
        ):
            caption = text.label(title, "quiet")
            caption.setBuddy(widget)
            mnemonics.wants(caption)
            grid.addWidget(caption, row, 0)
            grid.addWidget(widget, row, 1)
        self.body.addLayout(grid)
        self.add(self._problem)
        self.add(self.more)
        self._folded = QWidget()
        rows = QVBoxLayout(self._folded)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(text.label(CAPS_PLAIN, "caption", wrap=True))
        for box in self.caps.values():
            rows.addWidget(box)
        self._folded.setVisible(self.more.isChecked())
        self.add(self._folded)

    def show_state(self, state: State) -> None:
        if state.catalogue is None:
            return
        self._cpu = cpu = state.catalogue.cpu
        self._most_threads = cpu.most_threads
        self.threads.setPlaceholderText(f"{state.catalogue.threads} (usual)")

    def problem(self) -> str:
        """Why what was typed cannot be used, in a sentence, or ""."""
        for name, field, most in (
            ("Threads", self.threads, self._most_threads),
            ("Batch sizes", self.batches, MOST_BATCH),
        ):
            try:
                counts(field.text(), 1, most)
            except ValueError as error:
                return f"{name}: {str(error)[0].lower()}{str(error)[1:]}"
        return ""

    def thread_counts(self) -> tuple[int, ...]:
        """0 stands for the usual count. Call only where there is no ``problem``."""
        return counts(self.threads.text(), 1, self._most_threads) or (0,)

    def batch_sizes(self) -> tuple[int, ...]:
        return counts(self.batches.text(), 1, MOST_BATCH) or (1,)

    def isa_caps(self) -> tuple[str, ...]:
        """No cap where nothing is chosen."""
        return tuple(name for name, box in self.caps.items() if box.isChecked()) or ("",)

    def tried(self) -> Limits:
        """What each mode and precision is tried with; what was typed wrong counts as one."""
        if self.problem():
            return Limits()
        caps = tuple(cap for cap in self.isa_caps() if not cap or cap in rungs_of(self._cpu))
        return Limits(len(self.thread_counts()), len(self.batch_sizes()), caps)

    def budget_s(self) -> float:
        return float(self.budget.currentData() or 0.0)

    def _edited(self) -> None:
        problem = self.problem()
        text.set_text(self._problem, problem)
        self._problem.setVisible(bool(problem))
        self.changed.emit()

    def _fold(self) -> None:
        self._folded.setVisible(self.more.isChecked())


def _line(words: str, name: str, explains: str) -> QLineEdit:
    made = QLineEdit(words)
    made.setAccessibleName(name)
    text.explain(made, explains)
    return made


def _cap(title: str, *, checked: bool) -> QCheckBox:
    made = QCheckBox(title)
    made.setChecked(checked)
    mnemonics.wants(made)
    text.explain(made, CAPS_PLAIN)
    return made
