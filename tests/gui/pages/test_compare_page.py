"""The Compare page: what is chosen becomes one request, and what is told becomes a race."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.wire.errors import Stopped, failure_of
from engine.wire.messages import CellTold, Compare, Failed, Finished, Reported, SaveReport, Script, Stop, WriteScript
from engine.wire.values import ModeCard, Option
from gui import run_state, settings
from gui.app import Session
from gui.main_window import MainWindow
from gui.pages.compare_page import ComparePage, ends, picture, texts
from gui.pages.compare_page.mode_grid import Limits
from gui.pages.compare_page.race_panel import progress_of
from gui.run_state import State
from gui.settings import CompareChoice, Settings
from gui.widgets import motion
from gui.widgets.icons import application_icon
from gui.widgets.race_scale import LOG_FROM, scale_of
from tests.gui import compared

LONG_MS = 600_000
Open = Callable[..., MainWindow]


@pytest.fixture
def open_compare(qtbot: QtBot) -> Open:
    """``open_compare(state, settings)``: a window on the Compare page."""

    def make(state: State | None = None, kept: Settings | None = None) -> MainWindow:
        window = MainWindow(kept or Settings(page="compare"), application_icon())
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        window.show_page("compare")
        window.show_state(state if state is not None else compared.opened())
        QApplication.processEvents()
        return window

    return make


def seen(page: ComparePage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def asked(qtbot: QtBot, window: MainWindow, action: Callable[[], object]) -> Any:
    with qtbot.waitSignal(window.asked, timeout=1_000) as caught:
        action()
    return caught.args[0]


# --- what is chosen ---


def test_ctrl_enter_compares_all_that_is_chosen(qtbot: QtBot, open_compare: Open) -> None:
    window = open_compare()
    page = window.compare_page
    page.grid.set_checked("ipex", on=False)
    page.grid.set_checked("bf16", on=False)
    page.limits.threads.setText("1, 2")
    page.limits.batches.setText("1 8")

    request = asked(
        qtbot,
        window,
        lambda: qtbot.keyClick(page.bar.button, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier),
    )

    assert isinstance(request, Compare)
    assert "ipex" not in request.modes
    assert "bf16" not in request.precisions
    assert "int8-dynamic" in request.precisions
    assert (request.threads, request.batches, request.isa_caps) == ((1, 2), (1, 8), ("",))
    assert not request.search
    assert request.inputs == ()  # the sample of the engine


def test_find_the_fastest_searches_everything_with_the_floor(qtbot: QtBot, open_compare: Open) -> None:
    window = open_compare()
    page = window.compare_page
    page.grid.set_checked("onnx-runtime", on=False)
    page.fastest.slider.setValue(2)
    request = asked(qtbot, window, page.fastest.button.click)

    assert isinstance(request, Compare)
    assert request.search
    assert request.modes == ()
    assert request.floor == "close"
    assert request.budget_s == 180
    assert "95 of 100" in seen(page)


def test_what_cannot_run_says_why(open_compare: Open) -> None:
    page = open_compare().compare_page
    row = page.grid._rows["onnx-runtime"]
    assert "cannot run" in row.fold.text().replace("&", "")
    row.fold.click()
    state = compared.opened()
    card = state.mode("onnx-runtime")
    assert card is not None
    reasons = [one.reason for one in card.precisions if one.reason]
    assert reasons
    assert any(reason in seen(page) for reason in reasons)


@pytest.mark.parametrize("words", ["0", "two", "1,,x", "9999"])
def test_a_count_that_cannot_be_is_told_and_nothing_starts(qtbot: QtBot, open_compare: Open, words: str) -> None:
    page = open_compare().compare_page
    page.limits.threads.clear()
    qtbot.keyClicks(page.limits.threads, words)

    assert not page.bar.button.isEnabled()
    assert "whole numbers from 1 to" in seen(page)


def test_nothing_chosen_is_said(open_compare: Open) -> None:
    page = open_compare().compare_page
    for mode in page.grid.modes():
        page.grid.set_checked(mode, on=False)
    assert page.bar.words() == "Choose an acceleration"
    assert not page.bar.button.isEnabled()


def test_choices_are_remembered(open_compare: Open) -> None:
    window = open_compare()
    page = window.compare_page
    page.grid.set_checked("torchscript", on=False)
    page.fastest.slider.setValue(0)
    page.limits.threads.setText("2")
    page.limits.threads.textEdited.emit("2")
    kept = window.settings()
    assert kept.compare.left_out == ("torchscript",)

    again = open_compare(None, kept).compare_page
    assert again.choice() == kept.compare
    assert "torchscript" not in again.grid.modes()


def test_a_run_page_does_not_undo_what_is_remembered_here(open_compare: Open) -> None:
    window = open_compare()
    window.compare_page.fastest.slider.setValue(0)
    window.run_page.modes.choose("torchscript", "fp32")
    assert window.settings().compare.floor == "identical"
    assert window.settings().mode == "torchscript"


def test_texts_of_a_file_are_read_like_on_the_command_line(qtbot: QtBot, open_compare: Open, tmp_path: Path) -> None:
    window = open_compare()
    page = window.compare_page
    file = tmp_path / "texts.jsonl"
    fields = [{"source_sentence": f"{place}", "sentences": ["a", "b"]} for place in range(3)]
    file.write_text("\n".join(json.dumps(one) for one in fields), "utf-8")
    page.subject.choose_file(str(file))
    request = asked(qtbot, window, page.start)
    assert list(request.inputs) == fields


@pytest.mark.parametrize(
    ("content", "told"), [(b"\xff\xfe\x00", "not UTF-8"), (b"\n\n", "nothing in the file"), (b"plain", "Line 1")]
)
def test_a_file_that_gives_no_inputs_is_told_where_it_was_picked(
    open_compare: Open, tmp_path: Path, content: bytes, told: str
) -> None:
    page = open_compare().compare_page
    file = tmp_path / "texts.txt"
    file.write_bytes(content)
    page.subject.choose_file(str(file))
    page.start()
    assert told in seen(page)


def test_every_task_has_prompts_like_its_example() -> None:
    catalogue = compared.opened().catalogue
    assert catalogue is not None
    for task in catalogue.tasks:
        found = texts.prompts(task)
        assert found[0] == task.example
        assert len({str(fields) for fields in found}) == texts.MOST_PROMPTS
        assert all(fields.keys() == task.example.keys() for fields in found)
        if task.output == "mask":
            assert all(fields["inputs"].count("[MASK]") == 1 for fields in found)


# --- the race ---


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


# --- what is taken along ---


def test_the_winner_is_copied_as_python_once_it_was_written(qtbot: QtBot, open_compare: Open) -> None:
    state = compared.done()
    window = open_compare(state)
    request = asked(qtbot, window, lambda: window.compare_page.exports._copy_winner())
    assert isinstance(request, WriteScript)
    assert request.number == 7
    state = run_state.asked(state, request)
    script = Script(id=request.id, text="import onnxruntime", note="Threads are not pinned.")
    window.show_state(compared.after(state, script, Finished(id=request.id)))

    assert QApplication.clipboard().text() == "import onnxruntime"
    assert "Copied as Python. Threads are not pinned." in seen(window.compare_page)


def test_a_script_is_copied_once_wherever_the_person_is(open_compare: Open) -> None:
    state = compared.done()
    window = open_compare(state)
    request = WriteScript(id="s", comparison=compared.comparison(), number=7)
    state = run_state.asked(state, request)
    window.show_state(state)
    window.show_page("run")
    state = compared.after(state, Script(id="s", text="import torch"), Finished(id="s"))
    window.show_state(state)
    assert QApplication.clipboard().text() == "import torch"

    QApplication.clipboard().setText("something else")
    window.show_page("compare")
    window.reset(Settings(page="compare"))  # its pages are made anew
    window.show_page("compare")
    window.show_state(state)
    assert QApplication.clipboard().text() == "something else"


def test_the_picture_has_every_row_and_what_it_is_of(open_compare: Open, tmp_path: Path) -> None:
    state = compared.of_sixty()
    page = open_compare(state).compare_page
    chart = page.race.chart
    assert chart.column.verticalScrollBar().maximum() > 0
    page.exports.save_picture(str(tmp_path / "chart"))
    image = QImage(str(tmp_path / "chart.png"))
    assert image.width() == 2 * max(chart.width(), picture.LEAST_PX)
    assert image.height() > 2 * (chart.bars.height() + chart.bases.height())
    assert "Saved as" in page.exports.told.text()

    view = page.view()
    assert view is not None
    sheet = picture._sheet(view, state)
    said = "\n".join(label.text() for label in sheet.findChildren(QLabel))
    for part in (view.model_name, "Sentence similarity", compared.SENTENCE, "a CPU", "100 inputs", compared.DRIFTED):
        assert part in said


def test_a_picture_that_cannot_be_written_is_told_as_a_failure_until_something_new(
    open_compare: Open, tmp_path: Path
) -> None:
    state = compared.done()
    window = open_compare(state)
    exports = window.compare_page.exports
    request = SaveReport(id="r", comparison=compared.comparison(), form="html", target="/reports/a.html")
    state = compared.after(run_state.asked(state, request), Reported(id="r", path="/reports/a.html"), Finished(id="r"))
    window.show_state(state)
    assert exports.told.text() == "Saved as /reports/a.html"

    exports.save_picture(str(tmp_path / "none" / "chart.png"))
    window.show_state(state)
    assert "could not be written" in exports.told.text()
    assert exports.told.property("role") == "error"


def test_a_picture_does_not_take_the_place_of_a_file_that_nobody_was_asked_about(
    open_compare: Open, tmp_path: Path
) -> None:
    exports = open_compare(compared.done()).compare_page.exports
    (tmp_path / "chart.png").write_text("mine", "utf-8")
    exports.save_picture(str(tmp_path / "chart"))
    assert (tmp_path / "chart.png").read_text("utf-8") == "mine"
    assert "already" in exports.told.text()


# --- caps ---


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


# --- the stage ---


def test_the_presentation_is_of_the_page_and_escape_leaves_it(qtbot: QtBot, open_compare: Open) -> None:
    window = open_compare(compared.done())
    qtbot.keyClick(window, Qt.Key.Key_F11)
    stage = window.race_presentation
    assert window._whole.currentWidget() is stage
    assert compared.SENTENCE in stage.words()
    assert "ONNX Runtime" in stage.words()
    qtbot.keyClick(stage, Qt.Key.Key_Escape)
    assert window._whole.currentIndex() == 0


@pytest.mark.parametrize("key", [Qt.Key.Key_Home, Qt.Key.Key_Backspace])
def test_one_key_clears_the_stage_and_a_number_starts_the_next_race(
    qtbot: QtBot, open_compare: Open, key: Qt.Key
) -> None:
    window = open_compare(compared.done())
    window.enter_presentation()
    stage = window.race_presentation
    qtbot.keyClick(stage, key)
    assert compared.SENTENCE not in stage.words()
    assert "A man is playing a guitar" in stage.words()

    request = asked(qtbot, window, lambda: qtbot.keyClick(stage, Qt.Key.Key_2))
    assert isinstance(request, Compare)
    assert len(request.inputs) == 1
    assert request.inputs[0]["source_sentence"] != "A man is playing a guitar on the street."


def test_clearing_the_stage_stops_what_goes_on(qtbot: QtBot, open_compare: Open) -> None:
    window = open_compare(compared.racing())
    window.enter_presentation()
    request = asked(qtbot, window, lambda: qtbot.keyClick(window.race_presentation, Qt.Key.Key_Home))
    assert request == Stop(id="c")


@pytest.mark.parametrize(
    "choice", [CompareChoice(inputs="file", file="/nowhere/texts.txt"), CompareChoice(threads="many")]
)
def test_what_keeps_a_race_from_beginning_is_said_on_the_stage(
    qtbot: QtBot, open_compare: Open, choice: CompareChoice
) -> None:
    window = open_compare(None, Settings(page="compare", compare=choice))
    window.enter_presentation()
    stage = window.race_presentation
    with qtbot.assertNotEmitted(window.asked):
        qtbot.keyClick(stage, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert ("cannot be read" if choice.file else "Threads: whole numbers") in stage.words()
    qtbot.keyClick(stage, Qt.Key.Key_Home)
    assert "cannot be read" not in stage.words()
    assert "Threads" not in stage.words()


def test_a_number_key_needs_no_file(qtbot: QtBot, open_compare: Open) -> None:
    choice = CompareChoice(inputs="file", file="/nowhere/texts.txt")
    window = open_compare(None, Settings(page="compare", compare=choice))
    window.enter_presentation()
    request = asked(qtbot, window, lambda: qtbot.keyClick(window.race_presentation, Qt.Key.Key_1))
    assert len(request.inputs) == 1


def test_a_stage_that_was_cleared_says_that_it_stops(qtbot: QtBot, open_compare: Open) -> None:
    state = compared.racing()
    window = open_compare(state)
    window.enter_presentation()
    stop = asked(qtbot, window, lambda: qtbot.keyClick(window.race_presentation, Qt.Key.Key_Home))
    window.show_state(run_state.asked(state, stop))
    window.race_presentation.show_now()
    assert "Stopping" in window.race_presentation.words()


def test_nothing_is_read_while_a_comparison_goes_on(open_compare: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_compare(compared.racing()).compare_page
    read: list[object] = []
    monkeypatch.setattr(page.subject, "read", lambda: read.append(1))
    page.start()
    page.find_fastest()
    page._climb("eager", "bf16")
    assert read == []


# --- the choice that was found ---


def test_auto_runs_what_was_found_fastest(open_compare: Open) -> None:
    window = open_compare(compared.picked(), Settings(mode="auto"))
    run = window.run_page
    assert "ONNX Runtime, int8-dynamic: 3.40×, found on 2026-09-" in run.modes.auto.words()
    assert run.modes.auto.radio.isChecked()
    request = run.request()
    assert request is not None
    assert (request.mode, request.precision, request.threads) == ("onnx-runtime", "int8-dynamic", 1)
    assert run.modes.remembered() == "auto"


def test_another_choice_leaves_auto_and_auto_can_be_chosen_again(open_compare: Open) -> None:
    window = open_compare(compared.picked())
    modes = window.run_page.modes
    assert not modes.auto.radio.isChecked()
    modes.auto.radio.click()
    assert modes.remembered() == "auto"
    assert window.settings().mode == "auto"
    modes._rows["torchscript"].radio.click()
    assert modes.remembered() == "torchscript"
    assert modes.auto_threads() == 0


def test_with_nothing_found_auto_leads_to_the_compare_page(open_compare: Open) -> None:
    window = open_compare(None, Settings(mode="auto"))
    window.show_page("run")
    modes = window.run_page.modes
    assert not modes.auto.radio.isEnabled()
    mode = modes.mode()
    assert mode is not None
    assert mode.id == "eager"
    modes.auto.search.click()
    assert window._pages.currentWidget() is window.compare_page


def test_with_nothing_found_a_click_chooses_another_mode(open_compare: Open) -> None:
    window = open_compare(compared.picked(), Settings(mode="auto"))
    window.show_page("run")
    window.show_state(compared.opened())  # another model, say: nothing was found for it
    modes = window.run_page.modes
    assert not modes.auto.radio.isChecked()
    assert modes.remembered() == "auto"

    modes._rows["torchscript"].radio.click()
    request = window.run_page.request()
    assert request is not None
    assert request.mode == modes.remembered() == window.settings().mode == "torchscript"


def test_auto_shows_its_threads_and_another_count_leaves_it(open_compare: Open) -> None:
    window = open_compare(compared.picked(), Settings(mode="auto", threads=2))
    run = window.run_page
    assert run.speed.thread_count() == 1
    assert window.settings().threads == 2  # the person's own stays

    run.speed.threads.setCurrentIndex(run.speed.threads.findData(2))
    run.speed.threads.activated.emit(2)
    request = run.request()
    assert request is not None
    assert (request.mode, request.precision, request.threads) == ("onnx-runtime", "int8-dynamic", 2)
    assert run.modes.remembered() == window.settings().mode == "onnx-runtime"


def test_another_mode_than_auto_has_the_threads_of_the_person(open_compare: Open) -> None:
    run = open_compare(compared.picked(), Settings(mode="auto", threads=2)).run_page
    run.modes._rows["torchscript"].radio.click()
    request = run.request()
    assert request is not None
    assert (request.mode, request.threads) == ("torchscript", 2)


def with_option(state: State) -> State:
    option = Option(id="level", title="Level", plain="How much.", choices=("all", "none"))
    assert state.catalogue is not None
    modes = tuple(
        replace(mode, options=(option,)) if mode.id == "onnx-runtime" else mode for mode in state.catalogue.modes
    )
    return dataclasses.replace(state, catalogue=replace(state.catalogue, modes=modes))


def test_what_was_found_runs_with_the_options_it_was_found_with(open_compare: Open) -> None:
    kept = Settings(mode="auto", options={"onnx-runtime": {"level": "none"}})
    window = open_compare(with_option(compared.picked()), kept)
    modes = window.run_page.modes
    request = window.run_page.request()
    assert request is not None
    assert request.options == {}

    modes._rows["onnx-runtime"].radio.click()
    request = window.run_page.request()
    assert request is not None
    assert request.options == window.settings().options["onnx-runtime"] == {"level": "none"}

    window.show_state(with_option(compared.done()))
    window.compare_page.race.outcome.use.click()
    request = window.run_page.request()
    assert request is not None
    assert (request.mode, request.options) == ("onnx-runtime", {})


# --- the whole, with the engine ---


@pytest.fixture
def session(qtbot: QtBot, own_home: Path) -> Iterator[Session]:
    left_out = ("torchscript", "torch-compile", "onnx-runtime", "openvino", "ipex", "bf16", "bf16-autocast")
    choice = CompareChoice(left_out=(*left_out, "int8-dynamic", "int8-static", "int8-weights"), inputs="example")
    settings.save(Settings(threads=1, page="compare", compare=choice))
    made = Session(settings.load())
    made.window.show()
    made.window.activateWindow()
    with qtbot.waitActive(made.window):
        made.start()
    yield made
    made.window.close()
    made.window.deleteLater()


@pytest.mark.slow
def test_two_modes_are_compared_by_the_real_engine(qtbot: QtBot, session: Session) -> None:
    page = session.window.compare_page
    qtbot.waitUntil(lambda: page.bar.button.isEnabled() and session.state.live, timeout=LONG_MS)
    qtbot.keyClick(page.bar.button, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.state.comparing is not None, timeout=LONG_MS)
    qtbot.waitUntil(lambda: session.state.comparing is not None and session.state.comparing.over, timeout=LONG_MS)
    qtbot.wait(250)

    view = session.state.comparing
    assert view is not None
    assert view.failure is None
    measured = [cell for cell in view.cells.values() if cell.p50_ms is not None]
    assert {cell.mode for cell in measured} == {"eager", "better-transformer"}
    assert "BetterTransformer, fp32" in page.race.chart.words()
    assert "identical answers" in page.race.chart.words()
    assert page.bar.button.accessibleName() == "Compare"
