"""Percentiles of raw samples, and only those that the number of samples carries."""

import math
from collections.abc import Sequence

TAIL_SAMPLES = 3
"""A percentile is told when at least so many samples lie beyond it: p90 from 30 on, p99 from 300 on."""


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the ordered samples lies, linear between neighbours."""
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def told(ordered: Sequence[float], share: float) -> float | None:
    """The percentile, or None where too few samples lie beyond it to tell."""
    enough = len(ordered) * (1 - share) >= TAIL_SAMPLES - 1e-9
    return percentile(ordered, share) if enough else None


def median(samples: Sequence[float]) -> float:
    """Of unordered samples, at least one."""
    return percentile(sorted(samples), 0.5)
