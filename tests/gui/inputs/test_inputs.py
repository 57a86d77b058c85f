"""Each kind of field: what goes in comes out, and Ctrl+Z brings back what was there."""

from typing import Any

import pytest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from engine.wire.values import Field
from gui.inputs import INPUTS, Input


def made(qtbot: QtBot, kind: Any) -> Input:
    found = INPUTS[kind](Field(id="f", title="Field", kind=kind))
    qtbot.addWidget(found.widget())
    return found


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("line", "one line 👩‍🔬 日本 مرحبا"),
        ("text", "two\nlines\n\n  and spaces  "),
        ("lines", ["one", "two 日本", "three"]),
    ],
)
def test_what_goes_in_comes_out(qtbot: QtBot, kind: str, value: Any) -> None:
    field = made(qtbot, kind)
    field.set_value(value)

    assert field.value() == value


@pytest.mark.parametrize("kind", sorted(INPUTS))
def test_a_value_of_another_kind_empties_it(qtbot: QtBot, kind: str) -> None:
    field = made(qtbot, kind)
    field.set_value({"not": "mine"})

    assert not field.value()


@pytest.mark.parametrize("kind", sorted(INPUTS))
def test_undo_brings_back_what_was_there(qtbot: QtBot, kind: str) -> None:
    field = made(qtbot, kind)
    typed: Any = ["mine"] if kind == "lines" else "mine"
    field.set_value(typed)
    field.set_value([] if kind == "lines" else "")
    widget = field.widget()
    assert isinstance(widget, QLineEdit | QPlainTextEdit)
    widget.undo()

    assert field.value() == typed


def test_empty_lines_count_for_nothing(qtbot: QtBot) -> None:
    field = made(qtbot, "lines")
    widget = field.widget()
    assert isinstance(widget, QPlainTextEdit)
    widget.setPlainText("one\n\n   \ntwo\n")

    assert field.value() == ["one", "two"]


def test_a_list_with_line_breaks_stays_a_list_of_as_many(qtbot: QtBot) -> None:
    field = made(qtbot, "lines")
    field.set_value(["one\nand more", "two"])

    assert field.value() == ["one and more", "two"]


@pytest.mark.parametrize("kind", sorted(INPUTS))
def test_typing_is_told(qtbot: QtBot, kind: str) -> None:
    field = made(qtbot, kind)
    field.widget().show()
    with qtbot.waitSignal(field.changed, timeout=1_000):
        qtbot.keyClicks(field.widget(), "a")
