"""A work process of a comparison, which holds one cell and is spoken to only when its turn comes.

Whoever is not spoken to sleeps: a held cell waits on its channel, and nothing here polls.
"""

import selectors
import socket
import time
from collections.abc import Callable
from typing import Literal

from engine.runtimes.child import Child
from engine.runtimes.command import Waiting
from engine.wire import codec
from engine.wire.channel import LineTooLong
from engine.wire.errors import EngineDied, FastpathError, failure_of
from engine.wire.messages import AnyEvent, Event, Failed, Hold, Request
from engine.wire.values import Failure

Status = Literal["unavailable", "not applicable", "failed"]

_STATUS: dict[str, Status] = {"NotForThisModel": "not applicable", "ModeUnavailable": "unavailable"}


class CellOver(Exception):
    """A cell has come to an end of its own: only this one. ``failure``: what its process told."""

    def __init__(self, status: Status, reason: str, failure: Failure | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.failure = failure


class Interrupted(Exception):
    """The person wants no more of the comparison."""


class Member:
    """A child for one cell. ``close`` ends the process and all that it started."""

    def __init__(self, threads: int, runtime: str, waiting: Waiting, isa_cap: str) -> None:
        """Raises CellOver where no process can be started."""
        try:
            self._child = Child("work", threads, runtime, waiting=waiting, isa_cap=isa_cap)
        except (OSError, FastpathError) as error:
            reason = error.what_happened if isinstance(error, FastpathError) else str(error)
            raise CellOver("unavailable", reason) from error
        self.waiting = waiting
        self.pid = self._child.process.pid
        self._heard: list[AnyEvent] = []

    def send(self, request: Request) -> None:
        """Raises CellOver where the child is gone, or the request cannot be written."""
        try:
            self._child.channel.send(codec.encode(request))
        except OSError as error:
            raise self._died() from error
        except codec.Unwritable as error:
            raise CellOver("failed", "The input holds half a character, which no model can read.") from error

    def hear(
        self, last: Callable[[Event], bool], wake: socket.socket, limit_s: float, told_s: float = 0.0
    ) -> list[AnyEvent]:
        """All events up to the one that is ``last``. Raises CellOver, Interrupted once ``wake`` can be read.
        ``told_s``: the limit to tell, where some of it has passed.
        """
        end = time.monotonic() + limit_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.channel, selectors.EVENT_READ)
            selector.register(wake, selectors.EVENT_READ)
            while True:
                for number, event in enumerate(self._heard):
                    if isinstance(event, Failed):
                        status = _STATUS.get(event.failure.code, "failed")
                        raise CellOver(status, event.failure.what_happened, event.failure)
                    if last(event):
                        found, self._heard = self._heard[: number + 1], self._heard[number + 1 :]
                        return found
                ready = [key.fileobj for key, _ in selector.select(max(0.0, end - time.monotonic()))]
                if wake in ready:
                    raise Interrupted()
                if not ready:
                    raise CellOver("failed", f"It took longer than {told_s or limit_s:.0f} seconds and was given up.")
                self._read()

    def _read(self) -> None:
        try:
            lines = self._child.channel.read_lines()
        except (LineTooLong, OSError):
            lines = None
        if lines is None:
            raise self._died()
        try:
            self._heard += [codec.decode_event(line) for line in lines]
        except codec.Unreadable as error:
            raise CellOver("failed", "Its engine said something that cannot be read.", failure_of(error)) from error

    def _died(self) -> CellOver:
        died = EngineDied(f"The engine of a cell {self._child.outcome()}.", details=self._child.output())
        return CellOver("failed", f"Its engine {self._child.outcome()}.", failure_of(died))

    def kill(self) -> None:
        """``close`` is owed."""
        self._child.kill()

    def close(self) -> None:
        self._child.close()


def wanted(request: Hold, kind: type[Event]) -> Callable[[Event], bool]:
    """Events of this kind that belong to the request."""
    return lambda event: isinstance(event, kind) and event.id == request.id
