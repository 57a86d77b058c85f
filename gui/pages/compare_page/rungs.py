"""From the cells of a comparison under caps to the rungs of a ladder."""

from typing import NamedTuple

from engine.wire.comparison import ISA_CAPS, CellResult
from engine.wire.values import Cpu
from gui.pages.compare_page import words
from gui.run_state import CompareView, State
from gui.widgets import figures
from gui.widgets.ladder_chart import Rung

NO_CAP = "No cap"
_FEATURES = {
    "avx2": "avx2",
    "avx512": "avx512_f",
    "vnni": "avx512_vnni",
    "bf16": "avx512_bf16",
    "amx": "amx_tile",
}
"""The feature that a CPU must have for a rung to be one."""


def rungs_of(cpu: Cpu | None) -> tuple[str, ...]:
    """The caps that mean something on this CPU, the least first."""
    usable = {one.id for one in cpu.features if one.usable} if cpu is not None else set()
    return tuple(name for name in ISA_CAPS if _FEATURES.get(name, name) in usable)


def ladder_of(view: CompareView, state: State) -> tuple[tuple[Rung, ...], str]:
    """The rungs, from the least instructions to no cap; and a line on what else there is to say."""
    cells = [cell for number, cell in sorted(view.cells.items()) if number and cell.verdict != "baseline"]
    baseline = view.cells.get(0)
    if baseline is not None and all(cell.isa_cap for cell in cells) and _is_asked(baseline, view):
        cells.append(baseline)  # plain PyTorch itself was asked for: uncapped it is the baseline
    order = [*ISA_CAPS, ""]
    cells.sort(key=lambda cell: order.index(cell.isa_cap) if cell.isa_cap in order else len(order))
    fastest = min((cell.p50_ms for cell in cells if cell.p50_ms), default=0.0)
    rungs: list[Rung] = []
    before: CellResult | None = None
    for cell in cells:
        rungs.append(_rung(cell, before if view.over else None, fastest))
        before = cell if cell.p50_ms else before
    name = f"{words.title(cells[0], state)}, {cells[0].precision}" if cells else ""
    note = f"{name}: {'longer is faster' if view.over else 'measuring'}" if name else ""
    stopped = words.STOPPED.rstrip(".") if words.was_stopped(view) else ""
    return tuple(rungs), ". ".join(part for part in (stopped, note, *view.doubts) if part)


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
    """Over the rung before, where the intervals of their speedups lie apart; nothing of a cap that did not hold, for
    then nothing was capped.
    """
    if before is None or not cell.p50_ms or not before.p50_ms or False in (cell.cap_held, before.cap_held):
        return "", False
    if "different answer" in (cell.verdict, before.verdict):
        return "different answers", False
    if "not checked" in (cell.verdict, before.verdict):
        return "answers not checked", False
    now, then = _speedup(cell), _speedup(before)
    if now is None or then is None:
        return "", False
    if now.low > then.high:
        return f"{figures.times(now.middle / then.middle)} faster", True
    return (f"{figures.times(then.middle / now.middle)} slower" if now.high < then.low else "no difference"), False


class _Speedup(NamedTuple):
    """Over plain PyTorch, with its interval."""

    low: float
    middle: float
    high: float


def _speedup(cell: CellResult) -> _Speedup | None:
    if cell.verdict == "baseline":
        return _Speedup(1.0, 1.0, 1.0)
    if cell.speedup is None or cell.speedup_ci is None:
        return None
    return _Speedup(cell.speedup_ci[0], cell.speedup, cell.speedup_ci[1])


def _note(cell: CellResult) -> str:
    if cell.status in ("unavailable", "not applicable") and cell.isa_cap:
        return f"can't be capped: {cell.reason}" if cell.reason else "can't be capped"
    if cell.p50_ms is None:
        return words.standing(cell)
    if not cell.isa_cap:
        return ""
    return {True: "cap held", False: "cap not held", None: "nothing tells whether the cap held"}[cell.cap_held]
