"""Doubts about a figure, as sentences beside it (after pyperf's checks)."""

from collections.abc import Sequence

from engine.measure.percentiles import median, percentile

SPREAD = 0.10
OUTLIER = 0.50
DRIFT = 0.10
FEW = 10


def doubts(model_ms: Sequence[float], settled: bool, busy: float) -> tuple[str, ...]:
    """``model_ms`` in the order of the calls; ``busy``: processors that others kept busy at the start."""
    if not model_ms:
        return ("No call was timed.",)
    found = []
    ordered = sorted(model_ms)
    middle = percentile(ordered, 0.5)
    if len(ordered) < FEW:
        found.append(f"Only {len(ordered)} calls were timed; the figure may move.")
    if not settled:
        found.append("The latency had not settled after the warm-up.")
    quarters = percentile(ordered, 0.75) - percentile(ordered, 0.25)
    if len(ordered) >= FEW and quarters > SPREAD * middle:
        found.append(
            f"The calls differ much: the middle half spreads over {100 * quarters / middle:.0f} % of the median."
        )
    if len(ordered) >= FEW and ordered[-1] > middle * (1 + OUTLIER):
        slow = sum(1 for value in ordered if value > middle * (1 + OUTLIER))
        found.append(f"{slow} of {len(ordered)} calls took over 1.5 times the median.")
    third = len(model_ms) // 3
    if third >= FEW:
        first, last = median(model_ms[:third]), median(model_ms[-third:])
        if abs(last - first) > DRIFT * first:
            way = "slower" if last > first else "faster"
            found.append(f"The calls became {100 * abs(last - first) / first:.0f} % {way} while they were timed.")
    if busy >= 0.5:
        found.append(f"Other programs kept about {busy:.1f} processors busy.")
    return tuple(found)
