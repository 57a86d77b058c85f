"""The role ``work``: one request at a time (a run, an export...). torch lives here; no network, no token.

A reader thread takes ``Stop`` and ``Update`` at once, also while the main thread computes.
"""

import contextlib
import logging
import os
import queue
import threading
from collections.abc import Callable, Generator
from typing import Any

import msgspec

from engine import export as exporting
from engine import run as one_run
from engine.cpu import needs
from engine.cpu import read as cpu
from engine.models import load
from engine.run import best, compiler_demo
from engine.wire import codec
from engine.wire.channel import Channel, LineTooLong
from engine.wire.errors import ModeUnavailable, failure_of
from engine.wire.messages import (
    PROTOCOL,
    Event,
    Export,
    Failed,
    Finished,
    Hold,
    MeasurePeaks,
    Ready,
    Release,
    Round,
    Run,
    ShowCompiler,
    Stop,
    Update,
    Work,
)
from engine.wire.values import RunReport

_log = logging.getLogger(__name__)

Waiting = queue.SimpleQueue[Work | None]


class Control:
    """What was asked of the work in hand. Written by the reader thread, read by the main thread."""

    def __init__(self) -> None:
        self._stopped: set[str] = set()
        self._updates: dict[str, Update] = {}
        self._turns: queue.SimpleQueue[Round | Release | None] = queue.SimpleQueue()
        self._id = ""

    def begin(self, request_id: str) -> None:
        self._turns = queue.SimpleQueue()
        self._id = request_id
        if self.stopped:  # before it began
            self._turns.put(None)

    def end(self) -> None:
        self._stopped.discard(self._id)
        self._updates.pop(self._id, None)
        self._id = ""

    def stop(self, request_id: str) -> None:
        self._stopped.add(request_id)
        if request_id == self._id:
            self._turns.put(None)

    def turn(self, turn: Round | Release) -> None:
        if turn.id == self._id:
            self._turns.put(turn)

    def next_turn(self) -> Round | Release | None:
        return self._turns.get()

    def update(self, update: Update) -> None:
        self._updates[update.id] = update

    @property
    def stopped(self) -> bool:
        return self._id in self._stopped

    @property
    def updated(self) -> bool:
        return self._id in self._updates

    def take_update(self) -> tuple[int, dict[str, Any]] | None:
        update = self._updates.pop(self._id, None)
        return (update.revision, update.fields) if update else None


def serve(channel: Channel) -> None:
    """Reads requests and writes events until the parent lets go."""
    waiting: Waiting = queue.SimpleQueue()
    control = Control()

    def send(event: Event) -> None:
        with contextlib.suppress(OSError):  # the parent is gone: the reader ends the process
            channel.send(codec.encode(event))

    threading.Thread(target=_read, args=(channel, waiting, control, send), name="reader", daemon=True).start()
    send(Ready(protocol=PROTOCOL, role="work", pid=os.getpid()))
    # Before anything computes: the tile registers are asked for once, and all threads and children have them.
    facts = cpu.facts(cpu.request_tiles)
    obstacle = needs.obstacle(facts)
    if obstacle:  # importing the libraries would end the process by an illegal instruction
        _refuse_all(waiting, obstacle, send)
        return
    load.warm_up_imports()
    bench = one_run.Workbench(use_threads(_asked_threads()), facts.brand, cpu.signature(facts))
    while (request := waiting.get()) is not None:
        control.begin(request.id)
        send(msgspec.structs.replace(_done(request, control, bench, send), id=request.id))
        control.end()


def _refuse_all(waiting: Waiting, obstacle: str, send: Callable[[Event], None]) -> None:
    while (request := waiting.get()) is not None:
        send(Failed(id=request.id, failure=failure_of(ModeUnavailable(obstacle, needs.REMEDY))))


def _asked_threads() -> int:
    return int(os.environ.get("OMP_NUM_THREADS", "1"))


def use_threads(count: int) -> int:
    """Has PyTorch compute with ``count`` threads; returns how many it says it uses, which all modes take.

    At its start PyTorch cuts ``OMP_NUM_THREADS`` (MKL to the physical cores), which ONNX Runtime does not.
    """
    import torch

    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
    return int(torch.get_num_threads())


def _done(
    request: Work, control: Control, bench: one_run.Workbench, send: Callable[[Event], None]
) -> Finished | Failed:
    """Does one request, sending its events; returns the last one."""
    try:
        return Finished(report=yield_all(_events(request, control, bench), request.id, send))
    except BaseException as error:  # noqa: BLE001 - whatever a library raises, the client must hear of an end
        if not isinstance(error, Exception):
            _log.exception("%s ended oddly", type(request).__name__)
        return Failed(failure=failure_of(error))


def _events(request: Work, control: Control, bench: one_run.Workbench) -> Generator[Event, None, RunReport | None]:
    """What the request does, as events; only a run and a held cell have a report."""
    if isinstance(request, Run):
        session = yield from one_run.prepare(request, control, bench)
        return (yield from one_run.measure(session))
    if isinstance(request, Hold):
        return (yield from one_run.hold(request, control, bench))
    if isinstance(request, Export):
        yield from exporting.export(request, control, bench)
    elif isinstance(request, ShowCompiler):
        yield from compiler_demo.show(control)
    elif isinstance(request, MeasurePeaks):
        yield from best.tell(request, control, bench)
    return None


def yield_all(events: Any, request_id: str, send: Callable[[Event], None]) -> Any:
    """Sends all events of a generator under the request's id; returns the generator's value."""
    while True:
        try:
            event = next(events)
        except StopIteration as done:
            return done.value
        send(msgspec.structs.replace(event, id=request_id))


def _read(
    channel: Channel,
    waiting: Waiting,
    control: Control,
    send: Callable[[Event], None],
) -> None:
    try:
        while (lines := channel.read_lines()) is not None:
            for line in lines:
                try:
                    _take(codec.decode_request(line), waiting, control)
                except codec.Unreadable as error:
                    _log.error("unreadable request: %s", error)
                    if error.id:
                        send(Failed(id=error.id, failure=failure_of(error)))
    except (OSError, LineTooLong):
        _log.exception("the channel broke")
    os._exit(0)  # the parent let go; nothing that is half done is worth finishing


def _take(request: object, waiting: Waiting, control: Control) -> None:
    if isinstance(request, Work):
        waiting.put(request)
    elif isinstance(request, Stop):
        control.stop(request.id)
    elif isinstance(request, Update):
        control.update(request)
    elif isinstance(request, Round | Release):
        control.turn(request)
