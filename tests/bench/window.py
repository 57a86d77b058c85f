"""Benchmarks of the window: what it costs beside a measurement."""

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import psutil

from engine.models import starter
from engine.wire.messages import Compare, Finished, HubFound, Run, Samples, SearchHub, Stop
from engine.wire.values import Result
from tests.bench.bars import Bar
from tests.talk import SIMILARITY

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

    from gui.app import Session

MEASURED_S = 5.0
ROUNDS = 5
SAMPLES = 100_000
BATCH = 100
RESULTS = 50
TICK_MS = 10


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
    kept = settings.load()
    first = msgspec.structs.replace(kept.settings, welcomed=True)  # else the introduction is in the window's place
    session = Session(msgspec.structs.replace(kept, settings=first))
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
        session.ask(msgspec.structs.replace(run, id="before", calls=30, explain=True))  # its evidence is shown
        turn_until(application, lambda: session.state.running)
        turn_until(application, lambda: not session.state.running)
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


def beside_a_comparison(folder: Path) -> list[Bar]:
    """The Compare page is shown while eight cells are prepared and race."""
    request = Compare(
        id="bench",
        folder=str(starter.folder()),
        task="sentence-similarity",
        inputs=(SIMILARITY,),
        modes=("eager", "torchscript", "better-transformer", "onnx-runtime"),
        precisions=("fp32", "bf16", "int8-dynamic"),
        seconds=4.0,
    )
    with window(folder) as (application, session):
        session.window.show_page("compare")
        watched = Turns()
        this = psutil.Process()
        watched.begin()
        before, began = sum(this.cpu_times()[:2]), time.monotonic()
        session.ask(request)
        turn_until(application, lambda: session.state.compares is not None)
        turn_until(application, lambda: session.state.compares is None, 600)
        watched.end()
        share = (sum(this.cpu_times()[:2]) - before) / (time.monotonic() - began)
    parts = {"s": time.monotonic() - began, "wall_gap_ms": watched.gap_ms}
    return [
        Bar("window and client while comparing", share, "of a core", 0.03, None, parts),
        Bar("longest turn while comparing", watched.longest_ms, "ms of CPU", 50, None, parts),
    ]


PAINT_ONCE = """
import sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from gui import app

class Painted(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, lambda: (print(time.time() - float(sys.argv[1])), QApplication.quit()))
        return False

def start(session, start=app.Session.start):
    session.painted = Painted()
    session.window.run_page.bar.button.installEventFilter(session.painted)
    start(session)

app.Session.start = start
sys.exit(app.run_window())
"""


def painted(folder: Path) -> list[Bar]:
    """From the process's start until Run is on the screen, with the last catalogue; the engine starts meanwhile."""
    with window(folder):
        pass  # keeps catalogue and model
    # Bytecode is there from the second start on, also where this process was told to write none.
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
    took_s = []
    for _ in range(ROUNDS + 1):
        command = [sys.executable, "-c", PAINT_ONCE, str(time.time())]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        took_s.append(float(done.stdout))
    return [Bar("window painted", statistics.median(took_s[1:]), "s", 1.0, 0.5, {"s": took_s})]


class Turns:
    """The longest turn of the event loop in processor time of its thread, and the longest gap of a short timer."""

    def __init__(self) -> None:
        from PySide6.QtCore import QAbstractEventDispatcher, QTimer

        self.longest_ms = self.gap_ms = 0.0
        self._cpu_s, self._wall_s = time.thread_time(), time.monotonic()
        dispatcher = QAbstractEventDispatcher.instance()
        # Dispatchers differ in whether they handle events before or after they say that they sleep or wake.
        dispatcher.aboutToBlock.connect(self._turned)
        dispatcher.awake.connect(self._turned)
        self._timer = QTimer()
        self._timer.timeout.connect(self._ticked)
        self._timer.start(TICK_MS)

    def begin(self) -> None:
        self.longest_ms = self.gap_ms = 0.0
        self._cpu_s, self._wall_s = time.thread_time(), time.monotonic()

    def _turned(self) -> None:
        now = time.thread_time()
        self.longest_ms = max(self.longest_ms, (now - self._cpu_s) * 1e3)
        self._cpu_s = now

    def _ticked(self) -> None:
        now = time.monotonic()
        self.gap_ms = max(self.gap_ms, (now - self._wall_s) * 1e3 - TICK_MS)
        self._wall_s = now

    def end(self) -> None:
        from PySide6.QtCore import QAbstractEventDispatcher

        self._timer.stop()
        dispatcher = QAbstractEventDispatcher.instance()
        dispatcher.aboutToBlock.disconnect(self._turned)
        dispatcher.awake.disconnect(self._turned)


def turns(folder: Path) -> list[Bar]:
    """While each mode prepares, runs and is compared: how long the window could not have answered."""
    bars = []
    with window(folder) as (application, session):
        assert session.state.catalogue is not None
        for mode in session.state.catalogue.modes:
            if not mode.available:
                continue
            watched = Turns()
            run = Run(
                id=f"bench-{mode.id}",
                folder=str(starter.folder()),
                task="sentence-similarity",
                mode=mode.id,
                fields=SIMILARITY,
                check="always",
                ratio=True,
            )
            watched.begin()
            session.ask(run)
            turn_until(application, lambda: not session.state.running, 300)
            watched.end()
            failed = session.state.run is None or session.state.run.report is None
            parts = {"wall_gap_ms": watched.gap_ms, "finished": not failed}
            bars.append(Bar(f"longest turn, {mode.id}", watched.longest_ms, "ms of CPU", 50, None, parts))
    return bars


def long_run(folder: Path) -> list[Bar]:
    """100,000 samples into the window as they come from the engine: memory from a tenth on, and the chart's repaint."""
    from gui import run_state

    this = psutil.Process()
    with window(folder) as (application, session):
        page = session.window.run_page
        run = Run(id="long", folder="", task="sentence-similarity", mode="eager", fields=SIMILARITY, calls=0)
        state = run_state.began(session.state, run)
        at: dict[int, int] = {}
        repaint_ms = []
        for batch in range(1, SAMPLES // BATCH + 1):
            latencies = tuple(5 + (batch * 31 + place) % 17 / 10 for place in range(BATCH))
            state = run_state.apply(state, Samples(id="long", latency_ms=latencies, memory_bytes=1), batch / 10)
            session.window.show_state(state)
            began = time.thread_time()
            page.speed.chart.repaint()
            repaint_ms.append((time.thread_time() - began) * 1e3)
            application.processEvents()
            at[batch * BATCH] = this.memory_info().rss
    early, late = at[SAMPLES // 10], at[SAMPLES]
    steady_ms = repaint_ms[len(repaint_ms) // 2 :]
    parts = {"bytes_after_10000": early, "bytes_after_100000": late}
    return [
        Bar("window's memory, 100,000 samples", late / early, "ratio", 1.02, None, parts),
        Bar("chart's repaint", statistics.median(steady_ms), "ms", 4, None, {"longest_ms": max(steady_ms)}),
    ]


def large_result(folder: Path) -> list[Bar]:
    """A result of a megabyte in each view, filled, laid out and painted; the slowest view."""
    from gui.results import VIEWS, view_for
    from tests.gui.test_all_kinds_of_text import megabyte_of

    took_ms: dict[str, list[float]] = {}
    with window(folder) as (application, _):
        for kind in (*VIEWS, ""):
            view = view_for(kind)
            view.widget().resize(720, 200)
            view.widget().show()
            value, fields = megabyte_of(kind)
            took_ms[kind or "json"] = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                view.show_result(Result(kind=kind, value=value), fields)
                application.processEvents()
                took_ms[kind or "json"].append((time.perf_counter() - began) * 1e3)
            view.widget().hide()
    slowest = max(statistics.median(took) for took in took_ms.values())
    return [Bar("result of 1 MB shown", slowest, "ms", 100, None, took_ms)]


class Painted:
    """Whether a widget has been painted since ``begin``: its paint is over, and what it drew handed on."""

    def __init__(self, widget: "QWidget") -> None:
        from PySide6.QtCore import QEvent, QObject, QTimer

        this = self

        class Filter(QObject):
            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                if event.type() == QEvent.Type.Paint:
                    QTimer.singleShot(0, this._painted)
                return False

        self.at_s = 0.0
        self._filter = Filter()
        widget.installEventFilter(self._filter)

    def begin(self) -> float:
        self.at_s = 0.0
        return time.perf_counter()

    def _painted(self) -> None:
        self.at_s = self.at_s or time.perf_counter()


def search_results(folder: Path) -> list[Bar]:
    """Fifty results on the Models page: from the moment their events arrive in the window until they are painted."""
    from gui import run_state
    from tests.gui import found

    took_ms = []
    with window(folder) as (application, session):
        page = session.window.models_page
        session.window.show_page(page.icon)
        application.processEvents()
        painted = Painted(page.hub.list.viewport())
        for turn in range(4 * ROUNDS):
            request = SearchHub(id=f"bench-{turn}", words="reviews")
            session.state = run_state.asked(session.state, request)
            models = tuple(found.one(50 * (turn % 2) + place) for place in range(RESULTS))
            answer = [HubFound(id=request.id, models=models, cursor="next"), Finished(id=request.id)]
            began = painted.begin()
            session.thread_of_engine.events_arrived.emit(answer)
            turn_until(application, lambda: painted.at_s > 0)
            assert page.hub.list.model_rows.rows[0].key == models[0].repo
            took_ms.append((painted.at_s - began) * 1e3)
            application.processEvents()
    parts = {"longest_ms": max(took_ms), "ms": took_ms}
    return [Bar("50 search results drawn", statistics.median(took_ms), "ms", 100, None, parts)]


BENCHMARKS: dict[str, Callable[[Path], list[Bar]]] = {
    "window": beside_a_measurement,
    "window-compare": beside_a_comparison,
    "painted": painted,
    "turns": turns,
    "long-run": long_run,
    "large-result": large_result,
    "search-results": search_results,
}
