"""Numbers and names as a person reads them: three significant digits, the unit always."""

from engine.all_modes import MODES
from engine.all_tasks import TASKS
from engine.cpu import features
from engine.wire.comparison import ISA_CAPS, CellResult

BASELINE = "Plain PyTorch"
"""What a speedup is against: eager fp32 at its best threads."""

_FEATURES = {known.id: known.title for known in (*features.X86, *features.ARM)}
_MOST_NAME = 38
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3600, 60


def number(value: float) -> str:
    """Three significant digits, never in exponents."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if value and abs(value) < 0.001:
        return f"{value:.2g}" if abs(value) < 1e-5 else f"{value:.6f}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def ms(value: float | None) -> str:
    return "" if value is None else f"{number(value)} ms"


def ratio(value: float | None) -> str:
    return "" if value is None else f"{number(value)}x"


def interval(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f"{number(ends[0])} to {number(ends[1])}"


def seconds(value: float | None) -> str:
    """From milliseconds to days."""
    if value is None:
        return ""
    if value < 1:
        return f"{number(value * 1000)} ms"
    if value < 2 * _MINUTE_S:
        return f"{number(value)} s"
    if value < 2 * _HOUR_S:
        return f"{value / _MINUTE_S:.0f} min"
    return f"{value / _HOUR_S:.0f} h" if value < 2 * _DAY_S else f"{value / _DAY_S:.0f} d"


def mode_title(mode: str) -> str:
    """As the window names it; eager by what it is. An id that is no longer known stands for itself."""
    if mode == "eager":
        return "PyTorch (eager)"
    return MODES[mode].card.title if mode in MODES else mode


def task_title(task: str) -> str:
    return TASKS[task].card.title if task in TASKS else task


def cap_title(cap: str) -> str:
    return f"up to {ISA_CAPS.get(cap, cap)}" if cap else ""


def threads(count: int) -> str:
    return "" if not count else "1 thread" if count == 1 else f"{count} threads"


def inputs(count: int) -> str:
    return "1 input" if count == 1 else f"{count:,} inputs"


def name(cell: CellResult) -> str:
    """Mode and precision."""
    return f"{mode_title(cell.mode)}, {cell.precision}"


def shortened(text: str) -> str:
    """As long as a chart has room for."""
    return text if len(text) <= _MOST_NAME else f"{text[: _MOST_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"


def settings(cell: CellResult, *, batch: bool = True) -> str:
    """Threads, cap and batch size, as far as they say something."""
    parts = [threads(cell.threads), cap_title(cell.isa_cap), f"batch {cell.batch}" if batch and cell.batch > 1 else ""]
    return ", ".join(part for part in parts if part)


def pays(cell: CellResult) -> str:
    """After how many calls preparing has paid."""
    if cell.break_even_calls is None:
        return "never" if cell.verdict in ("slower", "no difference") else ""
    calls = cell.break_even_calls
    return "at once" if calls == 0 else "after 1 call" if calls == 1 else f"after {calls:,} calls"


def agreement(cell: CellResult) -> str:
    """In a word, with how many of the inputs where it is not all."""
    found = cell.agreement
    if found is None:
        return ""
    if found.verdict == "reference":
        return "the reference"
    if found.share == 1:
        return found.verdict
    return f"{found.verdict} ({round(found.share * found.n)} of {found.n})"


def instruction_sets(ids: tuple[str, ...]) -> str:
    """The titles of ``Feature`` ids; an id that is no longer known stands for itself."""
    return ", ".join(_FEATURES.get(one, one) for one in ids)
