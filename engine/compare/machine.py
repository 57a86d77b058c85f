"""The machine beside a comparison: what else kept it busy, and whether its speed changed."""

import contextlib
import time
from collections.abc import Iterable, Sequence
from typing import Literal

import psutil

from engine.measure.percentiles import median

DRIFT = 0.05
DRIFT_ROUNDS = 12
"""In fewer, a third of them is a moment."""
BUSY = 0.25


class Machine:
    """Collects doubts, sentences that stand beside the figures."""

    def __init__(self) -> None:
        self._doubts: list[str] = []
        self._drifts: dict[int, str] = {}
        self._loaded = False

    @property
    def doubts(self) -> tuple[str, ...]:
        return (*self._doubts, *dict.fromkeys(self._drifts.values()))

    @property
    def state(self) -> Literal["quiet", "drifting", "loaded"]:
        return "loaded" if self._loaded else "drifting" if self._drifts else "quiet"

    def doubt(self, sentence: str) -> None:
        if sentence not in self._doubts:
            self._doubts.append(sentence)

    def watch(self, pids: Iterable[int]) -> "Watch":
        """From now on: what others than these processes do. ``Watch.end`` judges it."""
        return Watch(self, pids)

    def busy(self, processors: float) -> None:
        """So many processors were kept busy by others."""
        if processors >= BUSY:
            self._loaded = True
            self.doubt(f"Other programs kept about {processors:.1f} processors busy meanwhile.")

    def look_for_drift(self, batch: int, rounds: Sequence[Sequence[float]]) -> None:
        """Of eager's own time with so many inputs, from the first third of all its rounds to the last. What was said
        after fewer of them is said no more.
        """
        self._drifts.pop(batch, None)
        if len(rounds) < DRIFT_ROUNDS:
            return
        third = len(rounds) // 3
        first, last = (median([ms for each in part for ms in each]) for part in (rounds[:third], rounds[-third:]))
        if abs(last - first) <= DRIFT * first:
            return
        way, share = ("slower" if last > first else "faster"), 100 * abs(last - first) / first
        self._drifts[batch] = (
            f"The machine became {share:.0f} % {way} while it was measured, by plain PyTorch's own time."
        )


class Watch:
    """One look at its beginning and one at its end: nothing is asked beside a measurement."""

    def __init__(self, machine: Machine, pids: Iterable[int]) -> None:
        self._machine = machine
        self._ours = [psutil.Process()]
        for pid in pids:
            with contextlib.suppress(psutil.Error):
                self._ours.append(psutil.Process(pid))
        self._began_s = time.monotonic()
        self._all_s, self._own_s = _all_busy_s(), self._own()

    def end(self) -> None:
        self._machine.busy(self.busy())

    def busy(self) -> float:
        """So many processors were kept busy by others; 0 where one of ours is gone, whose share nobody knows."""
        wall_s, own_s = time.monotonic() - self._began_s, self._own()
        if wall_s <= 0 or not all(own_s):
            return 0.0
        return (_all_busy_s() - self._all_s - sum(own_s) + sum(self._own_s)) / wall_s

    def _own(self) -> list[float]:
        """Seconds of the processor that each had; 0 of one that is gone."""
        found = []
        for process in self._ours:
            try:
                times = process.cpu_times()
                found.append(times.user + times.system)
            except psutil.Error:
                found.append(0.0)
        return found


def _all_busy_s() -> float:
    times = psutil.cpu_times()
    guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - guest)
