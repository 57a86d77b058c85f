"""Wiring only: application, theme, thread, window, and the state between them."""

import signal
import sys
import time

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from engine.client import is_last
from engine.wire.messages import (
    Allow,
    AnyEvent,
    AnyRequest,
    Catalogue,
    Describe,
    Described,
    FreeUp,
    ListRuntimes,
    Notice,
    Revoke,
    Stop,
)
from gui import run_state, settings
from gui.engine_thread import EngineThread
from gui.main_window import MainWindow
from gui.run_state import State
from gui.settings import Loaded, Settings
from gui.theme import Wardrobe
from gui.widgets.icons import application_icon
from gui.widgets.throttle import Throttle

SHOW_EVERY_MS = 180
"""Samples come ten times a second; to draw them as often took 3.6 % of a core beside a measurement on a slow day."""


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
        self.thread_of_engine = EngineThread(loaded.settings.threads, offline=loaded.settings.network_off)
        self._show = Throttle(SHOW_EVERY_MS, self._show_state, self)
        self.window.asked.connect(self.ask)
        self.window.try_again_asked.connect(self._try_again)
        self.window.reset_asked.connect(self._reset)
        self.window.settings_changed.connect(self._save)
        self.window.network_chosen.connect(self._set_network)
        self.window.closing.connect(self.close)
        self.thread_of_engine.events_arrived.connect(self._take)
        self.window.show_state(self.state)

    def start(self) -> None:
        """Starts the engine; the window may be shown before."""
        self.thread_of_engine.start()
        self._describe(self._saved.model)

    def ask(self, request: AnyRequest) -> None:
        """Passes on what the person asked for, and shows at once that it was."""
        self.state = run_state.asked(self.state, request)
        if isinstance(request, Stop):
            self.thread_of_engine.stop(request.id)
        else:
            self.thread_of_engine.send(request)
        self._save(self.window.settings())
        self._show_state()

    def _take(self, batch: list[AnyEvent]) -> None:
        if self._closed:
            return  # what was under way when the window was closed
        now_s = time.monotonic()
        before = self.state
        for event in batch:
            self.state = run_state.apply(self.state, event, now_s)
            if isinstance(event, Catalogue):
                settings.keep(event)
                self._look_at_runtimes()
            elif isinstance(event, Notice) and not event.id:
                self.window.run_page.note(event.text)
            elif isinstance(event, Described) and self.state.model is event.model:
                settings.keep(event)
                self.window.run_page.described(event.model.ref, self.state.tokenizer)
        self._follow(before)
        self._show.ask()
        if any(is_last(event) for event in batch):
            self._show.flush()  # an end is seen at once

    def _follow(self, before: State) -> None:
        """Asks for what is new after something has ended: the model that came, what is prepared now, what is free."""
        now = self.state
        awaited = before.download
        came = awaited is not None and now.download_of(awaited.request.id) is None and now.model_failure is None
        if came and awaited is not None and awaited.then is not None:
            self._describe(awaited.then.ref, awaited.then.tokenizer)
        elif now.model is not None and (
            (before.running and not now.running)
            or (before.compares is not None and now.compares is None)
            or (isinstance(before.storing, FreeUp) and now.storing is None)
            or (isinstance(before.consenting, Allow | Revoke) and now.consenting is None)
            or (before.runtimes.busy_with and not now.runtimes.busy_with)
            or ("delete" in before.hub.waiting and "delete" not in now.hub.waiting)
        ):
            again = Describe(id=run_state.new_id("describe"), ref=now.model.ref, tokenizer=now.tokenizer)
            asked = now.describing  # where another model is being looked into, that comes first
            if asked is None or (asked.ref, asked.tokenizer) == (again.ref, again.tokenizer):
                self.state = run_state.describing(now, again, again=True)
                self.thread_of_engine.send(again)

    def _look_at_runtimes(self) -> None:
        """Where a mode needs one: what installing it takes is to be said before."""
        catalogue, view = self.state.catalogue, self.state.runtimes
        if catalogue is not None and view.asked is None and any(mode.runtime != "main" for mode in catalogue.modes):
            self.ask(ListRuntimes(id=run_state.new_id("runtimes")))

    def _describe(self, ref: str, tokenizer: str | None = None) -> None:
        """``tokenizer`` None takes the one that is remembered with the model."""
        tokenizer = self._saved.tokenizers.get(ref, "") if tokenizer is None else tokenizer
        self.ask(Describe(id=run_state.new_id("describe"), ref=ref, tokenizer=tokenizer))

    def _set_network(self, off: bool) -> None:
        self.thread_of_engine.set_offline(off)

    def _try_again(self) -> None:
        self.state = run_state.trying_again(self.state)
        self.thread_of_engine.try_again()
        self._describe(self._saved.model)

    def _reset(self) -> None:
        """Settings as at the first start, and the starter with them."""
        self.window.reset(Settings())
        self._save(self.window.settings())
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
    return State(catalogue=loaded.catalogue, model=described.model, cells=cells, picks=described.picks)


def run_window() -> int:
    """Opens the window and blocks until it is closed. Returns the exit status."""
    # Ctrl+C in the terminal ends the program at once (Python would wait for the next event); children see it by
    # their lifeline.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Fastpath")
    application.setDesktopFileName("dev.fastpath.fastpath")  # as briefcase.toml names it
    loaded = settings.load()
    wardrobe = Wardrobe(application, loaded.settings.theme)
    session = Session(loaded)
    session.window.theme_chosen.connect(wardrobe.choose)
    session.window.show()
    session.start()
    status = application.exec()
    session.close()
    del session, wardrobe
    return status
