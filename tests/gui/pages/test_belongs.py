"""What is shown belongs to what is chosen: an answer or figure of something else is gone, or says whose it is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.wire.values import Option, RunReport
from gui.pages.run_page import RunPage
from gui.pages.run_page.result_panel import ANOTHER
from gui.run_state import RunView, State
from gui.settings import Settings
from tests.gui import replay

Open = Callable[..., RunPage]


def seen(widget: QWidget) -> str:
    """All labels that can be seen."""
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def run_of(state: State) -> RunView:
    assert state.run is not None
    return state.run


def with_another_model(state: State) -> State:
    """The same after the person picked another model that can do the same."""
    assert state.model is not None
    model = msgspec.structs.replace(state.model, ref="/models/other", name="other", folder="/models/other")
    return replace(state, model=model)


def with_report(state: State, report: RunReport) -> State:
    return replace(state, run=replace(run_of(state), report=report))


def test_another_model_takes_the_answer_and_the_speedup_away_and_the_first_brings_them_back(open_page: Open) -> None:
    state = replay.last("checked")
    page = open_page(state)
    figure = page.speed._figure.text()
    assert "faster" in page.speed.announcement()

    page.show_state(with_another_model(state))

    assert page.result.view() is None
    assert "faster" not in seen(page)
    assert figure not in seen(page)
    assert not page.speed.check.isVisible()
    assert not page.result.copy.isEnabled()

    page.show_state(state)

    assert page.result.view() is not None
    assert "faster" in page.speed.announcement()


def test_a_run_of_another_model_that_goes_on_is_named(open_page: Open) -> None:
    state = replay.last("repeating")
    page = open_page(with_another_model(replace(state, run=replace(run_of(state), model_name="the-first"))))

    assert "the-first, Sentence similarity" in page.speed._what.whole()
    assert ANOTHER in seen(page.result)
    assert page.result.view() is None


def test_typing_does_not_reach_the_run_of_another_model(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(with_another_model(replay.last("repeating")))
    asked: list[object] = []
    page.asked.connect(asked.append)
    page.form.fill({"source_sentence": "for the other", "sentences": ["a"]})
    qtbot.wait(300)

    assert asked == []


def test_the_action_names_what_runs_and_not_what_was_chosen_meanwhile(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(replay.last("repeating"))
    assert "None (eager)" in page.bar._why.text()
    qtbot.mouseClick(page.modes._rows["onnx-runtime"].radio, Qt.MouseButton.LeftButton)

    assert "None (eager)" in page.bar._why.text()


def test_an_answer_to_a_former_input_says_so_until_the_input_is_back(qtbot: QtBot, open_page: Open) -> None:
    state = replay.last("checked")
    page = open_page(state, Settings(mode="onnx-runtime"))
    page.form.fill(run_of(state).answer_fields)
    qtbot.waitUntil(lambda: not page.result.former.isVisible())
    page.form.fill({"source_sentence": "Something else.", "sentences": ["x"]})
    qtbot.waitUntil(page.result.former.isVisible)
    assert "input has changed" in page.result.former.words()

    page.form.fill(run_of(state).answer_fields)
    qtbot.waitUntil(lambda: not page.result.former.isVisible())


def test_an_answer_of_another_acceleration_says_so(qtbot: QtBot, open_page: Open) -> None:
    state = replay.last("checked")
    page = open_page(state, Settings(mode="onnx-runtime", inputs={"sentence-similarity": run_of(state).answer_fields}))
    assert not page.result.former.isVisible()
    qtbot.mouseClick(page.modes._rows["eager"].radio, Qt.MouseButton.LeftButton)

    assert "Another acceleration" in page.result.former.words()


def test_what_was_typed_right_before_the_task_was_changed_is_kept(open_page: Open) -> None:
    state = replay.last("opened")
    assert state.model is not None
    tasks = ("feature-extraction", "sentence-similarity")
    page = open_page(replace(state, model=msgspec.structs.replace(state.model, tasks=tasks)))
    for typed in ("h", "hello", "hello new words"):
        page.form.fill({"inputs": typed})
    for task in ("sentence-similarity", "feature-extraction"):
        page.task.choice.setCurrentIndex(page.task.choice.findData(task))
        page.task.choice.activated.emit(0)

    assert page.form.fields() == {"inputs": "hello new words"}


def test_eager_itself_needs_no_check_unless_something_of_it_was_chosen_otherwise(open_page: Open) -> None:
    state = replay.last("checked")
    report = run_of(state).report
    assert report is not None
    eager = msgspec.structs.replace(report, mode_executed="eager", agreement=None, ratio=None)
    state = with_report(state, eager)
    request = msgspec.structs.replace(run_of(state).request, mode="eager")
    page = open_page(replace(state, run=replace(run_of(state), request=request)))
    assert "this is eager itself" in page.speed.announcement()
    assert not page.speed.check.isVisible()

    assert state.catalogue is not None
    option: Option = state.catalogue.modes[0].options[0]
    unusual = msgspec.structs.replace(request, options={option.id: option.choices[1]})
    page.show_state(replace(state, run=replace(run_of(state), request=unusual)))
    assert "not checked" in page.speed.announcement()
    assert page.speed.check.isVisible()


def test_a_speedup_says_which_times_it_is_made_of(open_page: Open) -> None:
    """They are of calls in turn, and differ from the run's own median where the machine is busy."""
    state = replay.last("checked")
    report = run_of(state).report
    assert report is not None
    assert report.ratio is not None
    ratio = msgspec.structs.replace(report.ratio, value=2.0, eager_ms=40.0, mode_ms=20.0)
    page = open_page(with_report(state, msgspec.structs.replace(report, ratio=ratio)))

    assert "2.00× faster than eager, same answer (20.0 ms against 40.0 ms, called in turn)" in page.speed.announcement()


def test_check_hands_the_focus_to_stop_and_not_to_a_chip(qtbot: QtBot, open_page: Open) -> None:
    state = replay.last("checked")
    report = run_of(state).report
    assert report is not None
    page = open_page(with_report(state, msgspec.structs.replace(report, agreement=None, ratio=None)))
    with qtbot.waitActive(page):
        page.activateWindow()
    page.speed.check.setFocus()
    page.show_state(replay.last("repeating"))

    assert page.window().focusWidget() is page.bar.button


def test_a_page_that_is_not_shown_takes_no_focus(qtbot: QtBot) -> None:
    page = RunPage(Settings())
    other = QWidget()
    qtbot.addWidget(page)
    qtbot.addWidget(other)
    other.show()
    page.show_state(replay.last("opened"))

    assert not page.bar.button.hasFocus()
    assert page.bar.button.isEnabled()
    page.show()
    page.show_state(replay.last("opened"))
    assert page.window().focusWidget() is page.bar.button


def test_a_result_that_was_saved_in_the_end_leaves_no_failure(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(replay.last("checked"))
    for place in (tmp_path / "missing" / "r.txt", tmp_path / "r.txt"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, place=place: (str(place), ""))
        page.result._save_as("txt")
        QApplication.processEvents()
        assert (page.result.failure() is None) == place.exists()
    assert (tmp_path / "r.txt").read_text("utf-8") == page.result.content("txt")
