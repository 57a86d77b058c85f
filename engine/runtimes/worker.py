"""The desk's thread that installs and removes runtimes, one request at a time, so that the desk stays at hand."""

import collections
import threading
from collections.abc import Callable, Collection
from typing import TypeAlias

import msgspec

from engine.runtimes import installing, ipex
from engine.runtimes.halting import Halt
from engine.runtimes.place import Place
from engine.runtimes.recipe import Recipe, usual
from engine.wire.errors import BadInput, FastpathError, ModeUnavailable, Stopped, failure_of
from engine.wire.messages import Event, Failed, Finished, InstallRuntime, ListRuntimes, RemoveRuntime, Runtimes

Request: TypeAlias = InstallRuntime | RemoveRuntime
_Send: TypeAlias = Callable[[Event], None]


class RuntimeWork:
    """Exactly one Finished or Failed each. Thread: ``add`` and ``stop`` are the desk's; ``send`` is called from any.

    ``usable``: ids of CPU features. ``require_network`` raises Offline where the person turned it off. ``changed`` is
    called after what is installed may have changed.
    """

    def __init__(
        self,
        send: _Send,
        usable: Collection[str],
        require_network: Callable[[], None],
        changed: Callable[[], None],
        recipe: Callable[[], Recipe] = usual,
    ) -> None:
        self._send = send
        self._usable = usable
        self._require_network = require_network
        self._changed = changed
        self._recipe = recipe
        self._lock = threading.Lock()
        self._waiting: collections.deque[tuple[Request, Halt]] = collections.deque()
        self._current: tuple[Request, Halt] | None = None

    def add(self, request: ListRuntimes | Request) -> None:
        """Begins at once, or after those that came before. A list is told at once in any case."""
        if isinstance(request, ListRuntimes):
            threading.Thread(target=self._list, args=(request.id,), name="runtimes-list", daemon=True).start()
            return
        with self._lock:
            self._waiting.append((request, Halt()))
            self._begin_next()

    def stop(self, request_id: str) -> None:
        """An id that is no request's of these is not ours to end."""
        with self._lock:
            waiting = next((job for job in self._waiting if job[0].id == request_id), None)
            if waiting is not None:
                self._waiting.remove(waiting)
            elif self._current is not None and self._current[0].id == request_id:
                self._current[1].stop()
        if waiting is not None:
            self._send(Failed(id=request_id, failure=failure_of(Stopped())))

    def _begin_next(self) -> None:
        if self._current is None and self._waiting:
            self._current = self._waiting.popleft()
            threading.Thread(target=self._work, args=self._current, name="runtimes", daemon=True).start()

    def _list(self, request_id: str) -> None:
        try:
            _sweep()  # a command line's desk is gone with the command, and may have left something
            if ipex.note_damage(Place(ipex.ID)):
                self._changed()
            self._send(Runtimes(id=request_id, runtimes=(ipex.card(self._usable),)))
            self._send(Finished(id=request_id))
        except Exception as error:  # noqa: BLE001 - whatever the system raises, the client must hear of an end
            self._send(Failed(id=request_id, failure=failure_of(error)))

    def _work(self, request: Request, halt: Halt) -> None:
        try:
            self._do(request, halt)
            self._send(Runtimes(id=request.id, runtimes=(ipex.card(self._usable),)))
            last: Event = Finished(id=request.id)
        except Exception as error:  # noqa: BLE001 - whatever the system raises, the client must hear of an end
            last = Failed(id=request.id, failure=failure_of(error))
        self._changed()
        self._send(last)
        _sweep()
        with self._lock:
            self._current = None
            self._begin_next()

    def _do(self, request: Request, halt: Halt) -> None:
        if request.runtime != ipex.ID:
            raise BadInput(f"There is no runtime named {request.runtime!r}.", f"There is one: {ipex.ID}.")
        place = Place(ipex.ID)
        if isinstance(request, RemoveRuntime):
            with _at_work:
                installing.remove(place)
            return
        if never := ipex.obstacle(self._usable):
            raise ModeUnavailable(never)
        self._require_network()
        with _at_work:
            installing.install(
                self._recipe(), place, halt, lambda event: self._send(msgspec.structs.replace(event, id=request.id))
            )


_at_work = threading.Lock()
"""The lock on the disk would call this process's own other thread another Fastpath."""


def _sweep() -> None:
    """What was forgotten takes seconds to delete: after its end was told. Left to the next time while another is at
    work.
    """
    if not _at_work.acquire(blocking=False):
        return
    try:
        place = Place(ipex.ID)
        if place.home.is_dir() and place.leftovers():
            with place.working():
                place.sweep()
    except (OSError, FastpathError):
        pass
    finally:
        _at_work.release()
