import gc
import time

import pytest

from engine.measure import loop
from engine.measure.doubts import doubts
from engine.measure.percentiles import median, percentile, told


def busy(ms: float) -> loop.Call:
    began = time.perf_counter_ns()
    while time.perf_counter_ns() - began < ms * 1e6:
        pass
    return loop.Call(0, time.perf_counter_ns() - began, 0)


def test_asked_calls_are_timed_and_told_in_batches() -> None:
    recorded = loop.Recorded()
    batches = list(loop.timed(lambda: busy(5), 50, lambda: False, recorded))

    assert len(recorded.model) == 50
    assert [ms for batch in batches for ms in batch.latency_ms] == list(recorded.model)
    assert 2 <= len(batches) <= 8
    assert recorded.elapsed_s >= 0.25
    assert all(batch.memory_bytes > 1_000_000 for batch in batches)


def test_endless_run_ends_when_asked() -> None:
    calls = 0

    def call() -> loop.Call:
        nonlocal calls
        calls += 1
        return loop.Call(0, 1000, 0)

    list(loop.timed(call, 0, lambda: calls >= 200, loop.Recorded()))

    assert calls == 200


def test_the_engine_chooses_at_least_thirty_calls_and_a_second() -> None:
    recorded = loop.Recorded()
    list(loop.timed(lambda: busy(1), None, lambda: False, recorded))

    assert len(recorded.model) >= 30
    assert 1 <= recorded.elapsed_s < 3


def test_collector_rests_while_timing_and_comes_back() -> None:
    seen = []

    def call() -> loop.Call:
        seen.append(gc.isenabled())
        return loop.Call(0, 1, 0)

    list(loop.timed(call, 5, lambda: False, loop.Recorded()))

    assert seen == [False] * 5
    assert gc.isenabled()


def test_memory_of_samples_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "KEPT_SAMPLES", 100)
    recorded = loop.Recorded()
    for number in range(1000):
        recorded.add(loop.Call(0, number * 1_000_000, 0))

    assert len(recorded.model) <= 100
    assert recorded.model[-1] == 999


@pytest.mark.parametrize(
    ("latency_ms", "expected"),
    [
        ([10, 10.1, 9.9, 10, 10.05], True),
        ([10, 10, 10], False),
        ([50, 40, 30, 20, 10], False),
        ([100, 50, 10, 10, 10, 10, 10], True),
    ],
)
def test_settled_means_no_trend(latency_ms: list[float], expected: bool) -> None:
    assert loop.settled(latency_ms) is expected


def test_warm_up_is_bounded_where_nothing_settles() -> None:
    n = 0

    def worse() -> loop.Call:
        nonlocal n
        n += 1
        return loop.Call(0, int(1e6 * 1.5**n), 0)

    assert loop.warm_up(worse, lambda: False) is False
    assert n == loop.WARM_UP_CALLS


def test_percentiles_agree_with_hand_values() -> None:
    ordered = [float(number) for number in range(1, 101)]

    assert percentile(ordered, 0.5) == 50.5
    assert percentile(ordered, 0.9) == pytest.approx(90.1)
    assert median([3, 1, 2]) == 2


@pytest.mark.parametrize(
    ("n", "share", "is_told"), [(29, 0.9, False), (30, 0.9, True), (299, 0.99, False), (300, 0.99, True)]
)
def test_percentile_is_told_only_with_enough_samples(n: int, share: float, is_told: bool) -> None:
    assert (told([1.0] * n, share) is not None) is is_told


def test_doubts_name_what_is_wrong_and_nothing_else() -> None:
    assert doubts([10.0] * 50, True, 0.0) == ()
    assert "Only 3 calls" in doubts([10.0] * 3, True, 0.0)[0]
    assert "not settled" in doubts([10.0] * 50, False, 0.0)[0]
    assert "1 of 50 calls" in doubts([10.0] * 49 + [99.0], True, 0.0)[0]
    assert "slower" in " ".join(doubts([10.0 + i / 5 for i in range(60)], True, 0.0))
    assert "1.2 processors" in doubts([10.0] * 50, True, 1.2)[0]
