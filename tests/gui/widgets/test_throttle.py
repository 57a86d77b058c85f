"""Redraws at most so often, and the last ask is never lost."""

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from gui.widgets.throttle import Throttle


def test_first_ask_acts_at_once_and_many_become_two(qtbot: QtBot, qapp: QObject) -> None:
    acted: list[int] = []
    throttle = Throttle(80, lambda: acted.append(1), qapp)
    for _ in range(50):
        throttle.ask()
    assert len(acted) == 1

    qtbot.waitUntil(lambda: len(acted) == 2, timeout=1_000)
    qtbot.wait(200)
    assert len(acted) == 2  # no timer goes on while nobody asks


def test_flush_acts_now_and_drop_forgets(qtbot: QtBot, qapp: QObject) -> None:
    acted: list[int] = []
    throttle = Throttle(60_000, lambda: acted.append(1), qapp)
    throttle.ask()
    throttle.ask()
    throttle.flush()
    assert len(acted) == 2

    throttle.ask()
    throttle.drop()
    throttle.flush()
    assert len(acted) == 2
