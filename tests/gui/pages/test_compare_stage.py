"""The presentation view of a race."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.wire.messages import Compare, Stop
from gui import run_state
from gui.settings import CompareChoice, Settings
from tests.gui import compared
from tests.gui.pages.compare_desk import Open, asked


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
