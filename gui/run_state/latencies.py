"""Latencies of a run in flat memory: buckets for the chart, the last samples for percentiles."""

import collections
import math
from collections.abc import Sequence
from typing import NamedTuple

WINDOW_S = 30.0
BUCKET_S = 0.05
LAST_SAMPLES = 2_000
TAIL_SAMPLES = 3
"""A percentile is told when so many samples lie beyond it, as the engine does."""
LONGEST_BATCH_S = 1.0
"""A batch that comes after a longer silence is drawn as having begun this long ago."""


class Bucket(NamedTuple):
    """What happened in one twentieth of a second that begins at ``at_s``."""

    at_s: float
    low_ms: float
    high_ms: float
    n: int


class Latencies:
    """Filled in place: a run may bring hundreds of thousands of samples, and memory stays as it is."""

    def __init__(self) -> None:
        self.n = 0
        self.now_s = 0.0
        self.over = False
        self._began_s: float | None = None
        self._before: Bucket | None = None
        self._buckets: collections.deque[Bucket] = collections.deque(maxlen=math.ceil(WINDOW_S / BUCKET_S) + 1)
        self._last: collections.deque[float] = collections.deque(maxlen=LAST_SAMPLES)

    def add(self, latency_ms: Sequence[float], now_s: float) -> None:
        """Takes a batch whose last call ended about ``now_s``; the batch is spread over the time since
        the one before.
        """
        if not latency_ms:
            return
        took_s = sum(latency_ms) / 1e3
        since_s = now_s - (min if self._began_s is None else max)(took_s, LONGEST_BATCH_S)
        if self._buckets:
            since_s = max(since_s, self.now_s)
        if self._began_s is None:
            self._began_s = since_s
        for place, value in enumerate(latency_ms, start=1):
            self._put(since_s + (now_s - since_s) * place / len(latency_ms), value)
        self._last.extend(latency_ms)
        self.n += len(latency_ms)
        self.now_s = now_s
        while self._buckets and self._buckets[0].at_s < now_s - WINDOW_S:
            self._buckets.popleft()

    def begin_input(self) -> None:
        """Another input: percentiles are of one input, the chart goes on."""
        self._last.clear()
        self.n = 0
        self._began_s = None
        self._before = self._buckets[-1] if self._buckets else None

    def end(self) -> None:
        """The run is over: ``now_s`` stays the moment of its last call."""
        self.over = True

    def _put(self, at_s: float, value: float) -> None:
        start_s = math.floor(at_s / BUCKET_S) * BUCKET_S
        if self._buckets and self._buckets[-1].at_s >= start_s:
            old = self._buckets[-1]
            self._buckets[-1] = Bucket(old.at_s, min(old.low_ms, value), max(old.high_ms, value), old.n + 1)
        else:
            self._buckets.append(Bucket(start_s, value, value, 1))

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """Oldest first, of the last 30 s."""
        return tuple(self._buckets)

    def per_s(self) -> float:
        """Calls of this input per second, as they arrived in the last 30 s; 0 while too short to tell."""
        if self._began_s is None:
            return 0.0
        span_s = self.now_s - max(self._began_s, self.now_s - WINDOW_S)
        return self._calls() / span_s if span_s > BUCKET_S else 0.0

    def _calls(self) -> int:
        """Those of this input: of the bucket in which the input before ended, its calls are taken off."""
        if self._before is None:
            return sum(bucket.n for bucket in self._buckets)
        of_both = sum(bucket.n for bucket in self._buckets if bucket.at_s >= self._before.at_s)
        return of_both - (self._before.n if self._buckets[0].at_s <= self._before.at_s else 0)

    def percentiles(self) -> tuple[float | None, float | None, float | None]:
        """p50, p90 and p99 of the last samples (at most 2,000); None where too few tell."""
        ordered = sorted(self._last)
        if not ordered:
            return None, None, None
        return _percentile(ordered, 0.5), _told(ordered, 0.9), _told(ordered, 0.99)


def _told(ordered: Sequence[float], share: float) -> float | None:
    enough = len(ordered) * (1 - share) >= TAIL_SAMPLES - 1e-9
    return _percentile(ordered, share) if enough else None


def _percentile(ordered: Sequence[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
