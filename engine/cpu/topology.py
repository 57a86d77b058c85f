"""How many cores there are, and how many of them may be used."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True, slots=True)
class Cores:
    """Counts; 0 means unknown. ``allowed``: physical cores among the processors this process may use."""

    sockets: int
    physical: int
    logical: int
    allowed: int


def within(allowed: int, quota: float | None) -> int:
    """Cores that may be used where a container also limits the time of CPU, in CPUs.

    Part of a CPU is not a thread's worth: more threads than whole CPUs are paused by the scheduler in turn.
    """
    return allowed if quota is None else max(1, min(allowed, math.floor(quota)))
