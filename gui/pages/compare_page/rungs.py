"""From the cells of a comparison under caps to the rungs of a ladder."""

from engine.wire.comparison import ISA_CAPS, CellResult
from gui.pages.compare_page import words
from gui.run_state import CompareView, State
from gui.widgets import figures
from gui.widgets.ladder_chart import Rung

NO_CAP = "No cap"
SAME = 0.03
"""A smaller change is no difference."""


def ladder_of(view: CompareView, state: State) -> tuple[tuple[Rung, ...], str]:
    """The rungs, from the least instructions to no cap; and a line on what else there is to say."""
    cells = [cell for number, cell in sorted(view.cells.items()) if number or cell.verdict != "baseline"]
    baseline = view.cells.get(0)
    if baseline is not None and all(cell.isa_cap for cell in cells) and _is_asked(baseline, view):
        cells.append(baseline)  # plain PyTorch itself was asked for: uncapped it is the baseline
    order = [*ISA_CAPS, ""]
    cells.sort(key=lambda cell: order.index(cell.isa_cap) if cell.isa_cap in order else len(order))
    fastest = min((cell.p50_ms for cell in cells if cell.p50_ms), default=0.0)
    rungs: list[Rung] = []
    before: CellResult | None = None
    for cell in cells:
        rungs.append(_rung(cell, before, fastest))
        before = cell if cell.p50_ms else before
    name = f"{words.title(cells[0], state)}, {cells[0].precision}" if cells else ""
    note = f"{name}: {'longer is faster' if view.over else 'measuring'}" if name else ""
    return tuple(rungs), ". ".join(part for part in (note, *view.doubts) if part)


def _is_asked(cell: CellResult, view: CompareView) -> bool:
    return view.request is not None and (cell.mode, cell.precision) == (
        view.request.modes[0],
        view.request.precisions[0],
    )


def _rung(cell: CellResult, before: CellResult | None, fastest: float) -> Rung:
    title = f"Up to {ISA_CAPS.get(cell.isa_cap, cell.isa_cap)}" if cell.isa_cap else NO_CAP
    figure = figures.milliseconds(cell.p50_ms) if cell.p50_ms else ""
    gain, gains = _gain(cell, before)
    note = _note(cell)
    share = fastest / cell.p50_ms if cell.p50_ms else None
    said = ", ".join(part for part in (title, figure, gain, note) if part)
    return Rung(title, figure, gain, note, share, gains, said)


def _gain(cell: CellResult, before: CellResult | None) -> tuple[str, bool]:
    """Over the rung before; nothing of a cap that did not hold, for then nothing was capped."""
    if before is None or not cell.p50_ms or not before.p50_ms or False in (cell.cap_held, before.cap_held):
        return "", False
    if "different answer" in (cell.verdict, before.verdict):
        return "different answers", False
    ratio = before.p50_ms / cell.p50_ms
    if abs(ratio - 1) < SAME:
        return "no difference", False
    return (f"{figures.times(ratio)} faster", True) if ratio > 1 else (f"{figures.times(1 / ratio)} slower", False)


def _note(cell: CellResult) -> str:
    if cell.status in ("unavailable", "not applicable") and cell.isa_cap:
        return f"can't be capped: {cell.reason}" if cell.reason else "can't be capped"
    if cell.p50_ms is None:
        return words.standing(cell)
    if not cell.isa_cap:
        return ""
    return {True: "cap held", False: "cap not held", None: "nothing tells whether the cap held"}[cell.cap_held]
