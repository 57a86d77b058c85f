"""Numbers as people read them."""

import pytest

from gui.widgets import figures


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (4.366, "4.37"),
        (4.0, "4.00"),
        (43.66, "43.7"),
        (436.6, "437"),
        (4366, "4,370"),
        (0.04366, "0.0437"),
        (9.996, "10.0"),
        (99.96, "100"),
        (-0.0561, "-0.0561"),
        (0, "0"),
        (float("nan"), "not a number"),
        (float("inf"), "infinite"),
    ],
)
def test_three_significant_digits(value: float, words: str) -> None:
    assert figures.significant(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(4.37, "4.37 ms"), (0.4371, "0.437 ms"), (612.3, "612 ms"), (12_340, "12 s"), (0, "0 ms")]
)
def test_latency_has_its_unit(value: float, words: str) -> None:
    assert figures.milliseconds(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0093, "9.3 ms"),
        (0.0994, "99 ms"),
        (0.0997, "0.10 s"),
        (0.83, "0.83 s"),
        (42.4, "42 s"),
        (185.2, "3 min 5 s"),
        (7_260.0, "2 h 1 min"),
    ],
)
def test_duration(value: float, words: str) -> None:
    assert figures.seconds(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(90_868_376, "90.9 MB"), (999_900_000, "1.00 GB"), (11.9e9, "11.9 GB"), (512, "512 bytes")]
)
def test_size(value: float, words: str) -> None:
    assert figures.size(value) == words


def test_counts_ratios_rates_and_shares() -> None:
    assert figures.count(22_713_216) == "22.7 M"
    assert figures.times(1.8234) == "1.82×"
    assert figures.per_second(221.34) == "221/s"
    assert figures.percent(0.987) == "98.7 %"
    assert figures.percent(1) == "100 %"
    assert figures.percent(0.9999) == "99.9 %"  # what is not all never reads as all
    assert figures.percent(0) == "0 %"
