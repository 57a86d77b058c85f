"""The Compare page: what is chosen becomes one request."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.wire.messages import Compare
from gui.pages.compare_page import texts
from tests.gui import compared
from tests.gui.pages.compare_desk import Open, asked, seen


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
