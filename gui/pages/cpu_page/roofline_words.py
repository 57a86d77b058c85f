"""The measured speed in words: for the table, the list of runs, the clipboard and a screen reader."""

from collections.abc import Sequence

from engine.wire.values import MachinePeaks
from gui.run_state import Point
from gui.widgets import figures

PRECISIONS = {"fp32": "Full precision (fp32)", "bf16": "Half the bits (bf16)", "int8": "A quarter of the bits (int8)"}
NOT_FASTER = "no faster than fp32"
UNITS = (  # a word joiner: without it a line may end within a unit
    "GFLOP/\u2060s: thousand millions of multiplications and additions a second. GB/\u2060s: thousand millions of "
    "bytes a second."
)
HOW = (
    "A run can be no higher than the line above it: the slope is what the memory brings, the level parts are what the "
    "cores compute. A run's place from left to right is its operations for each byte that it has to bring from memory "
    "at least: each weight once a call, at the precision that it is kept in, one row of the embedding for each word, "
    "and its inputs and outputs. Weights that fit into the caches can lift a run above the slope."
)
NO_POINTS = "Run a model once, without Repeat, and its point will be here."
NOT_QUIET = "Other programs were busy meanwhile, so this CPU may reach more."


def rows(peaks: MachinePeaks) -> list[tuple[str, str]]:
    """The table: what, and how much."""
    found = [
        (title, compute(peaks.gflops[name]) if name in peaks.gflops else NOT_FASTER)
        for name, title in PRECISIONS.items()
    ]
    return [*found, ("Memory", bandwidth(peaks.bandwidth_gb_s)), ("Threads", str(peaks.threads))]


def compute(gflops: float) -> str:
    return f"{figures.significant(gflops)} GFLOP/s"


def bandwidth(gb_s: float) -> str:
    return f"{figures.significant(gb_s)} GB/s"


def reached(point: Point) -> str:
    """How far a run came, in a line."""
    rate = compute(point.gflops)
    if point.share is None:
        return rate
    if point.share > 1 and point.by_memory:
        return f"{rate}, more than the memory alone allows: the weights stay in the caches"
    limit = "the memory" if point.by_memory else "the cores"
    return f"{rate}, {figures.percent(min(point.share, 1.0))} of what {limit} would allow"


def intensity(point: Point) -> str:
    return f"{figures.significant(point.intensity)} operations a byte"


def left_out(count: int) -> str:
    if not count:
        return ""
    return (
        f"{count} run{'s' if count > 1 else ''} with another number of threads {'are' if count > 1 else 'is'} left out."
    )


def described(peaks: MachinePeaks | None, points: Sequence[Point]) -> str:
    """The whole chart for a screen reader, the newest run first."""
    if peaks is None:
        return ""
    measured = ", ".join(f"{name}: {words}" for name, words in rows(peaks))
    runs = "; ".join(f"{one.name}: {reached(one)}, at {intensity(one)}" for one in reversed(points))
    return f"{measured}. {f'Runs, the newest first: {runs}.' if runs else NO_POINTS}"


def as_text(peaks: MachinePeaks | None, points: Sequence[Point]) -> str:
    """For the clipboard; empty where nothing is measured."""
    if peaks is None:
        return ""
    lines = ["Measured speed", *(f"{name}: {words}" for name, words in rows(peaks))]
    lines += [f"{one.name}: {reached(one)}, at {intensity(one)}" for one in reversed(points)]
    return "\n".join(lines) + "\n"
