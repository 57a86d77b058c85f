"""Accelerations, each a row with its name, a plain line and its state; and the precision of the chosen
one.
"""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QRadioButton, QVBoxLayout

from engine.wire.values import Cell, ModeCard, Pick
from gui.pages.run_page.auto_row import AUTO, AutoRow
from gui.pages.run_page.calibration_choice import CalibrationChoice
from gui.pages.run_page.mode_details import ModeDetails
from gui.pages.run_page.mode_options import ModeOptions
from gui.pages.run_page.mode_row import ModeRow
from gui.pages.run_page.offers import Offers
from gui.pages.run_page.precision_choice import PrecisionChoice, Standing
from gui.pages.run_page.verdicts import Verdict, of_precision, other_precision, precision_of, verdict
from gui.run_state import State
from gui.widgets import text
from gui.widgets.card import Card

AUTO_PLACE = 10_000
"""Its number among the rows, past those of all modes."""


class ModeList(Card):
    """Choosing never starts work.

    Signals: changed, when mode or precision changed by the person or by what fits; asked(request), of a mode's runtime;
    find_asked, where the fastest is to be found first.
    """

    changed = Signal()
    asked = Signal(object)
    find_asked = Signal()

    def __init__(self, calibration: str = "") -> None:
        """``calibration``: the person's own file of texts, as remembered."""
        super().__init__("Accelerat&ion")
        self.setAccessibleName("Acceleration")
        self._group = QButtonGroup(self)
        self._group.idToggled.connect(self._chosen)
        self._rows: dict[str, ModeRow] = {}
        self._modes: tuple[ModeCard, ...] = ()
        self._wanted = ("", "")
        self._is_auto = False
        self._pick_found: Pick | None = None
        self.auto = AutoRow()
        self.auto.find_asked.connect(self.find_asked)
        self._group.addButton(self.auto.radio, AUTO_PLACE)
        self._verdicts: dict[str, Verdict] = {}
        self._options_wanted: Mapping[str, Mapping[str, str]] = {}
        self._inputs: tuple[object, ...] = ()
        self.gone = ""
        """A sentence, where the wanted mode is no longer there."""
        self.precision = PrecisionChoice()
        self.precision.activated.connect(lambda _place: self._precision_chosen())
        self.options = ModeOptions()
        self.options.changed.connect(self._option_chosen)
        self.calibration = CalibrationChoice(calibration)
        self.calibration.changed.connect(self.changed)
        self.details = ModeDetails()
        self.offers = Offers(self.details.button)
        self._lay_out()

    def _lay_out(self) -> None:
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self._list.addWidget(self.auto)
        self.body.addLayout(self._list)
        self.title.setBuddy(self.precision)  # until there are rows; without a buddy its "&" would show
        self._label = text.label("&Precision", "quiet")
        self._label.setBuddy(self.precision)
        row = QHBoxLayout()
        row.addWidget(self._label)
        row.addWidget(self.precision, 1)
        self.body.addLayout(row)
        for widget in (self.options, self.calibration, self.offers, self.details):
            self.add(widget)

    def want(self, mode: str, precision: str, options: Mapping[str, Mapping[str, str]]) -> None:
        """What to choose as soon as the catalogue has it; ``options`` of each mode."""
        self._options_wanted = options
        self._is_auto = mode == AUTO
        self._wanted = ("" if self._is_auto else mode, precision)
        self._inputs = ()

    def choose(self, mode: str, precision: str) -> None:
        """As found elsewhere in the window, where it ran without options."""
        self._options_wanted = {**self._options_wanted, mode: {}}
        self._pick(mode, precision)

    def pick_first(self) -> None:
        """The first mode, which runs wherever the model does, at its first precision."""
        if self._modes:
            self._pick(self._modes[0].id, "")

    def _pick(self, mode: str, precision: str) -> None:
        self._is_auto = False
        self._wanted = (mode, precision)
        self._inputs = ()
        self.changed.emit()

    def mode(self) -> ModeCard | None:
        return next((mode for mode in self._modes if mode.id == self._wanted[0]), None)

    def remembered(self) -> str:
        """The mode's id, or that of the automatic choice."""
        mode = self.mode()
        return AUTO if self._is_auto or mode is None else mode.id

    def found(self) -> Pick | None:
        """What was found fastest, where that is chosen."""
        return self._pick_found if self._is_auto else None

    def auto_threads(self) -> int:
        """Of what was found fastest, where that is chosen; else 0."""
        found = self.found()
        return found.threads if found is not None else 0

    def leave_auto(self) -> None:
        """The same mode and precision by the person's own choice, since something else of it was chosen."""
        if self.found() is not None:
            self._is_auto = False
            self._inputs = ()

    def precision_id(self) -> str:
        return str(self.precision.currentData() or "fp32")

    def obstacle(self) -> str:
        """Why the chosen mode cannot run, or ""."""
        found = self._verdicts.get(self._wanted[0])
        return "" if found is None or found.can else f"{found.word.capitalize()}: {found.why}".rstrip(": ")

    def show_state(self, state: State, task: str = "") -> None:
        """``task``: the chosen one, for which the fastest may have been found."""
        for row in self._rows.values():
            if row.runtime is not None:
                row.runtime.show_runtimes(state.runtimes)
        modes = state.catalogue.modes if state.catalogue else ()
        folder = state.model.folder if state.model else ""
        found = _usable(state, task)
        inputs = (modes, state.cells, state.kept, folder, found, self._is_auto, self._wanted)
        if inputs == self._inputs:
            return
        if modes != self._modes:
            self._modes = modes
            self._build(state)
        self._pick_found = found
        self.auto.show_pick(found, state.mode(found.mode) if found is not None else None)
        self.auto.setVisible(bool(modes))
        if self._is_auto and found is not None:
            self._wanted = (found.mode, found.precision)
        if self.mode() is None and modes:
            if self._wanted[0] and state.live:
                self.gone = f"The acceleration {self._wanted[0]} is no longer there, so {modes[0].title} was chosen."
            self._wanted = (modes[0].id, self._wanted[1])
        self._show_chosen(state.cells, state.kept, folder)
        self._show_verdicts(state.cells, state.kept, folder)
        self._inputs = (*inputs[:-1], self._wanted)

    def _build(self, state: State) -> None:
        for row in self._rows.values():
            self._group.removeButton(row.radio)
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = {}
        for place, mode in enumerate(self._modes):
            row = ModeRow(mode)
            row.precision_asked.connect(self._pick)
            row.asked.connect(self.asked)
            if row.runtime is not None:
                row.runtime.show_runtimes(state.runtimes)
            self._rows[mode.id] = row
            self._group.addButton(row.radio, place)
            self._list.addWidget(row)

    def _show_chosen(self, cells: Mapping[tuple[str, str], Cell], kept: frozenset[str], folder: str) -> None:
        """What belongs to the chosen mode alone."""
        mode = self.mode()
        cards = mode.precisions if mode else ()
        standings = [
            Standing(
                card, of_precision(mode, card, cells.get((mode.id, card.id)), f"{mode.id} {card.id} {folder}" in kept)
            )
            for card in cards
            if mode is not None
        ]
        chosen = precision_of(cards, self._wanted[1])
        self.precision.show_precisions(standings, chosen)
        self.details.show_mode(mode, standings)
        self.offers.show_mode(mode)
        wanted = {} if self.found() is not None else self._options_wanted.get(self._wanted[0], {})
        self.options.show_options(mode.options if mode else (), wanted)
        self.calibration.setVisible(any(card.id == chosen and card.calibrated for card in cards))

    def _show_verdicts(self, cells: Mapping[tuple[str, str], Cell], kept: frozenset[str], folder: str) -> None:
        for mode in self._modes:
            wanted = self.precision_id() if mode.id == self._wanted[0] else self._wanted[1]
            precision = precision_of(mode.precisions, wanted)
            is_kept = f"{mode.id} {precision} {folder}" in kept
            found = verdict(mode, precision, cells.get((mode.id, precision)), is_kept)
            if not found.can and mode.available:
                found = found._replace(fitting=other_precision(mode, cells))
            self._verdicts[mode.id] = found
            row = self._rows[mode.id]
            row.show_verdict(found)
            if mode.id == self._wanted[0]:
                self._check(self.auto.radio if self.found() is not None else row.radio)
        if (chosen := self._rows.get(self._wanted[0])) is not None:
            self.title.setBuddy(chosen.radio)

    def _check(self, radio: QRadioButton) -> None:
        """Nobody chose it just now."""
        self._group.blockSignals(True)
        radio.setChecked(True)
        self._group.blockSignals(False)

    def _chosen(self, place: int, on: bool) -> None:
        if on and place == AUTO_PLACE:
            if not self._is_auto:
                self._is_auto = True
                self.changed.emit()
        elif on and (self._is_auto or self._modes[place].id != self._wanted[0]):
            self._is_auto = False
            self._wanted = (self._modes[place].id, self.precision_id())
            self.changed.emit()

    def _option_chosen(self) -> None:
        self.leave_auto()
        self._options_wanted = {**self._options_wanted, self._wanted[0]: self.options.values()}
        self.changed.emit()

    def _precision_chosen(self) -> None:
        self._is_auto = False
        self._wanted = (self._wanted[0], self.precision_id())
        self.changed.emit()


def _usable(state: State, task: str) -> Pick | None:
    """What was found fastest, if it can still run here."""
    pick = state.pick(task)
    mode = state.mode(pick.mode) if pick is not None else None
    if pick is None or mode is None or not mode.available:
        return None
    cell = state.cells.get((pick.mode, pick.precision))
    return None if cell is not None and cell.verdict == "no" else pick
