"""The Models page, and a desk for it that answers what a test tells it to."""

from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.wire.messages import AnyEvent, AnyRequest, LookAtHub
from gui import run_state
from gui.pages.models_page import ModelsPage
from gui.run_state import State
from gui.settings import Settings
from tests.gui import replay


class Desk:
    """A page, and a desk that answers what it was told to answer."""

    def __init__(self, page: ModelsPage, state: State) -> None:
        self.page = page
        self.state = state
        self.asked: list[AnyRequest] = []
        page.asked.connect(self.take)

    def take(self, request: AnyRequest) -> None:
        self.asked.append(request)
        self.state = run_state.asked(self.state, request)
        self.page.show_state(self.state)

    def hear(self, *events: AnyEvent) -> None:
        for event in events:
            self.state = run_state.apply(self.state, event, 0.0)
        self.page.show_state(self.state)

    def show(self, change: Callable[[State], State]) -> None:
        self.state = change(self.state)
        self.page.show_state(self.state)

    def of(self, kind: type[AnyRequest]) -> list[AnyRequest]:
        return [request for request in self.asked if isinstance(request, kind)]


Open = Callable[..., Desk]


def opener(qtbot: QtBot) -> Open:
    """Opens a page as a person sees it."""
    desks: list[Desk] = []  # a page does not keep who listens to it

    def make(state: State | None = None, kept: Settings | None = None) -> Desk:
        page = ModelsPage()
        qtbot.addWidget(page)
        page.resize(1116, 730)
        page.show_settings(kept or Settings())
        desk = Desk(page, state or replay.last("opened"))
        desks.append(desk)
        page.show_state(desk.state)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        QApplication.processEvents()
        return desk

    return make


def words(page: QWidget) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def rows(desk: Desk) -> list[str]:
    return [row.title for row in desk.page.hub.list.model_rows.rows]


def select(qtbot: QtBot, desk: Desk, repo: str) -> None:
    desk.page.hub.list.select(repo)
    qtbot.waitUntil(lambda: any(getattr(one, "ref", "") == repo for one in desk.of(LookAtHub)), timeout=2_000)
