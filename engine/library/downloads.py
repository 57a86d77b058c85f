"""The desk's threads that download: some models at a time, the others wait, and the same one is fetched once.

What is not over is kept in the data folder, so that the next start tells it as paused.
"""

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import msgspec

from engine.library import half
from engine.models.hub import address, cache, surroundings
from engine.models.hub.download import download
from engine.models.hub.halt import Halt
from engine.models.hub.listing import Listed
from engine.store import pending
from engine.store.pending import Pending
from engine.wire.errors import (
    DiskFull,
    EngineBusy,
    FastpathError,
    ModelNotFound,
    Offline,
    Stopped,
    TimedOut,
    failure_of,
)
from engine.wire.hub import DownloadState, PendingDownload
from engine.wire.messages import Download, Downloaded, Downloading, DropDownload, Event, Failed, Finished, Notice

AT_ONCE = 3
"""Few large files fill a line; more would only share it."""

ABANDON_AFTER_S = 0.7
"""A stopped download that hangs where nothing can wake it (a name being looked up) is left to itself after so long."""

_Send: TypeAlias = Callable[[Event], None]
_Key: TypeAlias = tuple[str, str, str]


@dataclasses.dataclass(eq=False)
class _Job:
    """One model that is fetched, for all requests (by id) that want it. ``over``: its end was told."""

    key: _Key
    kept: Pending
    requests: list[str]
    halt: Halt = dataclasses.field(default_factory=Halt)
    over: bool = False

    @property
    def is_joined(self) -> bool:
        """Whether another request for the same may share it: one that is being stopped has its end before it."""
        return not self.over and not self.halt.is_stopped


class Downloads:
    """Exactly one Finished or Failed for each request. Any thread; ``send`` is called from any."""

    def __init__(self, send: _Send) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._waiting: list[_Job] = []
        self._running: list[_Job] = []
        self._kept_away: set[str] = set()

    def add(self, request: Download) -> None:
        """Begins at once, or after those that came before, or joins the one that fetches the same."""
        try:
            key = _key_of(request.ref, request.revision, request.part)
        except FastpathError as error:
            self._send(Failed(id=request.id, failure=failure_of(error)))
            return
        with self._lock:
            job = next((job for job in (*self._running, *self._waiting) if job.key == key and job.is_joined), None)
            repo, revision, part = key
            if repo in self._kept_away:
                self._send(Failed(id=request.id, failure=failure_of(EngineBusy(f"{repo} is being deleted.", _AGAIN))))
                return
            if job is not None:
                job.requests.append(request.id)
            else:
                before = pending.find(key) or Pending(repo=repo, revision=revision, part=part)
                job = _Job(key, _at_work(before), [request.id])
                pending.keep(job.kept)  # one that waits is there after a restart too
                self._waiting.append(job)
                self._begin()
            if job in self._waiting:  # told while nobody can begin it, so before all that it tells itself
                self._send(Notice(id=request.id, text=_WAITS))

    def stop(self, request_id: str) -> None:
        """Pauses within a second, unless others wait for the same; an id that is no download's is not ours to end."""
        with self._lock:
            job = self._job_of(request_id)
            if job is None:
                return
            is_last = job.requests == [request_id]
            if job in self._waiting and is_last:
                self._waiting.remove(job)
                job.over = True
                self._keep(job, Stopped())
            elif is_last:
                self._halt(job)
                return
            job.requests.remove(request_id)
        self._send(_stopped(request_id))

    def listed(self) -> tuple[PendingDownload, ...]:
        """What is not over, those of an earlier start included."""
        with self._lock:
            mine = {job.key: self._told(job) for job in (*self._running, *self._waiting)}
        others = (one for one in pending.listed() if one.key not in mine)
        return (*mine.values(), *(_kept_told(one) for one in others))

    def drop(self, request: DropDownload) -> None:
        """Gives up one that does not run, and what it received. Raises EngineBusy, ModelNotFound, DataFolder."""
        key = _key_of(request.ref, request.revision, request.part)
        with self.kept_away(key[0]):
            kept = pending.find(key)
            if kept is not None and kept.is_at_work:
                raise EngineBusy(f"{key[0]} is being downloaded.", _STOP_FIRST)
            if kept is not None:
                half.remove(kept, _others(key))
                half.tidy(cache.home(key[0]))
                pending.drop(key)

    @contextlib.contextmanager
    def kept_away(self, repo: str) -> Iterator[None]:
        """Within it no download of this repository begins. Raises EngineBusy where one runs or waits here."""
        with self._lock:
            if any(job.key[0] == repo for job in (*self._running, *self._waiting)):
                raise EngineBusy(f"{repo} is being downloaded.", _STOP_FIRST)
            self._kept_away.add(repo)
        try:
            yield
        finally:
            with self._lock:
                self._kept_away.discard(repo)

    def _job_of(self, request_id: str) -> _Job | None:
        return next((job for job in (*self._running, *self._waiting) if request_id in job.requests), None)

    def _halt(self, job: _Job) -> None:
        timer = threading.Timer(ABANDON_AFTER_S, self._end, (job, Stopped(_STOPPED, _GO_ON)))
        timer.daemon = True
        timer.start()
        job.halt.stop()

    def _begin(self) -> None:
        while self._waiting and len(self._running) < AT_ONCE:
            job = self._waiting.pop(0)
            self._running.append(job)
            threading.Thread(target=self._work, args=(job,), name="download", daemon=True).start()

    def _work(self, job: _Job) -> None:
        try:
            repo, revision, part = job.key
            folder = download(
                address.Address(repo, revision),
                job.halt,
                lambda event: self._hear(job, event),
                with_weights=part == "model",
                planned=lambda commit, chosen: self._planned(job, commit, chosen),
            )
            self._end(job, folder)
        except Exception as error:  # noqa: BLE001 - whatever a library raises, the client must hear of an end
            self._end(job, error)

    def _planned(self, job: _Job, commit: str, chosen: Iterable[Listed]) -> None:
        """What an earlier plan received and this one does not want goes; what was there before either is not ours."""
        former = {file.etag: file for file in (pending.find(job.key) or job.kept).files}
        files = tuple(
            pending.Expected(
                file.path,
                file.etag,
                file.size_bytes,
                former[file.etag].there_before if file.etag in former else half.there_before(job.key[0], commit, file),
            )
            for file in chosen
        )
        unwanted = [former[etag] for etag in former.keys() - {file.etag for file in files}]
        with self._lock:
            if job.over:
                return
            job.kept = msgspec.structs.replace(job.kept, commit=commit, files=files)
            pending.keep(job.kept)
        if unwanted:
            half.remove(msgspec.structs.replace(job.kept, files=tuple(unwanted)), _others(job.key))

    def _end(self, job: _Job, outcome: Path | BaseException) -> None:
        """Tells the end once: a job that was abandoned keeps its later one to itself."""
        with self._lock:
            if job.over:
                return
            job.over = True
            self._running.remove(job)
            if not any(other.key == job.key for other in (*self._running, *self._waiting)):
                self._keep(job, outcome)
            requests = list(job.requests)
            self._begin()
        for name in requests:
            if isinstance(outcome, Path):
                self._send(Downloaded(id=name, folder=str(outcome), commit=outcome.name))
                self._send(Finished(id=name))
            elif isinstance(outcome, Stopped):
                self._send(_stopped(name))
            else:
                self._send(Failed(id=name, failure=failure_of(outcome)))

    def _keep(self, job: _Job, outcome: Path | BaseException) -> None:
        """In the list stays what received something, or still could: not a model that was never found."""
        if isinstance(outcome, Path) and (outcome.name == job.kept.commit or not job.kept.files):
            pending.drop(job.key)
        elif isinstance(outcome, Path):  # a former version served, for the network went away: this one can go on
            pending.keep(msgspec.structs.replace(job.kept, owner=None))
        elif job.kept.files or isinstance(outcome, Stopped | Offline | TimedOut):
            paused = isinstance(outcome, Stopped)
            said = "" if paused else failure_of(outcome).what_happened
            failed = not isinstance(outcome, Stopped | DiskFull)
            pending.keep(msgspec.structs.replace(job.kept, owner=None, failure=said, failed=failed))
        else:
            pending.drop(job.key)

    def _hear(self, job: _Job, event: Downloading | Notice) -> None:
        with self._lock:
            if job.over:
                return
            requests = list(job.requests)
        for name in requests:
            self._send(msgspec.structs.replace(event, id=name))

    def _told(self, job: _Job) -> PendingDownload:
        state: DownloadState = "running" if job in self._running else "waiting"
        return msgspec.structs.replace(_kept_told(job.kept), state=state, failure="")


def _at_work(kept: Pending) -> Pending:
    return msgspec.structs.replace(kept, owner=pending.ours(), failure="", failed=False)


def _others(key: _Key) -> list[Pending]:
    return [one for one in pending.listed() if one.key != key]


def _kept_told(kept: Pending) -> PendingDownload:
    state: DownloadState = "running" if kept.is_at_work else "failed" if kept.failed else "paused"
    return PendingDownload(
        ref=kept.repo,
        revision="" if kept.revision == address.MAIN else kept.revision,
        part="tokenizer" if kept.part == "tokenizer" else "model",
        state=state,
        done_bytes=half.there_bytes(kept),
        total_bytes=sum(file.size_bytes for file in kept.files),
        failure=kept.failure,
    )


def _key_of(ref: str, revision: str, part: str) -> _Key:
    found = address.parse(ref, surroundings.endpoint())
    if found is None:
        raise ModelNotFound(f"“{ref[:200]}” is not the name of a model on the Hub.", "Check the name.")
    found = address.with_revision(found, revision)
    return found.repo, found.revision, part


_WAITS = "Waits for its turn."
_STOP_FIRST, _AGAIN = "Stop its download first.", "Download it again when that is over."
_STOPPED, _GO_ON = "The download was stopped.", "Download again to go on from there."


def _stopped(request_id: str) -> Failed:
    return Failed(id=request_id, failure=failure_of(Stopped(_STOPPED, _GO_ON)))
