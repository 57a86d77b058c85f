"""How many cores there are, of which kinds, and how many of them may be used."""

import dataclasses
import math
from collections.abc import Collection

from engine.wire.values import CoreKinds


@dataclasses.dataclass(frozen=True, slots=True)
class Core:
    """One physical core. ``rank``: greater is faster; only compared within a CPU. ``allowed``: of this process."""

    rank: float
    allowed: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Cores:
    """Counts; 0 means unknown. ``allowed``: physical cores among the processors this process may use."""

    sockets: int
    physical: int
    logical: int
    allowed: int
    kinds: CoreKinds | None = None


def kinds(cores: Collection[Core], share: float = 1.0) -> CoreKinds | None:
    """Performance cores are those with at least ``share`` of the greatest rank. None where all are alike."""
    greatest = max((core.rank for core in cores), default=0)
    fast = [core for core in cores if core.rank >= share * greatest]
    if len(fast) == len(cores):
        return None
    return CoreKinds(
        performance=len(fast),
        efficiency=len(cores) - len(fast),
        performance_allowed=sum(core.allowed for core in fast),
    )


def within(allowed: int, quota: float | None) -> int:
    """Cores that may be used where a container also limits the time of CPU, in CPUs.

    Part of a CPU is not a thread's worth: more threads than whole CPUs are paused by the scheduler in turn.
    """
    return allowed if quota is None else max(1, min(allowed, math.floor(quota)))
