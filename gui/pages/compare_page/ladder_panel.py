"""What AVX-512 is worth: one mode at one precision under each cap, as a ladder."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from engine.wire.comparison import ISA_CAPS
from engine.wire.values import Cpu, ModeCard
from gui import theme
from gui.pages.compare_page import words
from gui.pages.compare_page.rungs import ladder_of, rungs_of
from gui.run_state import State
from gui.widgets import mnemonics, text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.ladder_chart import LadderChart

PLAIN = (
    "The same acceleration, kept from using newer instructions step by step, and what really ran is read back. It "
    "works where a library has a switch that was shown to hold."
)


class LadderPanel(QWidget):
    """Signals: asked(mode, precision)."""

    asked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._modes: tuple[ModeCard, ...] = ()
        self._cpu: Cpu | None = None
        self._obstacle = ""
        self.card = Card("Ladder")
        self.card.title.hide()  # the tabs say it
        self.mode = _combo("Acceleration", "Which acceleration is capped.")
        self.precision = _combo("Precision", "How many bits numbers have.")
        self.mode.activated.connect(lambda _place: self._list_precisions())
        self.precision.activated.connect(lambda _place: self._judge())
        self.button = text.button(
            "&Measure", self._ask, role="second", explains="Measures the acceleration under each cap."
        )
        self.why = text.label("", "quiet", wrap=True)
        self.named = text.ElidedLabel("quiet", Qt.TextElideMode.ElideMiddle)
        self.note = text.label("", "caption", wrap=True)
        self.chart = LadderChart()
        self.failure = FailurePanel()
        self._lay_out()

    def _lay_out(self) -> None:
        self.card.add(text.label(PLAIN, "quiet", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        for title, combo in (("Acceleration", self.mode), ("Precision", self.precision)):
            caption = text.label(title, "quiet")
            caption.setBuddy(combo)
            mnemonics.wants(caption)
            row.addWidget(caption)
            row.addWidget(combo, 1)
        row.addWidget(self.button)
        self.card.body.addLayout(row)
        self.card.add(self.why)
        self.card.add(self.failure)
        self.card.add(self.named)
        self.card.add(self.note)
        self.card.add(self.chart)
        self.card.body.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.card)

    def caps(self) -> tuple[str, ...]:
        """All rungs that this CPU has, the least first, then none."""
        return (*rungs_of(self._cpu), "")

    def set_obstacle(self, obstacle: str) -> None:
        """Why nothing can be measured now, or ""."""
        self._obstacle = obstacle
        self._judge()

    def _judge(self) -> None:
        few = "" if len(self.caps()) > 2 else "This CPU has one rung only, so there is nothing to compare"
        mode = self._mode()
        uncapped = mode is not None and self.precision.currentData() not in mode.capped
        why = f"Can't be capped. {mode.no_cap}" if mode is not None and uncapped else ""
        text.set_text(self.why, why)
        self.why.setVisible(bool(why))
        self.button.setEnabled(not (self._obstacle or few or why) and bool(self._modes))
        self.button.setToolTip(self._obstacle or few or why)

    def show_state(self, state: State) -> None:
        modes = tuple(mode for mode in (state.catalogue.modes if state.catalogue is not None else ()) if mode.available)
        self._cpu = state.catalogue.cpu if state.catalogue is not None else None
        if modes != self._modes:
            self._modes = modes
            self._list_modes()
        view = state.ladder
        self.failure.show_failure(view.failure if view is not None else None)
        rungs, note = ladder_of(view, state) if view is not None else ((), self._few())
        self.chart.show_rungs(rungs)
        named = words.subject(view, state)
        self.named.show_text(named)
        self.named.setVisible(bool(named))
        self.chart.setVisible(bool(rungs))
        text.set_text(self.note, note)
        self.note.setVisible(bool(note))

    def _few(self) -> str:
        rungs = [ISA_CAPS[name] for name in self.caps() if name]
        if self._cpu is None:
            return ""
        if len(rungs) < 2:
            return (
                f"This CPU has {rungs[0] if rungs else 'none of these'} and nothing newer, so there is no ladder here."
            )
        return f"Rungs on this CPU: {', '.join(rungs)}, then no cap."

    def _list_modes(self) -> None:
        chosen = self.mode.currentData()
        self.mode.clear()
        for mode in self._modes:
            self.mode.addItem(mode.title, mode.id)
        self.mode.setCurrentIndex(max(0, self.mode.findData(chosen)))
        self._list_precisions()

    def _list_precisions(self) -> None:
        """Of those that can be capped the one that was chosen, else the first."""
        chosen, mode = self.precision.currentData(), self._mode()
        self.precision.clear()
        for card in mode.precisions if mode is not None else ():
            if card.available:
                self.precision.addItem(card.title, card.id)
        capped = mode.capped if mode is not None else ()
        wanted = chosen if chosen in capped or not capped else capped[0]
        self.precision.setCurrentIndex(max(0, self.precision.findData(wanted)))
        self._judge()

    def _mode(self) -> ModeCard | None:
        return next((mode for mode in self._modes if mode.id == self.mode.currentData()), None)

    def _ask(self) -> None:
        mode, precision = self.mode.currentData(), self.precision.currentData()
        if mode and precision and self.button.isEnabled():
            self.asked.emit(str(mode), str(precision))


def _combo(name: str, explains: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    text.narrow(made)
    text.explain(made, explains)
    return made
