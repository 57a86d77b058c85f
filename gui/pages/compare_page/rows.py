"""From the cells of a comparison to the rows of its race, the fastest first."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.wire.comparison import CellResult
from gui.pages.compare_page import words
from gui.run_state import CompareView, State
from gui.widgets import figures
from gui.widgets.race_bar import Bar, Look

_LAST = ("failed", "stopped", "skipped", "unavailable", "not applicable")
"""Below those that may still come, in this order."""


class Rows(NamedTuple):
    """``bases``: plain PyTorch, one for each size of batch. ``others``: with figures, then without."""

    bases: tuple[Bar, ...] = ()
    others: tuple[Bar, ...] = ()


def rows(view: CompareView, state: State) -> Rows:
    """As of now."""
    numbered = sorted(view.cells.items())
    bases = [(number, cell) for number, cell in numbered if _is_base(number, cell)]
    others = [(number, cell) for number, cell in numbered if not _is_base(number, cell)]
    others.sort(key=lambda one: _place(one[1], view))
    return Rows(_bars(bases, view, state), _bars(others, view, state))


def _bars(cells: Sequence[tuple[int, CellResult]], view: CompareView, state: State) -> tuple[Bar, ...]:
    tells = words.telling(view)
    return tuple(_bar(number, cell, tells, view, state) for number, cell in cells)


def _is_base(number: int, cell: CellResult) -> bool:
    return number == 0 or cell.verdict == "baseline"


def _place(cell: CellResult, view: CompareView) -> tuple[int, float]:
    speed = speed_of(cell, view)
    if speed is not None:
        return 0, -speed
    return (2 + _LAST.index(cell.status) if cell.status in _LAST else 1), 0.0


def speed_of(cell: CellResult, view: CompareView) -> float | None:
    """Inputs a second, comparable whatever the batch; by the median, as all that stands beside the bar."""
    if not cell.p50_ms:
        return None
    return 1_000 * view.inputs_in_a_call(cell) / cell.p50_ms


def _bar(number: int, cell: CellResult, tells: words.Telling, view: CompareView, state: State) -> Bar:
    speed = speed_of(cell, view)
    base = view.baseline_of(cell) if cell.verdict != "baseline" else None
    low = high = None
    if speed is not None and cell.speedup and cell.speedup_ci is not None and cell.verdict != "different answer":
        low, high = (speed * end / cell.speedup for end in cell.speedup_ci)
    name, detail = words.title(cell, state), words.detail(cell, tells)
    figure = figures.milliseconds(cell.p50_ms) if cell.p50_ms is not None else ""
    outcome = words.outcome(cell)
    return Bar(
        number=number,
        name=name,
        detail=detail,
        figure=figure,
        words=outcome,
        short=words.outcome(cell, with_interval=False),
        said=", ".join(part for part in (name, detail, figure and f"median {figure}", outcome) if part),
        look=look_of(cell),
        speed=speed,
        low=low,
        high=high,
        baseline=speed_of(base, view) if base is not None and speed is not None else None,
        best=view.over and number == view.winner,
    )


def look_of(cell: CellResult) -> Look:
    if cell.p50_ms is None:
        return "quiet"
    if cell.verdict == "baseline":
        return "base"
    if cell.verdict == "different answer":
        return "differs"
    if cell.verdict == "faster" or (cell.verdict == "" and cell.speedup is not None and cell.speedup > 1):
        return "faster"
    return "plain"
