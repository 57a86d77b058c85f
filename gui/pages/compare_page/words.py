"""A cell of a comparison in words: what it is, how it did, why it has no figures."""

from typing import NamedTuple

from engine.wire.comparison import ISA_CAPS, CellResult
from gui.run_state import CompareView, State
from gui.widgets import figures
from gui.widgets.mark import Shape

AGREEMENTS = {
    "identical": "identical answers",
    "same answers": "same answers",
    "close": "close answers",
    "different answers": "different answers",
}
FLOORS = {
    "identical": "Identical: every answer the same, and the numbers behind it at full precision.",
    "same answers": "Same answers: at least 99 of 100 texts get the same answer.",
    "close": "Close: at least 95 of 100 texts get the same answer.",
}
"""What each stop of the slider means, from the strictest."""

MACHINE: dict[str, tuple[Shape, str, str, str]] = {
    "quiet": ("tick", "accent", "Quiet", "Nothing else kept this computer busy, and its speed held."),
    "drifting": ("triangle", "warn", "Drifting", "This computer's own speed changed while it was measured."),
    "loaded": ("disc", "warn", "Loaded", "Other programs kept this computer busy while it was measured."),
}
"""Mark, its colour, a word and a sentence."""

STOPPED = "Stopped before its end."
_STAGES = {"preparing": "preparing", "ready": "ready, waits for its turn", "let go": "let go: it fell behind"}
_STATUSES = {
    "unavailable": "not here",
    "not applicable": "not for this model",
    "failed": "failed",
    "stopped": "stopped",
    "skipped": "skipped",
}


def was_stopped(view: CompareView) -> bool:
    """By the person, before its end."""
    if view.comparison is not None:
        return view.comparison.stopped
    return view.over and any(cell.status == "stopped" for cell in view.cells.values())


def title(cell: CellResult, state: State) -> str:
    """The mode's name as the catalogue has it."""
    mode = state.mode(cell.mode)
    return mode.title if mode is not None else cell.mode


def subject(view: CompareView | None, state: State) -> str:
    """Model and task of a comparison, which may be others than those chosen by now."""
    if view is None or not view.task:
        return ""
    task = state.task(view.task)
    return ", ".join(part for part in (view.model_name, task.title if task is not None else view.task) if part)


class Telling(NamedTuple):
    """What tells the rows of a comparison apart, beside mode and precision."""

    threads: bool = False
    batch: bool = False
    isa_cap: bool = False
    inputs: int | None = None
    """How many there are, where it is known: a batch holds no more."""


def telling(view: CompareView) -> Telling:
    """Looks at all cells once."""
    cells = view.cells.values()
    return Telling(
        len({one.threads for one in cells if one.threads}) > 1,
        len({one.batch for one in cells}) > 1,
        len({one.isa_cap for one in cells}) > 1,
        view.inputs,
    )


def detail(cell: CellResult, tells: Telling) -> str:
    """Precision, and whatever else tells this cell from others of the same comparison."""
    parts = [cell.precision]
    if tells.threads and cell.threads:
        parts.append(f"{cell.threads} thread{'s' if cell.threads != 1 else ''}")
    if tells.batch:
        parts.append(f"batch {cell.batch}{_held(cell, tells.inputs)}")
    if tells.isa_cap:
        parts.append(f"up to {ISA_CAPS[cell.isa_cap]}" if cell.isa_cap in ISA_CAPS else "no cap")
    return ", ".join(parts)


def _held(cell: CellResult, inputs: int | None) -> str:
    if inputs is None or inputs >= cell.batch:
        return ""
    return f" (holds {inputs} input{'s' if inputs != 1 else ''})"


def name(cell: CellResult, view: CompareView, state: State) -> str:
    """All of it, in one line."""
    return f"{title(cell, state)}, {detail(cell, telling(view))}"


def interval(cell: CellResult) -> str:
    """The interval in which the speedup lies in 95 of 100 such measurements; "" where it is not known."""
    if cell.speedup_ci is None:
        return ""
    low, high = cell.speedup_ci
    if cell.verdict == "slower":
        low, high = 1 / high, 1 / low
    return f"{figures.significant(low)} to {figures.significant(high)}"


def speedup(cell: CellResult, *, with_interval: bool = True) -> str:
    """Never where the answer is another one, nor where it was not checked."""
    if cell.verdict == "baseline":
        return "the baseline"
    if cell.verdict == "different answer":
        return "different answers"
    if cell.verdict == "not checked":
        return "answers not checked"
    if cell.verdict == "no difference":
        return "no difference"
    if cell.speedup is None:
        return ""
    if cell.speedup_ci is None:
        return f"{_times(cell.speedup)} so far"
    return f"{_times(cell.speedup)} ({interval(cell)})" if with_interval else _times(cell.speedup)


def _times(speedup: float) -> str:
    return figures.times(speedup) if speedup >= 1 else f"{figures.times(1 / speedup)} slower"


def agreement(cell: CellResult) -> str:
    """In a word; "" where nothing tells, or where the verdict says it already."""
    found = cell.agreement
    if found is None or found.verdict == "reference" or cell.verdict in ("baseline", "different answer"):
        return ""
    return AGREEMENTS.get(found.verdict, found.verdict)


def standing(cell: CellResult) -> str:
    """Of a cell without figures: what it does now, or why it has none."""
    if cell.status in _STATUSES:
        reason = cell.reason.rstrip(".")
        return f"{_STATUSES[cell.status]}: {reason}" if reason else _STATUSES[cell.status]
    return _STAGES.get(cell.stage, cell.stage or "waits")


def outcome(cell: CellResult, *, with_interval: bool = True) -> str:
    """What stands at the right of a row."""
    if cell.p50_ms is None:
        return standing(cell)
    parts = [speedup(cell, with_interval=with_interval), agreement(cell)]
    if cell.stage == "let go" or (cell.status not in ("ok", "waiting")):
        parts.append(standing(cell))
    return ", ".join(part for part in parts if part)
