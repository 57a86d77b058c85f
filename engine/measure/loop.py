"""The timed calls: warm up until settled, then call and time, with as little beside it as can be.

Sources: pyperf (warm-up apart, doubts as sentences), the literature on steady state (arXiv 1602.00602: some programs
never settle, so the wait is bounded).
"""

import array
import contextlib
import dataclasses
import gc
import time
from collections.abc import Callable, Iterator

from engine.measure import memory
from engine.measure.percentiles import median
from engine.wire.messages import Samples

SETTLED_CALLS = 5
SETTLED_SLOPE = 0.02
"""Settled: over the last five calls the trend is below 2 % a call."""
WARM_UP_S = 2.0
WARM_UP_CALLS = 30

TOLD_EVERY_NS = 100_000_000
CHOSEN_CALLS = 30
CHOSEN_S = 1.0
CHOSEN_LIMIT_S = 10.0
"""Left to the engine: at least 30 calls and 1 s, at most 10 s (yet never less than 3 calls)."""

KEPT_SAMPLES = 1_000_000
"""Of an endless run the last million calls count; 24 MB in all."""


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """One call's three parts, in ns."""

    prepare_input: int
    model: int
    interpret: int


class Recorded:
    """Times of the timed calls, in ms, in order."""

    def __init__(self) -> None:
        self.prepare_input, self.model, self.interpret = (array.array("d") for _ in range(3))
        self.elapsed_s = 0.0

    def add(self, call: Call) -> None:
        if len(self.model) >= KEPT_SAMPLES:
            for kept in (self.prepare_input, self.model, self.interpret):
                del kept[: KEPT_SAMPLES // 10]
        self.prepare_input.append(call.prepare_input / 1e6)
        self.model.append(call.model / 1e6)
        self.interpret.append(call.interpret / 1e6)


def settled(latency_ms: list[float]) -> bool:
    """Whether the last calls show no trend: the least-squares slope is small against their median."""
    last = latency_ms[-SETTLED_CALLS:]
    if len(last) < SETTLED_CALLS:
        return False
    middle = (SETTLED_CALLS - 1) / 2
    spread = sum((i - middle) ** 2 for i in range(SETTLED_CALLS))
    slope = sum((i - middle) * value for i, value in enumerate(last)) / spread
    return abs(slope) <= SETTLED_SLOPE * median(last)


def warm_up(call: Callable[[], Call], ended: Callable[[], bool]) -> bool:
    """Calls until settled, within bounds. Returns whether it settled."""
    latency_ms: list[float] = []
    began = time.perf_counter()
    while len(latency_ms) < WARM_UP_CALLS and time.perf_counter() - began < WARM_UP_S and not ended():
        latency_ms.append(call().model / 1e6)
        if settled(latency_ms):
            return True
    return False


def timed(
    call: Callable[[], Call], calls: int | None, ended: Callable[[], bool], recorded: Recorded
) -> Iterator[Samples]:
    """Times ``calls`` calls (None: as many as tell; 0: until ``ended``) into ``recorded``; tells every 100 ms.

    The collector rests meanwhile, but for endless runs, where it runs between calls now and then.
    """
    began = told_at = time.perf_counter_ns()
    told = n = 0
    with _no_collection():
        while not ended() and not _enough(n, calls, (time.perf_counter_ns() - began) / 1e9):
            recorded.add(call())
            n += 1
            now = time.perf_counter_ns()
            if now - told_at >= TOLD_EVERY_NS:
                fresh = min(n - told, len(recorded.model))
                yield Samples(latency_ms=tuple(recorded.model[-fresh:]), memory_bytes=memory.now_bytes())
                told_at, told = time.perf_counter_ns(), n
                if calls == 0:
                    gc.collect(0)
    recorded.elapsed_s += (time.perf_counter_ns() - began) / 1e9
    if fresh := n - told:
        yield Samples(latency_ms=tuple(recorded.model[-fresh:]), memory_bytes=memory.now_bytes())


def _enough(n: int, calls: int | None, elapsed_s: float) -> bool:
    if calls is not None:
        return bool(calls) and n >= calls
    return (n >= CHOSEN_CALLS and elapsed_s >= CHOSEN_S) or (n >= 3 and elapsed_s >= CHOSEN_LIMIT_S)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
