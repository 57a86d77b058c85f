"""The interval of a ratio of medians, drawn by rounds."""

import random

from engine.measure.bootstrap import interval


def rounds_of(middle: float, spread: float, round_spread: float, seed: int, count: int = 12) -> list[list[float]]:
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        moved = middle * (1 + chance.gauss(0, round_spread))
        found.append([moved * (1 + chance.gauss(0, spread)) for _ in range(9)])
    return found


def test_it_holds_the_ratio_and_is_narrow_where_the_times_are_steady() -> None:
    eager, fast = rounds_of(30, 0.01, 0.002, 1), rounds_of(10, 0.01, 0.002, 2)

    low, high = interval(eager, fast)

    assert low <= 3.0 <= high
    assert high - low < 0.05


def test_of_the_same_times_it_is_one() -> None:
    times = rounds_of(10, 0.05, 0.05, 3)

    assert interval(times, times) == (1.0, 1.0)


def test_rounds_that_move_together_widen_it() -> None:
    steady = interval(rounds_of(10, 0.05, 0, 4), rounds_of(10, 0.05, 0, 5))
    moving = interval(rounds_of(10, 0.05, 0.2, 4), rounds_of(10, 0.05, 0.2, 5))

    assert moving[1] - moving[0] > 2 * (steady[1] - steady[0])


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(200):
        low, high = interval(rounds_of(20, 0.03, 0.03, 2 * seed), rounds_of(10, 0.03, 0.03, 2 * seed + 1))
        covered += low <= 2.0 <= high

    assert 170 <= covered <= 200


def test_rounds_of_unlike_length_count_by_their_calls() -> None:
    low, high = interval([[1.0], [2.0] * 9], [[1.0], [1.0] * 9])

    assert low <= 2.0 <= high
    assert high <= 2.0


def test_it_is_the_same_each_time() -> None:
    eager, fast = rounds_of(30, 0.1, 0.1, 6), rounds_of(10, 0.1, 0.1, 7)

    assert interval(eager, fast) == interval(eager, fast)
