"""From values to pixels: linear from zero, or logarithmic where the values are too far apart to be seen together."""

import dataclasses
import math
from collections.abc import Sequence

FAR_APART = 50
"""A ratio of the largest to the smallest above this makes the scale logarithmic."""

_MOST_TICKS = 6


@dataclasses.dataclass(frozen=True, slots=True)
class Scale:
    """``low`` to ``high`` over ``width`` pixels from ``left`` on. ``low`` is 0 where it is linear."""

    low: float
    high: float
    left: float
    width: float
    is_log: bool

    def at(self, value: float) -> float:
        """Kept within the scale."""
        value = min(max(value, self.low), self.high)
        share = math.log(value / self.low) / math.log(self.high / self.low) if self.is_log else value / self.high
        return self.left + share * self.width

    def ticks(self) -> list[float]:
        """Round values, a handful."""
        if self.is_log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            every = math.ceil((last - first) / _MOST_TICKS)
            powers = [10.0**power for power in range(first, last + 1, every)]
            return [tick for tick in powers if self.low <= tick <= self.high]
        step = _round_step(self.high / _MOST_TICKS)
        return [step * count for count in range(math.floor(self.high / step * (1 + 1e-9)) + 1)]


def fitted(values: Sequence[float], left: float, width: float) -> Scale:
    """For positive values, at least one."""
    low, high = max(min(values), 1e-9), max(max(values), 1e-9)
    if high / low > FAR_APART:
        return Scale(low / 1.2, high * 1.05, left, width, True)
    return Scale(0.0, high * 1.04, left, width, False)


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * (1 - 1e-9))
