"""What tests of the window share: a display (a virtual one where there is none), the theme, a page that was opened."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import settings
from gui.app import Session
from gui.pages.run_page import RunPage
from gui.run_state import State
from gui.settings import Settings
from gui.theme import LIGHT, Wardrobe, worn
from tests.gui import replay
from tests.gui.sessions import LONG_MS, NAME, PROXIES
from tests.hub_server import Hub, Repo, serving


@pytest.fixture(autouse=True)
def _no_data_of_others(own_home: Path) -> None:
    """Each test of the window has a data folder of its own."""


@pytest.fixture
def resting_collector() -> Iterator[None]:
    """What a test times is not held up by a whole collection of what others left."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="session")
def only_wardrobe(qapp: QApplication) -> Wardrobe:
    return Wardrobe(qapp, "light")


@pytest.fixture(autouse=True)
def wardrobe(only_wardrobe: Wardrobe) -> Iterator[Wardrobe]:
    """The light theme, and afterwards no widget left: what is to be deleted waits for an event loop else."""
    yield only_wardrobe
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    if worn() is not LIGHT:
        only_wardrobe.choose("light")


@pytest.fixture
def open_page(qtbot: QtBot) -> Callable[..., RunPage]:
    """``open_page(state, settings)``: a shown Run page; without a state, one whose engine is ready."""

    def make(state: State | None = None, settings: Settings | None = None) -> RunPage:
        page = RunPage(settings or Settings())
        qtbot.addWidget(page)
        page.resize(1116, 730)
        page.show()
        qtbot.waitExposed(page)
        page.show_state(state if state is not None else replay.last("opened"))
        QApplication.processEvents()  # new parts are shown by their layout's next turn
        return page

    return make


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A stand-in of the Hub, and an empty shared cache."""
    for name in (*PROXIES, "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def repo(hub: Hub, tiny: Callable[[str, str], Path]) -> Repo:
    """A tiny classifier on the Hub."""
    folder = tiny("bert", "SequenceClassification")
    hub.repos[NAME] = Repo({file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()})
    return hub.repos[NAME]


@pytest.fixture
def open_session(qtbot: QtBot, own_home: Path) -> Iterator[Callable[..., Session]]:
    sessions: list[Session] = []

    def make(**kept: bool) -> Session:
        settings.save(Settings(threads=1, **kept))  # type: ignore[arg-type]
        session = Session(settings.load())
        sessions.append(session)
        session.window.show()
        with qtbot.waitActive(session.window):  # shortcuts are the active window's
            session.window.activateWindow()
        session.start()
        qtbot.waitUntil(lambda: session.state.live and session.state.describing is None, timeout=LONG_MS)
        return session

    yield make
    for session in sessions:
        session.window.close()
        session.window.deleteLater()
