"""What tests of the Compare page share."""

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.pages.compare_page import ComparePage

Open = Callable[..., MainWindow]


def seen(page: ComparePage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def asked(qtbot: QtBot, window: MainWindow, action: Callable[[], object]) -> Any:
    with qtbot.waitSignal(window.asked, timeout=1_000) as caught:
        action()
    return caught.args[0]
