"""A paragraph of a megabyte: typing stays quick, and nothing of how that is done is in the value."""

import statistics
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.wire.values import Field
from gui.inputs import long_text
from gui.inputs.line import LONGEST_CHARACTERS, LineInput
from gui.inputs.long_text import LongText
from gui.inputs.text import TextInput
from gui.pages.run_page.form_panel import NOT_KEPT
from gui.run_state import State
from tests.gui import replay
from tests.gui.pages.test_failures import Open, words

MEGABYTE = 1_000_000
TYPED_WITHIN_MS = 50
UNITS = ["word ", "日本語テキスト", "مرحبا بالعالم ", "👩🏽‍🚀🌕"]


def field(qtbot: QtBot) -> TextInput:
    made = TextInput(Field(id="f", title="Field", kind="text"))
    qtbot.addWidget(made)
    made.resize(500, 200)
    made.show()
    return made


@pytest.mark.parametrize("unit", UNITS)
def test_a_megabyte_without_a_line_break_is_typed_into_quickly(qtbot: QtBot, unit: str) -> None:
    text = (unit * (MEGABYTE // len(unit.encode()) + 1))[:MEGABYTE]
    made = field(qtbot)
    made.set_value(text)
    QApplication.processEvents()
    assert made.value() == text

    took_ms = []
    for _ in range(8):
        began = time.thread_time()
        qtbot.keyClick(made, Qt.Key.Key_A)
        QApplication.processEvents()
        took_ms.append((time.thread_time() - began) * 1e3)
    assert made.value() == "aaaaaaaa" + text
    assert statistics.median(took_ms) < TYPED_WITHIN_MS


@given(st.text(alphabet=st.sampled_from("ab \nñ日\u200b👩"), max_size=200).map(lambda text: text * 60))
def test_what_is_parted_is_joined_again(text: str) -> None:
    assert long_text.without_seams(long_text.with_seams(text)) == text
    assert max(map(len, long_text.with_seams(text).split("\n"))) <= long_text.LONGEST_CHARACTERS


def test_copied_and_pasted_text_has_no_seam(qtbot: QtBot) -> None:
    text = "word " * 4_000
    made = field(qtbot)
    pasted = QMimeData()
    pasted.setText(text)
    made.insertFromMimeData(pasted)
    assert made.document().blockCount() > 4
    assert made.value() == text

    made.selectAll()
    made.copy()
    assert QApplication.clipboard().text() == text


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_what_is_deleted_at_a_seam_leaves_no_line_break(qtbot: QtBot, key: Qt.Key) -> None:
    text = "x" * 10_000
    made = field(qtbot)
    made.set_value(text)
    cursor = QTextCursor(made.document())
    cursor.setPosition(long_text.PART_CHARACTERS + (0 if key == Qt.Key.Key_Delete else len(long_text.SEAM)))
    made.setTextCursor(cursor)
    qtbot.keyClick(made, key)

    assert made.value() == text


def test_undo_brings_the_long_text_back(qtbot: QtBot) -> None:
    text = "word " * 4_000
    made = field(qtbot)
    made.set_value(text)
    made.set_value("")
    made.undo()

    assert made.value() == text


def test_a_line_says_that_it_left_something_out(qtbot: QtBot) -> None:
    line = LineInput(Field(id="f", title="Question", kind="line"))
    qtbot.addWidget(line)
    line.set_value("x" * (LONGEST_CHARACTERS + 5))
    assert len(line.value()) == LONGEST_CHARACTERS
    assert line.note() == "Question takes 10,000 characters at most. What was beyond is left out."

    line.set_value("short")
    assert line.note() == ""


def test_the_form_tells_what_is_cut_and_what_is_not_kept(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(replay.last("opened") or State())
    page.form.fill({"source_sentence": "x" * (LONGEST_CHARACTERS + 5), "sentences": ["one"]})
    assert "What was beyond is left out." in words(page.form)

    page.form.fill({"source_sentence": "short", "sentences": ["y" * 300_000]})
    page.panes()  # as at the window's end, what waits is remembered
    assert NOT_KEPT in words(page.form)
    assert LongText in type(page.form.inputs()["sentences"]).__mro__
