"""Wiring only: application, theme, thread, window, and the state between them."""

import sys
import time

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from engine.wire.messages import (
    AnyEvent,
    Catalogue,
    Describe,
    Described,
    Run,
    Stop,
    Update,
)
from gui import run_state, settings
from gui.engine_thread import EngineThread
from gui.main_window import MainWindow
from gui.run_state import State
from gui.settings import Loaded, Settings
from gui.theme import Wardrobe
from gui.widgets.icons import application_icon
from gui.widgets.throttle import Throttle

SHOW_EVERY_MS = 100


class Session(QObject):
    """The window, the engine's thread, and the state that goes between them.

    Thread: the window's. ``close`` ends the engine; closing the window calls it.
    """

    def __init__(self, loaded: Loaded) -> None:
        super().__init__()
        self.state = _first_state(loaded)
        self.window = MainWindow(loaded.settings, application_icon(), loaded.notices)
        self._saved = loaded.settings
        self._asked_again = ""
        self._closed = False
        self.thread_of_engine = EngineThread(loaded.settings.threads)
        self._show = Throttle(SHOW_EVERY_MS, self._show_state, self)
        page = self.window.run_page
        page.asked.connect(self.ask)
        page.try_again_asked.connect(self._try_again)
        self.window.closing.connect(self.close)
        self.thread_of_engine.events_arrived.connect(self._take)
        self.window.show_state(self.state)

    def start(self) -> None:
        """Starts the engine; the window may be shown before."""
        self.thread_of_engine.start()
        self._describe(self._saved.model)

    def ask(self, request: Run | Update | Stop | Describe) -> None:
        """Passes on what the person asked for, and shows at once that it was."""
        if isinstance(request, Stop):
            self.state = run_state.stopping(self.state)
            self.thread_of_engine.stop(request.id)
        else:
            if isinstance(request, Run):
                self.state = run_state.began(self.state, request)
            elif isinstance(request, Update):
                self.state = run_state.updated(self.state, request)
            else:
                self.state = run_state.describing(self.state, request)
            self.thread_of_engine.send(request)
        self._save(self.window.settings())
        self._show_state()

    def _take(self, batch: list[AnyEvent]) -> None:
        now_s = time.monotonic()
        was_running = self.state.running
        for event in batch:
            self.state = run_state.apply(self.state, event, now_s)
            if isinstance(event, Catalogue):
                settings.keep(event)
            elif isinstance(event, Described) and self.state.model is event.model:
                settings.keep(event)
                self.window.run_page.described(event.model.ref)
        if was_running and not self.state.running and self.state.model is not None:
            self._describe(self.state.model.ref)  # what is prepared now, and the memory that is free
        self._show.ask()

    def _describe(self, ref: str) -> None:
        self.ask(Describe(id=run_state.new_id("describe"), ref=ref))

    def _try_again(self) -> None:
        self.state = run_state.trying_again(self.state)
        self.thread_of_engine.try_again()
        self._describe(self._saved.model)

    def _show_state(self) -> None:
        self.window.show_state(self.state)

    def _save(self, newest: Settings) -> None:
        if newest != self._saved:
            self._saved = newest
            self.window.run_page.note(settings.save(newest))

    def close(self, newest: Settings | None = None) -> None:
        """Keeps what is to be remembered, and ends the engine."""
        if self._closed:
            return
        self._closed = True
        self._show.drop()
        if newest is not None:
            settings.save(newest)
        self.thread_of_engine.close()


def _first_state(loaded: Loaded) -> State:
    """What was kept on the disk, to be shown until the engine speaks."""
    if loaded.catalogue is None:
        return State()
    described = loaded.described
    if described is None:
        return State(catalogue=loaded.catalogue)
    cells = {(cell.mode, cell.precision): cell for cell in described.cells}
    return State(catalogue=loaded.catalogue, model=described.model, cells=cells)


def run_window() -> int:
    """Opens the window and blocks until it is closed. Returns the exit status."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Fastpath")
    application.setDesktopFileName("fastpath")
    loaded = settings.load()
    wardrobe = Wardrobe(application, loaded.settings.theme)
    session = Session(loaded)
    session.window.show()
    session.start()
    status = application.exec()
    session.close()
    del session, wardrobe
    return status
