"""PySide6 6.12 on Python below 3.12 loses a reference to None at each void call, and aborts after some thousands."""

import sys

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot


class Source(QObject):
    fired = Signal(bool)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_void_calls_and_signals_keep_their_references(qtbot: QtBot) -> None:
    label, source = QLabel(), Source()
    qtbot.addWidget(label)
    before = sys.getrefcount(None), sys.getrefcount(True)
    for number in range(1_000):
        label.setText("x")
        label.update()
        source.fired.emit(True)
        label.setEnabled(number % 2 == 0)
    after = sys.getrefcount(None), sys.getrefcount(True)

    assert abs(after[0] - before[0]) < 100
    assert abs(after[1] - before[1]) < 100
