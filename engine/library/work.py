"""The desk's answers for the Models page: a thread for each, and every request has exactly one end."""

import threading
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from engine.library import accounts, cards, deleting, local, searching, updates
from engine.library.downloads import Downloads
from engine.models.hub import token
from engine.models.hub.halt import Halt
from engine.wire.errors import FastpathError, Stopped, failure_of
from engine.wire.messages import (
    CheckForUpdate,
    DeleteModel,
    Download,
    DownloadsListed,
    DropDownload,
    Event,
    Failed,
    Finished,
    ListDownloads,
    ListModels,
    LookAtHub,
    LookAtToken,
    ModelsWork,
    ReadCard,
    SearchHub,
    SetToken,
)

_Send: TypeAlias = Callable[[Event], None]


class Library:
    """Thread: ``add`` and ``stop`` are the desk's; ``send`` is called from any."""

    def __init__(self, send: _Send) -> None:
        self._send = send
        self._downloads = Downloads(send)
        self._lock = threading.Lock()
        self._open: dict[str, Halt] = {}
        self._search = ""
        self._changes: set[str] = set()
        self._changing = threading.Lock()
        """Held while the cache is changed or the list of it is made for that."""

    def add(self, request: Download | ModelsWork) -> None:
        """Answered in a thread of its own. A search ends the one before it."""
        if isinstance(request, Download):
            self._downloads.add(request)
            return
        if isinstance(request, SetToken) and request.again:
            self._hold(request)
            return
        halt = Halt()
        with self._lock:
            before = self._search if isinstance(request, SearchHub) else ""
            self._open[request.id] = halt
            if isinstance(request, DeleteModel | DropDownload):
                self._changes.add(request.id)
            if isinstance(request, SearchHub):
                self._search = request.id
        if before:
            self.stop(before)
        threading.Thread(target=self._work, args=(request, halt), name="library", daemon=True).start()

    def stop(self, request_id: str) -> None:
        """Ends a request at once; its thread, which may hang in a name server, keeps the rest to itself. What changes
        something goes on to its end, which is soon.
        """
        self._downloads.stop(request_id)
        with self._lock:
            halt = self._open.pop(request_id, None) if request_id not in self._changes else None
        if halt is not None:
            self._send(Failed(id=request_id, failure=failure_of(_stopped())))
            halt.stop()

    def _hold(self, request: SetToken) -> None:
        """Before whatever is asked next, so that it carries the token."""
        try:
            token.hold(request.token)
            self._send(Finished(id=request.id))
        except FastpathError as error:
            self._send(Failed(id=request.id, failure=failure_of(error)))

    def _work(self, request: ModelsWork, halt: Halt) -> None:
        try:
            events: tuple[Event, ...] = (self._answer(request, halt), Finished())
        except Exception as error:  # noqa: BLE001 - whatever a library raises, the client must hear of an end
            events = (Failed(failure=failure_of(error)),)
        with self._lock:
            self._changes.discard(request.id)
            if self._open.pop(request.id, None) is None:
                return  # it was stopped, and its end was told
        try:
            for event in events:
                self._send(msgspec.structs.replace(event, id=request.id))
        except Exception as error:  # noqa: BLE001 - what cannot be written needs an end all the same
            self._send(Failed(id=request.id, failure=failure_of(error)))

    def _answer(self, request: ModelsWork, halt: Halt) -> Event:
        match request:
            case SearchHub():
                return searching.search(request, halt)
            case LookAtHub():
                return searching.look(request, halt)
            case ReadCard():
                return cards.read(request, halt)
            case ListModels():
                return local.listed(request.folders)
            case DeleteModel():
                return self._deleted(request)
            case ListDownloads():
                return DownloadsListed(downloads=self._downloads.listed())
            case DropDownload():
                with self._changing:
                    self._downloads.drop(request)
                return DownloadsListed(downloads=self._downloads.listed())
            case LookAtToken():
                return accounts.told()
            case SetToken():
                return accounts.give(request, halt, lambda: self._settle(request.id))
            case CheckForUpdate():
                return updates.check(halt)

    def _settle(self, request_id: str) -> None:
        """From now on it changes something. Raises Stopped where that was told of it."""
        with self._lock:
            if request_id not in self._open:
                raise _stopped()
            self._changes.add(request_id)

    def _deleted(self, request: DeleteModel) -> Event:
        with self._changing:
            deleting.delete(request, self._downloads.kept_away)
            return local.listed(request.folders)


def _stopped() -> Stopped:
    return Stopped("Stopped.", "Try again.")
