"""The scale of a race: how long a bar is for so many inputs a second."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LOG_FROM = 50.0
"""Where the fastest is so many times as fast as the slowest, the slower bars would be too short to be told apart."""

TICKS = 5
ENDS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0)
"""Where a linear scale may end, times a power of ten: so it stays as it is while figures settle."""


class Scale(NamedTuple):
    """From ``low`` to ``high`` inputs a second; ``is_log``: equal steps are equal ratios."""

    low: float = 0.0
    high: float = 1.0
    is_log: bool = False

    def share(self, speed: float) -> float:
        """Of the whole length, 0 to 1."""
        if speed <= 0 or self.high <= 0:
            return 0.0
        if self.is_log:
            return min(1.0, max(0.0, math.log(speed / self.low) / math.log(self.high / self.low)))
        return min(1.0, speed / self.high)

    def ticks(self) -> tuple[float, ...]:
        """Plain numbers within the scale; powers of ten where it is logarithmic."""
        if self.is_log:
            powers = range(math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9) + 1)
            step = max(1, math.ceil(len(powers) / TICKS))
            return tuple(10.0**power for power in powers[::step])
        width = nice(self.high / TICKS)
        return tuple(width * place for place in range(math.floor(self.high / width + 1e-9) + 1))

    def words(self) -> str:
        if self.is_log:
            return "inputs a second, longer is faster; logarithmic: each step is ten times as many"
        return "inputs a second, longer is faster"


def nice(value: float, steps: Sequence[float] = (1.0, 2.0, 5.0, 10.0)) -> float:
    """The next plain number from ``value`` on: one of ``steps`` times a power of ten."""
    power = float(10.0 ** math.floor(math.log10(value)))
    return next(step * power for step in steps if step * power >= value * (1 - 1e-9))


def scale_of(speeds: Iterable[float]) -> Scale:
    """For all of ``speeds``; linear from 0 as long as they lie close enough."""
    found = [speed for speed in speeds if speed > 0]
    if not found:
        return Scale()
    low, high = min(found), max(found)
    if high / low > LOG_FROM:
        return Scale(10.0 ** math.floor(math.log10(low) - 0.3), nice(high, ENDS), is_log=True)
    return Scale(0.0, nice(high, ENDS))
