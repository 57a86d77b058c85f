"""Accelerations, each a row with its name, a plain line and its state; and the precision of the chosen
one.
"""

from collections.abc import Mapping
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from engine.wire.values import Cell, ModeCard, PrecisionCard
from gui.pages.run_page.mode_options import ModeOptions
from gui.run_state import State
from gui.widgets import mnemonics, text
from gui.widgets.card import Card
from gui.widgets.mark import Mark, Shape


class Verdict(NamedTuple):
    """How a mode stands with the chosen model: a word with its mark, why, and whether it can be picked."""

    word: str
    shape: Shape
    colour: str
    why: str = ""
    remedy: str = ""
    can: bool = True
    tip: str = ""
    fitting: str = ""
    """Another precision at which it can run; "" where it can run as chosen, or not at all."""


def verdict(mode: ModeCard, precision: str, cell: Cell | None, kept: bool) -> Verdict:
    """What the row of ``mode`` says for ``precision``."""
    if not mode.available:
        return Verdict("cannot run here", "cross", "quiet", mode.reason, mode.remedy, can=False)
    card = next((card for card in mode.precisions if card.id == precision), None)
    if card is not None and not card.available:
        return Verdict("cannot run here", "cross", "quiet", card.reason, can=False)
    if cell is not None and cell.verdict == "no":
        return Verdict("not for this model", "cross", "quiet", cell.reason, can=False)
    if cell is not None and cell.verdict == "slower":
        return Verdict("slower here", "triangle", "warn", cell.reason)
    if kept:
        return Verdict("prepared", "disc", "accent", tip="It will start at once.")
    if cell is not None and cell.prepared == "cached":
        return Verdict("prepared", "disc", "accent", tip="Kept on the disk, so that preparing is short.")
    return Verdict("ready", "ring", "quiet", tip="It will be prepared when you press Run.")


class ModeList(Card):
    """Choosing never starts work.

    Signals: changed, when mode or precision changed by the person or by what fits.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Accelerat&ion")
        self.setAccessibleName("Acceleration")
        self._group = QButtonGroup(self)
        self._group.idToggled.connect(self._chosen)
        self._rows: dict[str, _Row] = {}
        self._modes: tuple[ModeCard, ...] = ()
        self._wanted = ("", "")
        self._verdicts: dict[str, Verdict] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self.body.addLayout(self._list)
        self.precision = QComboBox()
        self.precision.setAccessibleName("Precision")
        text.narrow(self.precision)
        text.explain(self.precision, "How many bits numbers have. Fewer are faster, and answers may differ a little.")
        self.precision.activated.connect(lambda _place: self._precision_chosen())
        self.title.setBuddy(self.precision)  # until there are rows; without a buddy its "&" would show
        self._label = text.label("&Precision", "quiet")
        self._label.setBuddy(self.precision)
        row = QHBoxLayout()
        row.addWidget(self._label)
        row.addWidget(self.precision, 1)
        self.body.addLayout(row)
        self.gone = ""
        """A sentence, where the wanted mode is no longer there."""
        self.options = ModeOptions()
        self.options.changed.connect(self.changed)
        self._options_wanted: Mapping[str, Mapping[str, str]] = {}
        self.add(self.options)
        self._inputs: tuple[object, ...] = ()

    def want(self, mode: str, precision: str, options: Mapping[str, Mapping[str, str]]) -> None:
        """What to choose as soon as the catalogue has it; ``options`` of each mode."""
        self._options_wanted = options
        self._wanted = (mode, precision)
        self._inputs = ()

    def pick_first(self) -> None:
        """The first mode, which runs wherever the model does, at its first precision."""
        if self._modes:
            self._pick(self._modes[0].id, "")

    def _pick(self, mode: str, precision: str) -> None:
        self._wanted = (mode, precision)
        self._inputs = ()
        self.changed.emit()

    def mode(self) -> ModeCard | None:
        return next((mode for mode in self._modes if mode.id == self._wanted[0]), None)

    def precision_id(self) -> str:
        return str(self.precision.currentData() or "fp32")

    def obstacle(self) -> str:
        """Why the chosen mode cannot run, or ""."""
        found = self._verdicts.get(self._wanted[0])
        return "" if found is None or found.can else f"{found.word.capitalize()}: {found.why}".rstrip(": ")

    def show_state(self, state: State) -> None:
        modes = state.catalogue.modes if state.catalogue else ()
        folder = state.model.folder if state.model else ""
        inputs = (modes, state.cells, state.kept, folder, self._wanted)
        if inputs == self._inputs:
            return
        if modes != self._modes:
            self._modes = modes
            self._build()
        if self.mode() is None and modes:
            if self._wanted[0] and state.live:
                self.gone = f"The acceleration {self._wanted[0]} is no longer there, so {modes[0].title} was chosen."
            self._wanted = (modes[0].id, self._wanted[1])
        self._show_precisions()
        chosen = self.mode()
        self.options.show_options(chosen.options if chosen else (), self._options_wanted.get(self._wanted[0], {}))
        self._show_verdicts(state.cells, state.kept, folder)
        self._inputs = (*inputs[:4], self._wanted)

    def _build(self) -> None:
        for row in self._rows.values():
            self._group.removeButton(row.radio)
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = {}
        for place, mode in enumerate(self._modes):
            row = _Row(mode)
            row.precision_asked.connect(self._pick)
            self._rows[mode.id] = row
            self._group.addButton(row.radio, place)
            self._list.addWidget(row)

    def _show_precisions(self) -> None:
        mode = self.mode()
        cards = mode.precisions if mode else ()
        model = QStandardItemModel(self.precision)
        for card in cards:
            item = QStandardItem(card.title if card.available else f"{card.title}: {card.reason}")
            item.setData(card.id, Qt.ItemDataRole.UserRole)
            item.setEnabled(card.available)
            model.appendRow(item)
        self.precision.setModel(model)
        chosen = _precision_of(cards, self._wanted[1])
        self.precision.setCurrentIndex(self.precision.findData(chosen))
        self.precision.setEnabled(len(cards) > 1)

    def _show_verdicts(self, cells: Mapping[tuple[str, str], Cell], kept: frozenset[str], folder: str) -> None:
        for mode in self._modes:
            wanted = self.precision_id() if mode.id == self._wanted[0] else self._wanted[1]
            precision = _precision_of(mode.precisions, wanted)
            is_kept = f"{mode.id} {precision} {folder}" in kept
            found = verdict(mode, precision, cells.get((mode.id, precision)), is_kept)
            if not found.can and mode.available:
                found = found._replace(fitting=_other_precision(mode, cells))
            self._verdicts[mode.id] = found
            row = self._rows[mode.id]
            row.show_verdict(found)
            if mode.id == self._wanted[0] and not row.radio.isChecked():
                row.radio.setChecked(True)
        if (chosen := self._rows.get(self._wanted[0])) is not None:
            self.title.setBuddy(chosen.radio)

    def _chosen(self, place: int, on: bool) -> None:
        if on and self._modes[place].id != self._wanted[0]:
            self._wanted = (self._modes[place].id, self.precision_id())
            self.changed.emit()

    def _precision_chosen(self) -> None:
        self._wanted = (self._wanted[0], self.precision_id())
        self.changed.emit()


def _other_precision(mode: ModeCard, cells: Mapping[tuple[str, str], Cell]) -> str:
    """The first precision at which ``mode`` can run with this model, or ""."""
    for card in mode.precisions:
        cell = cells.get((mode.id, card.id))
        if card.available and cell is not None and cell.verdict != "no":
            return card.id
    return ""


def _precision_of(cards: tuple[PrecisionCard, ...], wanted: str) -> str:
    """The wanted precision where the mode has it, else its first that is available."""
    available = [card.id for card in cards if card.available]
    return wanted if wanted in available else next(iter(available), cards[0].id if cards else "fp32")


class _Row(QWidget):
    """A mode: a click anywhere on it picks it. Signals: precision_asked(mode, precision)."""

    precision_asked = Signal(str, str)

    def __init__(self, mode: ModeCard) -> None:
        super().__init__()
        self.radio = QRadioButton(mode.title.replace("&", "&&"))
        self._mode = mode
        self._remedy = ""
        self._mark = Mark()
        self._word = text.label("", "caption")
        self._plain = text.label(mode.plain, "caption", wrap=True)
        self._why = text.label("", "caption", wrap=True)
        self._copy = text.button("Copy the command", self._copy_remedy, role="plain")
        self.other = text.button(
            "", lambda: self.precision_asked.emit(mode.id, self._fitting), role="plain", explains="Picks what can run."
        )
        self._fitting = ""
        for button in (self._copy, self.other):
            mnemonics.wants(button)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 4)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.radio, 0, 0)
        grid.addWidget(self._mark, 0, 1)
        grid.addWidget(self._word, 0, 2)
        under = QVBoxLayout()
        under.setContentsMargins(26, 0, 0, 0)
        under.setSpacing(0)
        under.addWidget(self._plain)
        under.addWidget(self._why)
        under.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignLeft)
        under.addWidget(self.other, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addLayout(under, 1, 0, 1, 3)

    def show_verdict(self, found: Verdict) -> None:
        self.radio.setEnabled(found.can)
        self._mark.show_shape(found.shape, found.colour)
        text.set_text(self._word, found.word)
        why = " ".join(part for part in (_sentence(found.why), _sentence(found.remedy)) if part)
        text.set_text(self._why, why)
        text.set_role(self._why, "warn" if found.shape == "triangle" else "caption")
        self._why.setVisible(bool(why))
        self._remedy = found.remedy
        self._copy.setVisible(_is_command(found.remedy))
        self._copy.setAccessibleName(f"Copy the command that makes {self._mode.title} available")
        text.explain(self._copy, f"Copies “{found.remedy}”, to be run in a terminal.")
        self._fitting = found.fitting
        self.other.setVisible(bool(found.fitting))
        mnemonics.retitle(self.other, f"Use it at {found.fitting}")
        self.other.setAccessibleName(f"Use {self._mode.title} at {found.fitting}")
        self.setToolTip(found.tip)
        said = f"{self._mode.plain} {found.word.capitalize()}. {why} {found.tip}"
        text.explain(self.radio, " ".join(said.split()))

    def _copy_remedy(self) -> None:
        QApplication.clipboard().setText(self._remedy)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.radio.isEnabled():
            self.radio.setChecked(True)
            self.radio.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)


def _sentence(words: str) -> str:
    return words if not words or words.endswith((".", "?")) or _is_command(words) else words + "."


def _is_command(remedy: str) -> bool:
    """Commands begin in lower case and sentences do not."""
    return bool(remedy) and remedy[0].islower() and not remedy.endswith(".")
