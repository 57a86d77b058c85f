"""The Compare page: what caps on the instruction set are worth."""

from pytestqt.qtbot import QtBot

from engine.wire.messages import Compare
from tests.gui import compared
from tests.gui.pages.compare_desk import Open, asked


def test_the_ladder_asks_for_every_rung_of_this_cpu(qtbot: QtBot, open_compare: Open) -> None:
    window = open_compare()
    page = window.compare_page
    page.show_side(1)
    page.ladder.mode.setCurrentIndex(page.ladder.mode.findData("torch-compile"))
    page.ladder.mode.activated.emit(0)
    request = asked(qtbot, window, page.ladder.button.click)
    assert isinstance(request, Compare)
    assert (request.modes, request.precisions) == (("torch-compile",), ("bf16",))
    assert request.isa_caps[0] == "avx2"
    assert request.isa_caps[-1] == ""


def test_what_cannot_be_capped_says_so_and_is_not_measured(open_compare: Open) -> None:
    page = open_compare().compare_page
    page.show_side(1)
    page.ladder.mode.setCurrentIndex(page.ladder.mode.findData("onnx-runtime"))
    page.ladder.mode.activated.emit(0)
    assert "ONNX Runtime has no switch" in page.ladder.why.text()
    assert not page.ladder.button.isEnabled()


def test_rungs_tell_the_gain_over_the_one_before(open_compare: Open) -> None:
    page = open_compare(compared.ladder()).compare_page
    page.show_side(1)
    said = [rung.said for rung in page.ladder.chart.rungs()]
    assert said[0] == "Up to AVX2, 7.90 ms, cap held"
    assert said[1] == "Up to AVX-512, 5.20 ms, 1.52× faster, cap held"
    assert said[3] == "No cap, 2.30 ms, no difference"


def test_what_has_no_switch_says_that_it_cannot_be_capped(open_compare: Open) -> None:
    page = open_compare(compared.ladder_without_caps()).compare_page
    page.show_side(1)
    said = [rung.said for rung in page.ladder.chart.rungs()]
    assert said[0] == "Up to AVX2, can't be capped: its kernels have no switch"
    assert said[-1] == "No cap, 4.90 ms"
