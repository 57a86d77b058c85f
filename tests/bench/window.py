"""Benchmarks of the window: what it costs beside a measurement."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from engine.models import starter
from engine.wire.messages import Run, Stop
from tests.bench.bars import Bar
from tests.talk import SIMILARITY

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from gui.app import Session

MEASURED_S = 5.0


@contextlib.contextmanager
def window(folder: Path) -> Iterator[tuple["QApplication", "Session"]]:
    """The real window with its engine, shown on the display there is (else off screen), ready to run."""
    os.environ["FASTPATH_HOME"] = str(folder)
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from gui import settings
    from gui.app import Session

    application = QApplication.instance() or QApplication(["fastpath"])
    assert isinstance(application, QApplication)
    session = Session(settings.load())
    session.window.show()
    session.start()
    try:
        turn_until(application, lambda: session.state.model is not None)
        yield application, session
    finally:
        session.close()
        session.window.close()


def turn_until(application: "QApplication", wanted: Callable[[], bool], timeout_s: float = 120) -> None:
    """Lets the event loop turn, blocking as it does in the program, until ``wanted``."""
    from PySide6.QtCore import QEventLoop, QTimer

    end = time.monotonic() + timeout_s
    ticking = QTimer()
    ticking.start(200)  # so that the loop wakes to look at all
    while not wanted():
        assert time.monotonic() < end
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    ticking.stop()


def calls_of(session: "Session") -> int:
    """Timed calls that the window has heard of."""
    return session.state.run.latencies.n if session.state.run else 0


def beside_a_measurement(folder: Path) -> list[Bar]:
    """Processor time of window and client, chart and all, while the engine measures."""
    run = Run(
        id="bench",
        folder=str(starter.folder()),
        task="sentence-similarity",
        mode="eager",
        fields=SIMILARITY,
        calls=0,
    )
    with window(folder) as (application, session):
        session.ask(run)
        turn_until(application, lambda: calls_of(session) > 20)
        this, began = psutil.Process(), time.monotonic()
        before = sum(this.cpu_times()[:2])
        calls = calls_of(session)
        turn_until(application, lambda: time.monotonic() - began > MEASURED_S)
        share = (sum(this.cpu_times()[:2]) - before) / (time.monotonic() - began)
        calls = calls_of(session) - calls
        session.ask(Stop(id=run.id))
        turn_until(application, lambda: not session.state.running)
    return [Bar("window and client while measuring", share, "of a core", 0.03, None, {"calls": calls})]


BENCHMARKS: dict[str, Callable[[Path], list[Bar]]] = {"window": beside_a_measurement}
