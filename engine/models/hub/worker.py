"""The desk's thread that downloads, one model at a time, so that the desk itself stays at hand."""

import collections
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec

from engine.models.hub import address, surroundings
from engine.models.hub.download import download
from engine.models.hub.halt import Halt
from engine.wire.errors import ModelNotFound, Stopped, failure_of
from engine.wire.messages import Download, Downloaded, Downloading, Event, Failed, Finished, Notice

ABANDON_AFTER_S = 0.7
"""A stopped download that hangs where nothing can wake it (a name being looked up) is left to itself after so long."""

_Send: TypeAlias = Callable[[Event], None]


class _Job:
    def __init__(self, request: Download) -> None:
        self.request = request
        self.halt = Halt()


class Downloads:
    """Exactly one Finished or Failed each. Thread: ``add`` and ``stop`` are the desk's; ``send`` is called from any."""

    def __init__(self, send: _Send) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._waiting: collections.deque[_Job] = collections.deque()
        self._current: _Job | None = None

    def add(self, request: Download) -> None:
        """Begins at once, or after those that came before."""
        with self._lock:
            self._waiting.append(_Job(request))
            self._begin_next()

    def stop(self, request_id: str) -> None:
        """Ends a download within a second; an id that is no download's is not ours to end."""
        with self._lock:
            job = next((job for job in self._waiting if job.request.id == request_id), None)
            if job is not None:
                self._waiting.remove(job)
            elif self._current is not None and self._current.request.id == request_id:
                current = self._current
                timer = threading.Timer(ABANDON_AFTER_S, self._end, (current, _stopped()))
                timer.daemon = True
                timer.start()
                current.halt.stop()
        if job is not None:
            self._tell(job, _stopped())

    def _begin_next(self) -> None:
        if self._current is None and self._waiting:
            self._current = self._waiting.popleft()
            threading.Thread(target=self._work, args=(self._current,), name="download", daemon=True).start()

    def _work(self, job: _Job) -> None:
        try:
            folder = _downloaded(job.request, job.halt, lambda event: self._tell_current(job, event))
            self._end(job, Downloaded(folder=str(folder), commit=folder.name), Finished())
        except Exception as error:  # noqa: BLE001 - whatever a library raises, the client must hear of an end
            self._end(job, Failed(failure=failure_of(error)))

    def _end(self, job: _Job, *events: Event) -> None:
        with self._lock:
            if self._current is not job:
                return  # it was abandoned, and its end was told
            self._current = None
            self._begin_next()
        for event in events:
            self._tell(job, event)

    def _tell_current(self, job: _Job, event: Event) -> None:
        if self._current is job:
            self._tell(job, event)

    def _tell(self, job: _Job, event: Event) -> None:
        self._send(msgspec.structs.replace(event, id=job.request.id))


def _downloaded(request: Download, halt: Halt, tell: Callable[[Downloading | Notice], None]) -> Path:
    found = address.parse(request.ref, surroundings.endpoint())
    if found is None:
        raise ModelNotFound(f"“{request.ref[:200]}” is not the name of a model on the Hub.", "Check the name.")
    return download(address.with_revision(found, request.revision), halt, tell, with_weights=request.part == "model")


def _stopped() -> Failed:
    return Failed(failure=failure_of(Stopped("The download was stopped.", "Download again to go on from there.")))
