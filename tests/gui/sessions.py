"""The real window with its engine, before a stand-in of the Hub (fixtures ``hub``, ``repo``, ``open_session``)."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from gui.app import Session
from gui.pages.run_page import RunPage

LONG_MS = 120_000
SLOW_BYTES_PER_S = 200_000
WEIGHTS = "model.safetensors"
NAME = "org/reviews"
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy")


def mending(page: RunPage, title: str) -> QPushButton:
    """The button of the failure at the model."""
    return next(one for one in page.model.remedies() if one.accessibleName() == title)


def press(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def failed(qtbot: QtBot, page: RunPage, code: str) -> None:
    def told() -> bool:
        failure = page.model.failure()
        return failure is not None and failure.code == code

    qtbot.waitUntil(told, timeout=LONG_MS)


def chosen(qtbot: QtBot, session: Session, ref: str) -> None:
    qtbot.waitUntil(lambda: session.state.model is not None and session.state.model.ref == ref, timeout=LONG_MS)
    qtbot.waitUntil(lambda: session.state.describing is None, timeout=LONG_MS)
    qtbot.wait(250)  # the throttle's last picture


def run(qtbot: QtBot, session: Session) -> None:
    press(qtbot, session.window.run_page.bar.button)
    qtbot.waitUntil(lambda: session.state.run is not None and session.state.run.over, timeout=LONG_MS)
    qtbot.waitUntil(lambda: session.state.describing is None, timeout=LONG_MS)
    qtbot.wait(250)
