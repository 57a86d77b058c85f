"""How modes and precisions stand with the chosen model on this computer, in words."""

from collections.abc import Mapping
from typing import NamedTuple

from engine.wire.values import Cell, ModeCard, PrecisionCard
from gui.widgets.mark import Shape


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


def of_precision(mode: ModeCard, card: PrecisionCard, cell: Cell | None, kept: bool) -> Verdict:
    """The same in a list of precisions, where one that the mode does not have is no fault of the computer's."""
    found = verdict(mode, card.id, cell, kept)
    return found._replace(word="not in this mode") if mode.available and not card.available else found


def other_precision(mode: ModeCard, cells: Mapping[tuple[str, str], Cell]) -> str:
    """The first precision at which ``mode`` can run with this model, or ""."""
    for card in mode.precisions:
        cell = cells.get((mode.id, card.id))
        if card.available and cell is not None and cell.verdict != "no":
            return card.id
    return ""


def precision_of(cards: tuple[PrecisionCard, ...], wanted: str) -> str:
    """The wanted precision where the mode has it, else its first that is available."""
    available = [card.id for card in cards if card.available]
    return wanted if wanted in available else next(iter(available), cards[0].id if cards else "fp32")


def sentence(words: str) -> str:
    return words if not words or words.endswith((".", "?")) or is_command(words) else words + "."


def is_command(remedy: str) -> bool:
    """Commands begin in lower case and sentences do not."""
    return bool(remedy) and remedy[0].islower() and not remedy.endswith(".")
