"""Choices that a mode offers, and those that it lists and refuses."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from engine.wire.values import Option
from gui.pages.run_page.mode_options import ModeOptions

BACKEND = Option(
    id="backend",
    title="Compiler",
    plain="What makes code.",
    choices=("inductor", "eager"),
    refused={"tvm": "It is not installed."},
)


def test_refused_choice_is_shown_with_its_reason_and_cannot_be_taken(qtbot: QtBot) -> None:
    options = ModeOptions()
    qtbot.addWidget(options)
    options.show_options((BACKEND,), {"backend": "tvm"})
    box = options.findChild(QComboBox)
    assert box is not None

    assert [box.itemText(place) for place in range(box.count())] == ["inductor", "eager", "tvm"]
    assert box.currentText() == "inductor"  # what was remembered and cannot be chosen falls to the first
    assert box.itemData(2, Qt.ItemDataRole.ToolTipRole) == "It is not installed."
    assert not box.model().flags(box.model().index(2, 0)) & Qt.ItemFlag.ItemIsEnabled
    box.setFocus()
    for _ in range(4):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert options.values() == {"backend": "eager"}
