"""The role ``compare``: every mode side by side. No torch; a work process holds each cell and is called in rounds."""

import contextlib
import importlib
import logging
import os
import queue
import socket
import threading
from collections.abc import Callable

import msgspec

from engine.compare import sample
from engine.compare.conductor import Conductor
from engine.compare.member import CellOver
from engine.models.look import look
from engine.run.permitted import model_of
from engine.wire import codec
from engine.wire.channel import Channel, LineTooLong
from engine.wire.errors import EngineDied, FastpathError, failure_of
from engine.wire.messages import PROTOCOL, Compare, Compared, Event, Failed, Finished, Ready, Stop

_log = logging.getLogger(__name__)


def serve(channel: Channel) -> None:
    """Reads requests and writes events until the parent lets go; what is alive ends with this process's group."""
    waiting: queue.SimpleQueue[Compare] = queue.SimpleQueue()
    waker, wake = socket.socketpair()
    wake.setblocking(False)

    def send(event: Event) -> None:
        with contextlib.suppress(OSError):  # the parent is gone: the reader ends the process
            channel.send(codec.encode(event))

    threading.Thread(target=_read, args=(channel, waiting, waker, send), name="reader", daemon=True).start()
    send(Ready(protocol=PROTOCOL, role="compare", pid=os.getpid()))
    with contextlib.suppress(ImportError):
        importlib.import_module("numpy")  # a first import takes a moment, in which nobody could be stopped
    while True:
        _do(waiting.get(), wake, send)


def _do(request: Compare, wake: socket.socket, send: Callable[[Event], None]) -> None:
    """One comparison. Its end is told before its processes are gone, which takes a moment."""

    def tell(event: Event) -> None:
        send(msgspec.structs.replace(event, id=request.id))

    conductor = None
    try:
        facts = model_of(request)

        def unchanged() -> bool:
            try:
                return look(facts.folder, facts.pickle_allowed).content_key == facts.content_key
            except (FastpathError, OSError):
                return False

        conductor = Conductor(sample.completed(request), facts, wake, tell, unchanged)
        tell(Compared(comparison=conductor.run()))
        tell(Finished())
    except CellOver as over:
        failed = EngineDied("Plain PyTorch, which all is compared with, failed.", details=over.reason)
        tell(Failed(failure=over.failure or failure_of(failed)))
    except Exception as error:  # noqa: BLE001 - whatever a library raises, the client must hear of an end
        tell(Failed(failure=failure_of(error)))
    finally:
        if conductor is not None:
            conductor.close()
        with contextlib.suppress(BlockingIOError):
            wake.recv(4096)  # a Stop that came when it was over


def _read(
    channel: Channel, waiting: queue.SimpleQueue[Compare], waker: socket.socket, send: Callable[[Event], None]
) -> None:
    try:
        while (lines := channel.read_lines()) is not None:
            for line in lines:
                try:
                    request = codec.decode_request(line)
                except codec.Unreadable as error:
                    _log.error("unreadable request: %s", error)
                    if error.id:
                        send(Failed(id=error.id, failure=failure_of(error)))
                    continue
                if isinstance(request, Compare):
                    waiting.put(request)
                elif isinstance(request, Stop):
                    waker.send(b"!")
    except (OSError, LineTooLong):
        _log.exception("the channel broke")
    os._exit(0)  # the parent let go
