"""Latencies of a run: what is shown of them, in flat memory."""

import tracemalloc

import pytest

from gui.run_state.latencies import BUCKET_S, WINDOW_S, Latencies


def test_memory_is_flat_over_hundreds_of_thousands_of_samples() -> None:
    latencies = Latencies()
    for step in range(1_000):
        latencies.add((0.4,) * 200, step * 0.1)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for step in range(1_000, 2_500):
        latencies.add((0.4,) * 200, step * 0.1)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert latencies.n == 500_000
    assert after - before < 200_000


def test_only_the_last_thirty_seconds_are_drawn() -> None:
    latencies = Latencies()
    for step in range(600):
        latencies.add((5.0,), step * 0.1)

    assert latencies.now_s - latencies.buckets[0].at_s <= WINDOW_S + BUCKET_S


def test_a_bucket_keeps_lowest_and_highest() -> None:
    latencies = Latencies()
    latencies.add((5.0, 2.0, 9.0), 1.0)

    assert min(bucket.low_ms for bucket in latencies.buckets) == 2.0
    assert max(bucket.high_ms for bucket in latencies.buckets) == 9.0
    assert sum(bucket.n for bucket in latencies.buckets) == 3


def test_percentiles_are_told_when_enough_samples_carry_them() -> None:
    latencies = Latencies()
    latencies.add([float(value) for value in range(1, 30)], 1.0)
    assert latencies.percentiles() == (15.0, None, None)

    latencies.add([30.0], 1.1)
    p50, p90, p99 = latencies.percentiles()
    assert p50 == 15.5
    assert p90 == pytest.approx(27.1)
    assert p99 is None


def test_calls_per_second_are_those_that_arrived() -> None:
    latencies = Latencies()
    for step in range(100):
        latencies.add((4.0,) * 20, 10 + step * 0.1)

    assert latencies.per_s() == pytest.approx(200, rel=0.05)


def test_slow_calls_are_each_drawn() -> None:
    latencies = Latencies()
    for step in range(5):
        latencies.add((900.0,), step * 0.9)

    assert len(latencies.buckets) == 5


def test_nothing_comes_of_nothing() -> None:
    latencies = Latencies()
    latencies.add((), 3.0)

    assert latencies.buckets == ()
    assert latencies.percentiles() == (None, None, None)
    assert latencies.per_s() == 0.0


def test_calls_per_second_are_those_of_the_present_input() -> None:
    latencies = Latencies()
    for step in range(200):
        latencies.add((4.0,) * 20, 10 + step * 0.1)
    latencies.begin_input()
    assert latencies.per_s() == 0.0

    for step in range(20):
        latencies.add((10.0,) * 10, 30 + step * 0.1)
        assert latencies.per_s() <= 110
    assert latencies.per_s() == pytest.approx(100, rel=0.05)


def test_what_is_prepared_for_an_input_is_no_time_of_its_calls() -> None:
    latencies = Latencies()
    latencies.add((4.0,) * 25, 10.0)
    latencies.begin_input()
    for step in range(10):
        latencies.add((10.0,) * 10, 20 + step * 0.1)

    assert latencies.per_s() == pytest.approx(100, rel=0.05)


def test_after_a_while_the_input_before_is_forgotten() -> None:
    latencies = Latencies()
    latencies.add((4.0,) * 25, 10.0)
    latencies.begin_input()
    for step in range(400):
        latencies.add((10.0,) * 10, 10.1 + step * 0.1)

    assert latencies.per_s() == pytest.approx(100, rel=0.02)
