"""The CPU page's measured speed: the figures, the roofline, and the button that measures."""

import itertools
from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.wire.errors import EngineDied, Stopped
from engine.wire.messages import AnyRequest, MeasurePeaks
from gui import run_state
from gui.pages.cpu_page import CpuPage
from gui.pages.cpu_page import roofline_words as words
from gui.pages.cpu_page.roofline_scale import names_at, scale_of, spread, ticks
from gui.run_state import State, peaks_of, points_of
from gui.run_state.roofline import Point, others_of
from gui.theme import Wardrobe
from tests.gui import measured, replay

OPENED = replay.last("opened")
TOLD = measured.with_peaks(OPENED)


class Opened:
    """The page, showing the measured speed, and what it asked for."""

    def __init__(self, page: CpuPage) -> None:
        self.page = page
        self.asked: list[AnyRequest] = []
        page.asked.connect(self.asked.append)

    def said(self) -> str:
        labels = [label for label in self.page.speed.findChildren(QLabel) if label.isVisible()]
        tools = [label for label in self.page.speed.tools.findChildren(QLabel) if label.isVisible()]
        return "\n".join(label.text() for label in (*tools, *labels))

    def show(self, state: State) -> None:
        self.page.show_state(state)
        QApplication.processEvents()


@pytest.fixture
def open_page(qtbot: QtBot) -> Callable[..., Opened]:
    def make(state: State = TOLD, threads: int = 2) -> Opened:
        page = CpuPage()
        qtbot.addWidget(page)
        page.resize(1000, 600)
        page.show_threads(threads)
        page.show_state(state)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        page.show_part(1)
        QApplication.processEvents()
        return Opened(page)

    return make


# --- the state ---


def test_what_was_kept_is_there_at_once_for_its_threads() -> None:
    assert peaks_of(TOLD, 2) == measured.PEAKS
    assert peaks_of(TOLD, 1) is None


def test_what_a_run_or_a_measurement_tells_counts_from_then_on() -> None:
    one = msgspec.structs.replace(measured.PEAKS, threads=1)
    state = measured.measured(measured.measuring(TOLD), one)

    assert peaks_of(state, 1) == one
    assert peaks_of(state, 2) == measured.PEAKS
    assert state.measuring is not None
    assert state.measuring.over
    assert state.engine == "ready"


def test_runs_become_points_the_newest_last_and_only_those_of_as_many_threads() -> None:
    state = measured.ran(TOLD, 2)
    points = points_of(state, 2)

    assert [point.name for point in points] == ["None (eager), fp32", "TorchScript, fp32"]
    assert points[0].intensity == pytest.approx(2.87e9 / 43.0e6)
    assert points_of(state, 1) == ()
    assert (others_of(state, 2), others_of(state, 1)) == (0, 2)


def test_the_same_run_once_more_is_one_point() -> None:
    state = measured.ran(measured.ran(TOLD, 1), 1)

    assert len(points_of(state, 2)) == 1


@pytest.mark.parametrize(
    ("place", "roof", "by_memory"),
    [(0, 214.0, False), (6, 26.4 * 0.34e9 / 42.6e6, True)],
)
def test_a_roof_is_the_lesser_of_memory_and_cores(place: int, roof: float, by_memory: bool) -> None:
    point = points_of(measured.ran(TOLD), 2)[place]

    assert point.roof_gflops == pytest.approx(roof)
    assert point.by_memory is by_memory


def test_evidence_that_tells_too_little_is_no_point() -> None:
    state = replay.last("explained")  # recorded before evidence told of bytes

    assert state.explained
    assert points_of(state, state.explained[-1].threads) == ()


# --- the page ---


def test_before_it_was_measured_the_page_says_so_and_offers_it(qtbot: QtBot, open_page: Callable[..., Opened]) -> None:
    opened = open_page(OPENED)
    assert "will be here once it was measured" in opened.said()
    assert not opened.page.speed.chart.isVisible()
    qtbot.mouseClick(opened.page.speed.measure, Qt.MouseButton.LeftButton)

    (request,) = opened.asked
    assert isinstance(request, MeasurePeaks)
    assert (request.threads, request.anew) == (2, False)


def test_figures_stand_in_a_table_with_their_units(open_page: Callable[..., Opened]) -> None:
    peaks = msgspec.structs.replace(measured.PEAKS, gflops={"fp32": 107.0, "int8": 408.0}, quiet=False)
    said = open_page(measured.with_peaks(OPENED, peaks)).said()

    for line in ("107 GFLOP/s", "408 GFLOP/s", "26.4 GB/s", words.NOT_FASTER, words.NOT_QUIET, words.NO_POINTS):
        assert line in said.split("\n")


def test_ctrl_enter_measures_anew_and_the_button_then_stops(qtbot: QtBot, open_page: Callable[..., Opened]) -> None:
    opened = open_page()
    qtbot.keyClick(opened.page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    (request,) = opened.asked
    assert isinstance(request, MeasurePeaks)
    assert request.anew

    opened.show(measured.measuring(TOLD))
    assert opened.page.speed.measure.accessibleName() == "Stop"
    assert opened.page.speed.stages.isVisible()
    qtbot.keyClick(opened.page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(opened.asked) == 1  # that begins, and never ends
    qtbot.mouseClick(opened.page.speed.measure, Qt.MouseButton.LeftButton)
    assert opened.asked[-1].id == "p"

    opened.show(run_state.stopping(measured.measuring(TOLD), "p"))
    qtbot.mouseClick(opened.page.speed.measure, Qt.MouseButton.LeftButton)
    assert len(opened.asked) == 2
    opened.show(measured.measured(measured.measuring(TOLD)))
    assert opened.page.speed.measure.accessibleName() == "Measure again"


def test_while_a_model_runs_nothing_is_measured_and_why_is_said(open_page: Callable[..., Opened]) -> None:
    running = next(state for state in replay.states("repeating") if state.running)
    opened = open_page(measured.with_peaks(running))

    assert not opened.page.speed.measure.isEnabled()
    assert "A model runs. Stop it first: Esc." in opened.said()


def test_a_failure_is_told_where_it_happened_and_stop_is_none(open_page: Callable[..., Opened]) -> None:
    opened = open_page(measured.failed(measured.measuring(OPENED), EngineDied("The engine was killed.")))
    assert "The engine was killed." in opened.said()

    opened.show(measured.failed(measured.measuring(OPENED), Stopped()))
    assert "Stopped." not in opened.said()


def test_chart_says_in_words_all_that_it_shows(open_page: Callable[..., Opened]) -> None:
    chart = open_page(measured.ran(TOLD)).page.speed.chart
    said = chart.accessibleDescription()

    assert "Full precision (fp32): 214 GFLOP/s" in said
    assert "Memory: 26.4 GB/s" in said
    assert said.index("ONNX Runtime, int8-dynamic: 263 GFLOP/s") < said.index("OpenVINO, bf16")
    assert "14.7 % of what the memory would allow" in said


def test_hover_reads_a_point(open_page: Callable[..., Opened]) -> None:
    state = measured.ran(TOLD, 1)
    chart = open_page(state).page.speed.chart
    scale, point = chart._scale(), points_of(state, 2)[0]
    assert scale is not None
    spot = scale.at(point.intensity, point.gflops)

    assert chart.reading(spot).startswith("None (eager), fp32: 61.2 GFLOP/s, 28.6 % of what the cores would allow")
    assert chart.reading(spot * 0.5) == ""


def test_weights_that_stay_in_the_caches_are_named_where_a_run_beats_the_memory() -> None:
    point = Point("eager", 2.0, 80.0, roof_gflops=52.8, by_memory=True)

    assert "the weights stay in the caches" in words.reached(point)
    assert "%" not in words.reached(point)


def test_copy_takes_the_measured_speed_along(open_page: Callable[..., Opened]) -> None:
    opened = open_page(measured.ran(TOLD))
    opened.page.copy.click()
    copied = QApplication.clipboard().text()

    assert "Memory: 26.4 GB/s" in copied
    assert "OpenVINO, bf16: 171 GFLOP/s" in copied


def test_a_chip_leads_back_to_the_features(open_page: Callable[..., Opened]) -> None:
    page = open_page().page
    page.show_line("avx2")

    assert page.features.isVisible()
    assert not page.speed.tools.isVisible()


def test_both_themes_paint_the_newest_point_in_their_accent(
    wardrobe: Wardrobe, open_page: Callable[..., Opened]
) -> None:
    state = measured.ran(TOLD)
    chart = open_page(state).page.speed.chart
    scale, newest = chart._scale(), points_of(state, 2)[-1]
    assert scale is not None
    spot = scale.at(newest.intensity, newest.gflops).toPoint()
    for theme, accent in (("light", "#0a6b52"), ("dark", "#52c9a0")):
        wardrobe.choose(theme)  # type: ignore[arg-type]
        QApplication.processEvents()
        assert chart.grab().toImage().pixelColor(spot).name() == accent


# --- where things go ---


@pytest.mark.parametrize("size", [(300, 200), (560, 330), (1600, 900)])
@pytest.mark.parametrize("count", [1, 5, 8])
def test_names_lie_on_no_other_name_and_inside(size: tuple[int, int], count: int) -> None:
    points = points_of(measured.ran(TOLD, count), 2)
    plot = QRectF(40, 20, *size)
    boxes = names_at(scale_of(measured.PEAKS, points, plot), points, [110.0] * count, 14.0)

    assert not [1 for one, other in itertools.combinations(boxes, 2) if one.intersects(other)]
    assert all(plot.contains(box) for box in boxes)


def test_scale_holds_every_point_and_ridge() -> None:
    points = (Point("low", 0.01, 0.2), Point("high", 9_000.0, 900.0))
    plot = QRectF(0, 0, 500, 300)
    scale = scale_of(measured.PEAKS, points, plot)

    for point in points:
        assert plot.contains(scale.at(point.intensity, point.gflops))
    for gflops in measured.PEAKS.gflops.values():
        assert plot.contains(scale.at(gflops / measured.PEAKS.bandwidth_gb_s, gflops))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(9.0, 60.0, [10, 20, 50]), (2.0, 700.0, [3, 10, 30, 100, 300]), (0.1, 10_000.0, [0.1, 1, 10, 100, 1000, 10_000])],
)
def test_ticks_are_plain_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_what_is_crowded_is_spread_and_keeps_its_order() -> None:
    assert spread([50.0, 51.0, 90.0], 10, 0, 100) == [50.0, 60.0, 90.0]
    assert spread([98.0, 99.0], 10, 0, 100) == [90.0, 100]
    assert spread([99.0, 98.0], 10, 0, 100) == [100, 90.0]
