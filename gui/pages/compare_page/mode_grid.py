"""Modes and precisions to compare, each a check box; below a mode, what of it takes part and what cannot."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from engine.wire.values import Cell, ModeCard
from gui.run_state import State
from gui.widgets import mnemonics, text
from gui.widgets.card import Card
from gui.widgets.flow import Flow

INDENT_PX = 26
BASELINE = ("eager", "fp32")


class Limits(NamedTuple):
    """What each mode and precision is tried with."""

    threads: int = 1
    batches: int = 1
    caps: tuple[str, ...] = ("",)

    def combinations(self, mode: ModeCard, precision: str) -> int:
        """Of one of them, those that can run. Plain PyTorch without a cap is the baseline, so it is one of them only
        where several counts of threads are to be seen.
        """
        caps = [cap for cap in self.caps if not cap or precision in mode.capped]
        if (mode.id, precision) == BASELINE and self.threads == 1:
            caps = [cap for cap in caps if cap]
        return self.threads * self.batches * len(caps)


class ModeGrid(Card):
    """Every mode chosen is tried at every precision chosen that it has. Signals: changed, by the person."""

    changed = Signal()

    def __init__(self, left_out: Sequence[str]) -> None:
        super().__init__("Accelerations")
        self._left_out = set(left_out)
        self._modes: tuple[ModeCard, ...] = ()
        self._shown: tuple[object, ...] = ()
        self._precision_boxes: dict[str, QCheckBox] = {}
        self._rows: dict[str, _ModeRow] = {}
        self._caption = text.label("At precisions", "caption")
        self._precisions = Flow()
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        self.add(self._caption)
        self.add(self._precisions)
        self.add(text.hairline())
        self.body.addLayout(self._list)

    def show_state(self, state: State) -> None:
        modes = state.catalogue.modes if state.catalogue is not None else ()
        self.setVisible(bool(modes))
        if modes != self._modes:
            self._modes = modes
            self._build()
        shown = (self._modes, dict(state.cells), frozenset(self._left_out))
        if shown != self._shown:
            self._shown = shown
            for mode in self._modes:
                self._rows[mode.id].show_standing(*_standing(mode, self.precisions(), state.cells))

    def _build(self) -> None:
        for row in self._rows.values():
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        for old in self._precision_boxes.values():
            self._precisions.remove(old)
        every = {card.id: card.title for mode in self._modes for card in mode.precisions}
        self._precision_boxes = {}
        for place, (name, title) in enumerate(every.items()):
            box = self._box(name, name, f"{title}. Compares every acceleration chosen at this precision, if it can.")
            self._precision_boxes[name] = box
            self._precisions.insert(place, box)
        self._rows = {}
        for mode in self._modes:
            box = self._box(mode.id, mode.title, mode.plain)
            mnemonics.wants(box)  # not the precisions: there are not letters enough for all
            row = _ModeRow(box)
            self._rows[mode.id] = row
            self._list.addWidget(row)

    def _box(self, name: str, title: str, explains: str) -> QCheckBox:
        box = QCheckBox(title)
        box.setChecked(name not in self._left_out)
        text.explain(box, explains)
        box.toggled.connect(lambda on: self._toggled(name, on=on))
        return box

    def _toggled(self, name: str, *, on: bool) -> None:
        (self._left_out.discard if on else self._left_out.add)(name)
        self.changed.emit()

    def modes(self) -> tuple[str, ...]:
        return tuple(mode.id for mode in self._modes if mode.id not in self._left_out)

    def precisions(self) -> tuple[str, ...]:
        return tuple(name for name in self._precision_boxes if name not in self._left_out)

    def left_out(self) -> tuple[str, ...]:
        return tuple(sorted(self._left_out))

    def set_checked(self, name: str, *, on: bool) -> None:
        """A mode or precision, as if the person had done it."""
        box = self._rows[name].box if name in self._rows else self._precision_boxes[name]
        box.setChecked(on)

    def count(self, state: State, limits: Limits) -> int:
        """How many combinations of those chosen can run, beside the baselines."""
        return sum(
            limits.combinations(mode, precision)
            for mode in self._modes
            if mode.id not in self._left_out
            for precision in _standing(mode, self.precisions(), state.cells)[0]
        )


class _ModeRow(QWidget):
    """A mode's check box, what of it takes part, and a fold with the reasons of the rest."""

    def __init__(self, box: QCheckBox) -> None:
        super().__init__()
        self.box = box
        self._name = box.text()
        self._can = text.label("", "caption", wrap=True)
        self._why = text.label("", "caption", wrap=True)
        self._why.hide()
        self.fold = text.button("", self._fold, role="plain", explains="Says what cannot be compared here, and why.")
        self.fold.setCheckable(True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(box)
        under = QVBoxLayout()
        under.setContentsMargins(INDENT_PX, 0, 0, 0)
        under.setSpacing(0)
        under.addWidget(self._can)
        under.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        under.addWidget(self._why)
        whole.addLayout(under)

    def show_standing(self, can: Sequence[str], cannot: Mapping[str, str]) -> None:
        text.set_text(self._can, ", ".join(can))
        self._can.setVisible(bool(can))
        same = set(cannot.values())
        lines = list(same) if len(same) == 1 and not can else [f"{name}: {why}" for name, why in cannot.items()]
        text.set_text(self._why, "\n".join(lines))
        count = len(cannot)
        self.fold.setText(f"{count} cannot run: why" if can else "Cannot run: why")
        self.fold.setAccessibleName(f"Why {count} precisions of {self._name} cannot run")
        self.fold.setVisible(bool(cannot))
        self._why.setVisible(bool(cannot) and self.fold.isChecked())

    def _fold(self) -> None:
        self._why.setVisible(self.fold.isChecked())


def _standing(
    mode: ModeCard, precisions: Sequence[str], cells: Mapping[tuple[str, str], Cell]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Of the precisions chosen: those at which ``mode`` can run this model, and why it cannot at the others."""
    cannot = {}
    for card in (card for card in mode.precisions if card.id in precisions):
        cell = cells.get((mode.id, card.id))
        if not mode.available:
            cannot[card.id] = " ".join(part for part in (_sentence(mode.reason), _sentence(mode.remedy)) if part)
        elif not card.available:
            cannot[card.id] = card.reason
        elif cell is not None and cell.verdict == "no":
            cannot[card.id] = cell.reason
    can = [card.id for card in mode.precisions if card.id in precisions and card.id not in cannot]
    return tuple(can), cannot


def _sentence(words: str) -> str:
    return words if not words or words.endswith(".") else f"{words}."
