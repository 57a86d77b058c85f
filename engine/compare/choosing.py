"""Which cell to use: the simplest of those that no other is surely faster than."""

from collections.abc import Mapping, Sequence

from engine.all_modes import MODES
from engine.compare.figures import LEAST_ROUNDS, NO_DIFFERENCE, interval, together
from engine.compare.racer import Racer
from engine.wire.comparison import CellResult

LEVELS = ("identical", "same answers", "close")
"""Agreement, from the most."""


def agrees(cell: CellResult, floor: str) -> bool:
    """Whether the answers are as near to plain PyTorch's as ``floor`` asks."""
    return is_near(cell.agreement.verdict if cell.agreement else "", floor)


def is_near(verdict: str, floor: str) -> bool:
    """Whether a verdict on agreement is the floor or better."""
    return verdict == "reference" or (verdict in LEVELS and LEVELS.index(verdict) <= LEVELS.index(floor))


def winner(cells: Sequence[CellResult], racers: Mapping[int, Racer], floor: str) -> int | None:
    """Going through the cells from the simplest, one takes the place of another only where it is surely faster by
    more than NO_DIFFERENCE. ``cells`` in that order; ``racers`` of those that were measured, all of one batch size.
    A capped cell is never chosen.
    """
    best: int | None = None
    for number, cell in enumerate(cells):
        is_candidate = cell.status == "ok" and cell.verdict in ("baseline", "faster") and not cell.isa_cap
        may = number in racers and is_candidate and agrees(cell, floor)
        if may and (best is None or _surely_faster(cells, racers, number, best)):
            best = number
    return best


def _surely_faster(cells: Sequence[CellResult], racers: Mapping[int, Racer], number: int, best: int) -> bool:
    """By the rounds that both had; where they had none, each by its interval over plain PyTorch."""
    theirs, own = together(racers[best], racers[number])
    if len(own) >= LEAST_ROUNDS:
        return interval(theirs, own)[0] > 1 + NO_DIFFERENCE
    mine, other = cells[number].speedup_ci, cells[best].speedup_ci or (1.0, 1.0)
    return mine is not None and mine[0] > other[1] * (1 + NO_DIFFERENCE)


def sentence(cells: Sequence[CellResult], number: int) -> str:
    """What to do, for someone who reads only this: ``number`` is the winner's."""
    cell = cells[number]
    if not has_rivals(cells, number):
        return "Nothing but plain PyTorch could be measured, so nothing is known to be faster."
    if cell.verdict == "baseline" or cell.speedup is None:
        return "Use plain PyTorch: nothing that was tried is surely faster with the same answers."
    title = MODES[cell.mode].card.title
    return f"Use {title}, {cell.precision}: {_times(cell.speedup)} faster than plain PyTorch, {_answers(cell)}."


def has_rivals(cells: Sequence[CellResult], number: int) -> bool:
    """Whether anything besides the baseline was measured, at the batch size of cell ``number``."""
    batch = cells[number].batch
    rivals = (cell for cell in cells if cell.batch == batch and cell.verdict != "baseline" and not cell.isa_cap)
    return any(cell.n and cell.status == "ok" for cell in rivals)


def _times(speedup: float) -> str:
    return f"{speedup:.1f}x" if speedup >= 2 else f"{speedup:.2f}x"


def _answers(cell: CellResult) -> str:
    if cell.agreement is None:
        return "answers not checked"
    same, of = round(cell.agreement.share * cell.agreement.n), cell.agreement.n
    if of == 1:
        return "the same answer"
    return f"same answers on all {of} inputs" if same == of else f"same answers on {same} of {of} inputs"
