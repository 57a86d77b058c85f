"""The Compare page: what is told becomes a race."""

import dataclasses

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.wire.errors import Stopped, failure_of
from engine.wire.messages import CellTold, Failed, Stop
from engine.wire.values import ModeCard
from gui import run_state
from gui.pages.compare_page import ends
from gui.pages.compare_page.mode_grid import Limits
from gui.pages.compare_page.race_panel import progress_of
from gui.run_state import State
from gui.settings import Settings
from gui.widgets import motion
from gui.widgets.race_scale import LOG_FROM, scale_of
from tests.gui import compared
from tests.gui.pages.compare_desk import Open, asked, seen


def test_the_race_shows_each_cell_and_the_sentence(open_compare: Open) -> None:
    page = open_compare(compared.done()).compare_page
    lines = page.race.chart.words().splitlines()

    assert lines[0].startswith("None (eager), fp32, median 8.42 ms, the baseline")
    assert lines[1].startswith("ONNX Runtime, int8-dynamic, median 2.48 ms, 3.40× (3.26 to 3.53), same answers")
    assert any("different answers" in line and "×" not in line for line in lines)
    assert "failed: Out of memory" in lines[-4]
    assert compared.SENTENCE in seen(page)
    assert "Quiet." in seen(page)


def test_a_drifting_machine_is_told(open_compare: Open) -> None:
    page = open_compare(compared.of_sixty()).compare_page
    assert f"Drifting. {compared.DRIFTED}" in seen(page)


def test_the_baseline_stays_in_sight_of_sixty(open_compare: Open) -> None:
    page = open_compare(compared.of_sixty()).compare_page
    chart = page.race.chart
    bar = chart.column.verticalScrollBar()
    assert bar.maximum() > 0
    bar.setValue(bar.maximum())
    QApplication.processEvents()
    assert chart.bases.isVisible()
    assert not chart.bases.visibleRegion().isEmpty()
    assert chart.bases.mapTo(page, QPoint(0, 0)).y() >= 0


def test_a_large_ratio_is_drawn_on_a_logarithmic_scale_that_says_so(open_compare: Open) -> None:
    page = open_compare(compared.of_ten_thousand()).compare_page
    assert "logarithmic" in page.race.chart._foot.accessibleName()
    plain = open_compare(compared.done()).compare_page
    assert "logarithmic" not in plain.race.chart._foot.accessibleName()


@pytest.mark.parametrize("ratio", [1, 10, LOG_FROM, 1e2, 1e4, 1e7])
def test_every_bar_has_a_length_on_the_scale(ratio: float) -> None:
    scale = scale_of([3.0, 3.0 * ratio])
    assert 0.01 < scale.share(3.0) <= 1
    assert scale.share(3.0 * ratio) > 0.9
    assert 2 <= len(scale.ticks()) <= 10
    assert scale.is_log == (ratio > LOG_FROM)


def test_a_click_on_a_row_shows_all_its_figures_and_a_second_one_closes_them(qtbot: QtBot, open_compare: Open) -> None:
    page = open_compare(compared.done()).compare_page
    bars = page.race.chart.bars
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(40, 8))
    assert page.race.cell.number() == 7
    assert "pays after 412 calls" in page.race.cell.words()
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(40, 8))
    assert page.race.cell.number() is None


def test_arrow_keys_walk_the_rows_and_enter_opens_one(qtbot: QtBot, open_compare: Open) -> None:
    page = open_compare(compared.done()).compare_page
    bars = page.race.chart.bars
    bars.setFocus()
    for _ in range(2):
        qtbot.keyClick(bars, Qt.Key.Key_Down)
    assert "OpenVINO, int8-dynamic" in bars.accessibleName()
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    assert page.race.cell.number() == 9


def test_the_same_state_again_paints_nothing(open_compare: Open) -> None:
    state = compared.racing()
    window = open_compare(state)
    for _ in range(4):  # its first picture is laid out in several turns
        QApplication.processEvents()
    painted: list[QEvent.Type] = []

    class Watch(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                painted.append(event.type())
            return False

    watch = Watch()
    window.compare_page.race.chart.bars.installEventFilter(watch)
    for _ in range(5):
        window.show_state(state)
        QApplication.processEvents()
    assert painted == []


def test_rows_glide_to_their_places_unless_motion_is_unwanted(open_compare: Open) -> None:
    window = open_compare(compared.racing())
    bars = window.compare_page.race.chart.bars
    motion.forbid(on=True)
    try:
        window.show_state(compared.done())
        assert not bars._moving.isActive()
        assert bars._places == bars._goals
    finally:
        motion.forbid(on=False)


def test_escape_stops_and_keeps(qtbot: QtBot, open_compare: Open) -> None:
    window = open_compare(compared.racing())
    page = window.compare_page
    assert page.bar.button.accessibleName() == "Stop"
    assert not page.fastest.button.isEnabled()
    request = asked(qtbot, window, lambda: qtbot.keyClick(page, Qt.Key.Key_Escape))
    assert request == Stop(id="c")


def test_a_run_and_a_comparison_do_not_begin_beside_each_other(open_compare: Open) -> None:
    window = open_compare(compared.racing())
    window.show_page("run")
    assert not window.run_page.bar.button.isEnabled()
    assert window.run_page.request() is None


def test_use_it_chooses_on_the_run_page_and_starts_nothing(qtbot: QtBot, open_compare: Open) -> None:
    window = open_compare(compared.done())
    with qtbot.assertNotEmitted(window.asked):
        window.compare_page.race.outcome.use.click()
    run = window.run_page
    assert window._pages.currentWidget() is run
    mode = run.modes.mode()
    assert mode is not None
    assert (mode.id, run.modes.precision_id(), run.speed.thread_count()) == ("onnx-runtime", "int8-dynamic", 2)


def test_a_reopened_comparison_is_shown_until_the_next_begins(open_compare: Open) -> None:
    window = open_compare()
    page = window.compare_page
    page.show_comparison(compared.comparison())
    assert compared.SENTENCE in seen(page)
    window.show_state(compared.racing())
    assert compared.SENTENCE not in seen(page)


def test_a_reopened_comparison_stays_while_another_goes_on(open_compare: Open) -> None:
    state = compared.racing()
    window = open_compare(state)
    page = window.compare_page
    page.show_comparison(compared.comparison())
    window.show_state(compared.after(state, CellTold(id="c", number=6, cell=compared.cells()[6])))
    assert compared.SENTENCE in seen(page)


def test_a_failure_is_told_above_what_was_measured(open_compare: Open) -> None:
    page = open_compare(compared.failed()).compare_page
    assert "Plain PyTorch, which all is compared with, failed." in seen(page)
    assert "5.12 ms" in page.race.chart.words()


def of_another_model(state: State) -> State:
    assert state.model is not None
    return dataclasses.replace(state, model=replace(state.model, name="other", folder="/models/other"))


def test_the_race_names_what_it_is_of_and_its_winner_is_not_put_on_another_model(
    qtbot: QtBot, open_compare: Open
) -> None:
    state = compared.done()
    assert state.model is not None
    window = open_compare(of_another_model(state))
    page = window.compare_page
    assert page.race.named.whole() == f"{state.model.name}, Sentence similarity"
    assert not page.race.outcome.use.isEnabled()
    assert f"this is of {state.model.name}" in page.race.outcome.use.toolTip()
    assert f"this is of {state.model.name}, so pick that model there first." in seen(page)

    window.show_state(state)
    assert page.race.outcome.use.isEnabled()
    assert "pick that model" not in seen(page)


def test_a_reopened_comparison_of_another_task_is_not_used(open_compare: Open) -> None:
    state = compared.opened()
    assert state.model is not None
    window = open_compare(state)
    of_model = {"name": "starter", "folder": state.model.folder}
    window.compare_page.show_comparison(compared.comparison(model=of_model))
    outcome = window.compare_page.race.outcome
    assert outcome.use.isEnabled()
    window.compare_page.show_comparison(compared.comparison(model=of_model, task="feature-extraction"))
    assert not outcome.use.isEnabled()
    assert "so pick that task there first" in seen(window.compare_page)


def test_the_ladder_names_what_it_is_of(open_compare: Open) -> None:
    state = compared.ladder()
    assert state.model is not None
    page = open_compare(of_another_model(state)).compare_page
    page.show_side(1)
    assert page.ladder.named.whole() == f"{state.model.name}, Sentence similarity"


def test_a_stopped_one_says_so_first(open_compare: Open) -> None:
    page = open_compare(compared.done(compared.comparison(stopped=True))).compare_page
    assert f"Stopped before its end. {compared.SENTENCE}" in seen(page)
    state = run_state.asked(compared.racing(), Stop(id="c"))
    page = open_compare(compared.after(state, Failed(id="c", failure=failure_of(Stopped())))).compare_page
    assert "Stopped before its end. What was measured until then is kept." in seen(page)


def test_what_is_counted_is_what_the_engine_would_make(open_compare: Open) -> None:
    page = open_compare().compare_page
    for mode in page.grid.modes()[1:]:
        page.grid.set_checked(mode, on=False)
    for precision in page.grid.precisions():
        page.grid.set_checked(precision, on=precision == "fp32")
    assert page.bar.words() == "Only plain PyTorch itself is chosen. Choose something to compare with it"
    page.limits.threads.setText("1, 2")
    page.limits.threads.textEdited.emit("1, 2")
    assert page.bar.button.isEnabled()
    assert "2 combinations beside plain PyTorch" in page.bar.words()

    page.grid.set_checked("torchscript", on=True)
    page.limits.batches.setText("1, 8")
    page.limits.batches.textEdited.emit("1, 8")
    assert "8 combinations" in page.bar.words()
    page.limits.caps["avx2"].setChecked(True)  # neither can be capped at fp32
    assert "8 combinations" in page.bar.words()


def test_only_what_can_be_capped_is_counted_with_a_cap() -> None:
    mode = ModeCard(id="eager", title="None", plain="", capped=("bf16",))
    tried = Limits(threads=1, batches=2, caps=("", "avx2", "avx512"))
    assert tried.combinations(mode, "bf16") == 6
    assert tried.combinations(mode, "fp32") == 0
    assert tried._replace(threads=2).combinations(mode, "fp32") == 4


def test_arrow_keys_go_on_where_they_were_while_rows_change(qtbot: QtBot, open_compare: Open) -> None:
    state = compared.racing()
    window = open_compare(state)
    bars = window.compare_page.race.chart.bars
    bars.setFocus()
    for _ in range(2):
        qtbot.keyClick(bars, Qt.Key.Key_Down)
    before = bars.accessibleName()
    cell = compared.measured("openvino", "fp32", 60.0, "")
    window.show_state(compared.after(state, CellTold(id="c", number=8, cell=cell)))
    window.compare_page.race._drawing.flush()
    assert bars.accessibleName() == before
    qtbot.keyClick(bars, Qt.Key.Key_Down)
    assert bars.accessibleName() not in (before, bars.bars()[0].said)


def test_what_is_pressed_twice_does_nothing_else(qtbot: QtBot, open_compare: Open) -> None:
    state = compared.opened()
    window = open_compare(state)
    page = window.compare_page
    page.fastest.button.setFocus()
    request = asked(qtbot, window, lambda: qtbot.keyClick(page.fastest.button, Qt.Key.Key_Space))
    state = run_state.asked(state, request)
    window.show_state(state)
    assert page.bar.button.hasFocus()
    assert page.bar.button.accessibleName() == "Stop"

    stop = asked(qtbot, window, lambda: qtbot.keyClick(page.bar.button, Qt.Key.Key_Space))
    state = run_state.asked(state, stop)
    window.show_state(state)
    assert page.bar.hasFocus()
    window.show_state(compared.after(state, Failed(id=request.id, failure=failure_of(Stopped()))))
    assert page.bar.button.hasFocus()


def test_each_end_is_announced_once_also_while_the_page_is_not_shown(
    open_compare: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(ends, "QAccessibleAnnouncementEvent", lambda _page, words: words)
    monkeypatch.setattr(QAccessible, "updateAccessibility", said.append)
    window = open_compare(compared.begun())
    window.show_page("run")
    state = compared.done()
    window.show_state(state)
    window.show_state(state)
    assert len(said) == 1
    assert said[0].startswith(f"{compared.SENTENCE} Quiet.")

    window.show_state(compared.ladder())
    assert len(said) == 2
    assert "Up to AVX-512, 5.20 ms, 1.52× faster, cap held" in said[1]
    window.reset(Settings())
    assert len(said) == 2


def test_what_waits_prepared_is_no_longer_counted_as_to_be_prepared() -> None:
    view = compared.racing().comparing
    assert view is not None
    assert progress_of(view, 0.0).startswith(f"preparing 13 of {len(view.cells)}")
