"""The chart: what it reads out, how it scales, how long a frame takes."""

import statistics
import time

import pytest
from pytestqt.qtbot import QtBot

from gui import theme
from gui.run_state.latencies import Bucket, Latencies
from gui.widgets.strip_chart import StripChart, nice_top, scale_label


def filled(each: int) -> Latencies:
    """Forty seconds of calls, ``each`` of them in every tenth of a second."""
    latencies = Latencies()
    for step in range(400):
        latencies.add([4.0 + (number % 7) / 10 for number in range(each)], 100 + step * 0.1)
    return latencies


@pytest.fixture
def chart(qtbot: QtBot) -> StripChart:
    made = StripChart()
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    return made


def test_hover_reads_the_value_of_the_column(chart: StripChart) -> None:
    latencies = Latencies()
    latencies.add((4.37,), 100.0)
    latencies.add((9.25,), 115.0)
    chart.show_latencies(latencies, None)
    plot = chart._plot()

    assert chart.reading(plot.right()).startswith("9.25 ms, ")
    assert chart.reading(plot.right() - plot.width() / 2).startswith("4.37 ms, ")
    assert chart.reading(plot.left()) == ""


def test_an_ended_run_is_told_from_its_end(chart: StripChart) -> None:
    latencies = Latencies()
    latencies.add((9.25,), 115.0)
    chart.show_latencies(latencies, None)
    at = chart._plot().right()
    running = chart.grab().toImage()
    assert chart.reading(at).endswith(" ago")
    assert [chart.time_label(back_s) for back_s in (10, 0)] == ["10 s ago", "now"]

    latencies.end()
    chart.show_latencies(latencies, None)
    assert chart.reading(at).endswith(" before the end")
    assert "ago" not in chart.reading(at)
    assert [chart.time_label(back_s) for back_s in (10, 0)] == ["10 s before", "end"]
    assert chart.grab().toImage() != running


def test_a_paused_chart_holds_its_picture(chart: StripChart) -> None:
    latencies = Latencies()
    latencies.add((4.0,), 100.0)
    chart.show_latencies(latencies, None)
    held = chart.reading(chart._plot().right())
    chart.set_paused(True)
    latencies.add((80.0,), 100.4)
    chart.show_latencies(latencies, None)
    assert chart.reading(chart._plot().right()) == held

    chart.set_paused(False)
    chart.show_latencies(latencies, None)
    assert "80.0 ms" in chart.reading(chart._plot().right())


def test_the_lines_are_in_the_accent_and_the_baseline_shows(chart: StripChart) -> None:
    latencies = filled(250)
    chart.show_latencies(latencies, None)
    without = chart.grab().toImage()
    chart.show_latencies(latencies, 9.0)
    image = chart.grab().toImage()
    accent = theme.worn().accent.lower()
    columns = {image.pixelColor(x, y).name() for x in range(200, 700) for y in range(0, 300, 3)}

    assert accent in columns
    assert image != without


@pytest.mark.parametrize(
    ("high_ms", "baseline_ms", "top_ms"), [(4.5, None, 5.0), (4.5, 8.0, 10.0), (9.9, None, 15.0), (0.0, None, 1.0)]
)
def test_scale_ends_at_a_plain_number(high_ms: float, baseline_ms: float | None, top_ms: float) -> None:
    assert nice_top([Bucket(0, high_ms, high_ms, 1)] if high_ms else [], baseline_ms) == pytest.approx(top_ms)


def test_scale_labels_look_plain() -> None:
    assert [scale_label(value) for value in (15.0, 7.5, 1000.0, 15_000)] == ["15 ms", "7.5 ms", "1,000 ms", "15 s"]


def test_a_frame_takes_no_longer_after_100_000_samples_than_after_2_000(chart: StripChart) -> None:
    """A ratio, since the milliseconds belong to the machine: ``tasks.py bench window`` has them."""
    many, few = filled(250), filled(5)
    assert (many.n, few.n) == (100_000, 2_000)
    spent: dict[int, list[float]] = {250: [], 5: []}
    for step in range(30):
        for latencies, each in ((many, 250), (few, 5)):
            latencies.add((4.2,) * (each // 5), 140 + step * 0.1)
            chart.show_latencies(latencies, 8.0)
            began = time.thread_time()
            chart.repaint()
            spent[each].append(time.thread_time() - began)

    assert statistics.median(spent[250]) <= 2 * statistics.median(spent[5])
