"""What a client notes of its runs and comparisons, so that the desk can keep them in the history.

One word to the desk when one begins, one when it is over; between them nothing is done but remembering.
"""

import collections
import os
import secrets
import time
from typing import Any

import msgspec
import psutil

from engine.wire.messages import (
    Answer,
    AnyEvent,
    AnyRequest,
    Compare,
    Compared,
    Described,
    Failed,
    Finished,
    Notice,
    Record,
    Run,
    Samples,
    Update,
)

NEWEST_SAMPLES = 100_000
NOT_KEPT = "The history could not be kept"


class _Note:
    """One run or comparison that goes on."""

    def __init__(self, first: Record) -> None:
        self.first = first
        self.last = first
        self.samples_ms: collections.deque[float] = collections.deque(maxlen=NEWEST_SAMPLES)
        self.fields: dict[int, dict[str, Any]] = {}


class Notes:
    """Belongs to the thread that reads the client's events."""

    def __init__(self) -> None:
        self._open: dict[str, _Note] = {}
        self._models: dict[str, tuple[str, str]] = {}
        self._told = ""
        self._unkept: list[Record] = []
        self._tried_again: set[str] = set()
        self._owner: tuple[int, float] | None = None

    def asked(self, request: AnyRequest) -> Record | None:
        """What the desk is to keep now that ``request`` was sent: the beginning of a run or comparison."""
        if isinstance(request, Update):
            if note := self._open.get(request.id):
                note.fields[request.revision] = request.fields
            return None
        if not isinstance(request, Run | Compare):
            return None
        pid, started_s = self._of_owner()
        ref, name = self._models.get(request.folder, ("", ""))
        key = f"{pid}-{started_s:.2f}-{secrets.token_hex(8)}"
        first = Record(
            id=f"record-{key}",
            key=key,
            request=request,
            ref=ref,
            model=name,
            owner_pid=pid,
            owner_started_s=started_s,
            began_s=time.time(),
        )
        self._open[request.id] = _Note(first)
        return first

    def _of_owner(self) -> tuple[int, float]:
        if self._owner is None:
            self._owner = (os.getpid(), psutil.Process().create_time())
        return self._owner

    def hear(self, event: AnyEvent) -> Record | None:
        """What the desk is to keep now that ``event`` came: the end of a run or comparison."""
        if isinstance(event, Described):
            self._models[event.model.folder] = (event.model.ref, event.model.name)
            return None
        note = self._open.get(event.id)
        if note is None:
            return None
        match event:
            case Samples():
                note.samples_ms.extend(event.latency_ms)
            case Answer():
                self._answered(note, event)
            case Compared():
                note.last = msgspec.structs.replace(note.last, comparison=event.comparison)
            case Finished() | Failed():
                return self._ended(event)
        return None

    def _answered(self, note: _Note, answer: Answer) -> None:
        """Of an input that was changed meanwhile, the newest that was answered is kept."""
        request = note.last.request
        if isinstance(request, Run) and answer.revision in note.fields:
            request = msgspec.structs.replace(request, fields=note.fields[answer.revision])
            note.fields = {later: fields for later, fields in note.fields.items() if later > answer.revision}
        note.last = msgspec.structs.replace(note.last, request=request, result=answer.result)

    def _ended(self, event: Finished | Failed) -> Record:
        note = self._open.pop(event.id)
        return msgspec.structs.replace(
            note.last,
            id=f"{note.last.id}-end",
            ended_s=time.time(),
            report=event.report if isinstance(event, Finished) else None,
            failure=event.failure if isinstance(event, Failed) else None,
            samples_ms=tuple(note.samples_ms),
        )

    def said(self, event: AnyEvent) -> Notice | None:
        """What the desk said of a record, as a notice that belongs to no request. The same words are told once."""
        if isinstance(event, Failed):
            told, details = f"{NOT_KEPT}. {event.failure.what_happened}", event.failure.what_to_do
        elif isinstance(event, Notice):
            told, details = event.text, event.details
        else:
            if isinstance(event, Finished):
                self._told = ""  # it can be kept again: a later failure is news
            return None
        if told == self._told:
            return None
        self._told = told
        return Notice(text=told, details=details)

    def lost(self, record: Record) -> None:
        """The desk ended with it: the next one gets it, once."""
        if record.id not in self._tried_again:
            self._tried_again.add(record.id)
            self._unkept.append(record)

    def unkept(self) -> list[Record]:
        """What a fresh desk is to keep first."""
        waiting, self._unkept = self._unkept, []
        return waiting
