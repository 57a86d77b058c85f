"""Starts engine processes, speaks to them, ends them. No Qt, no torch: the window's thread and the command line use it.

All state belongs to the thread that calls ``events``; ``send``, ``stop`` and ``close`` only leave a word for it. That
thread sleeps in one ``select`` over the channels: nothing polls beside a measurement.
"""

import collections
import contextlib
import logging
import selectors
import socket
import time
from collections.abc import Callable, Sequence

import msgspec
import psutil

from engine.runtimes.aside import Aside, is_aside
from engine.runtimes.child import Child
from engine.runtimes.command import processors_allowed
from engine.runtimes.role import Role
from engine.wire import codec
from engine.wire.channel import LineTooLong
from engine.wire.errors import (
    BadInput,
    EngineBusy,
    EngineDied,
    FastpathError,
    Offline,
    Stopped,
    UserFacing,
    failure_of,
)
from engine.wire.messages import (
    PROTOCOL,
    Allow,
    AnyEvent,
    AnyRequest,
    Catalogue,
    Compare,
    CompareHistory,
    DeleteHistory,
    DeleteModel,
    Describe,
    Download,
    Event,
    Failed,
    Finished,
    FreeUp,
    InstallRuntime,
    ListConsents,
    ListHistory,
    ListRuntimes,
    ModelsWork,
    OpenHistory,
    Ready,
    Record,
    Release,
    RemoveRuntime,
    Revoke,
    Round,
    Run,
    SaveReport,
    SetToken,
    Stop,
    Storage,
    Update,
    Work,
    WriteScript,
)

DESK_REQUESTS = (
    *(Describe, Download, ModelsWork, Storage, ListConsents, Allow, Revoke),
    *(ListRuntimes, InstallRuntime, RemoveRuntime, SaveReport, WriteScript),
    *(ListHistory, OpenHistory, CompareHistory, DeleteHistory),
)
EARLY_DEATHS = 3
"""After so many deaths before ``Ready`` a fresh child waits for the next request."""
KEEP_WITHIN_S, KEEP_COMPARISON_S = 1.0, 6.0
"""So long a window's end waits for the desk to have kept the last run in the history, or a comparison, which may be
large.
"""

_log = logging.getLogger(__name__)


class Client:
    """A desk and a work process, and one conversation with both.

    Thread: ``events`` is called from one thread; every other method from any. ``close`` makes ``events`` return None
    after all children are gone.
    """

    def __init__(
        self,
        *,
        threads: int = 0,
        prefix: Sequence[str] = (),
        offline: bool = False,
        keep_within_s: float = KEEP_WITHIN_S,
    ) -> None:
        """``threads`` is what a first work process is warmed with (0 = the catalogue's count); ``prefix`` for tests.

        ``offline``: the desk sends no request either, whatever it is asked. ``keep_within_s``: so long the end waits
        for the last run to be in the history.
        """
        self._threads = threads
        self._offline = offline
        self._prefix = prefix
        self._keep_within_s = keep_within_s
        self._default_threads = 0
        self._words: collections.deque[Callable[[], None]] = collections.deque()
        self._roles: dict[str, Role] = {}
        self._waiting: list[Work] = []
        self._freeing = ""
        self._out: list[AnyEvent] = []
        self._early_deaths = 0
        self._aside = Aside()
        self._closed = False
        self._waker, self._wakened = socket.socketpair()
        self._wakened.setblocking(False)
        self._waker.setblocking(False)  # a byte that waits already is enough
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wakened, selectors.EVENT_READ, None)

    # --- from any thread ---

    def start(self) -> None:
        """Starts the desk; once its catalogue is there, a work process is warmed."""
        self._leave(lambda: self._start_desk())

    def send(self, request: AnyRequest) -> None:
        """Passes a request on; its events come from ``events``."""
        self._leave(lambda: self._send(request))

    def stop(self, request_id: str) -> None:
        """Ends a request within a second: asked at once; what does not end by that is terminated, then killed."""
        self._leave(lambda: self._stop(request_id))

    def restart_desk(self) -> None:
        """After a desk that died: another try."""
        self._leave(lambda: self._start_desk())

    def set_offline(self, offline: bool) -> None:
        """A fresh desk, which sends no request (or may again); what the former one was doing fails as stopped."""
        self._leave(lambda: self._set_offline(offline))

    def close(self) -> None:
        """Ends all children; unfinished requests get no further event."""
        self._leave(self._close)

    def _leave(self, word: Callable[[], None]) -> None:
        self._words.append(word)
        with contextlib.suppress(OSError):
            self._waker.send(b"!")

    # --- in the thread of events ---

    def events(self, timeout_s: float | None = None) -> list[AnyEvent] | None:
        """Blocks until there is news. [] when ``timeout_s`` passed without; None once closed."""
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._closed:
            while self._words and not self._closed:
                self._words.popleft()()
            for child in self._roles.values():
                child.climb()
            if self._out or self._closed:
                break
            now = time.monotonic()
            if end is not None and now >= end:
                return []
            waits = [moment for moment in (end, *(child.due for child in self._roles.values())) if moment is not None]
            for key, _ in self._selector.select(max(0.0, min(waits) - now) if waits else None):
                if key.data is None:
                    with contextlib.suppress(BlockingIOError):
                        self._wakened.recv(4096)
                elif (role := self._roles.get(key.data)) and role.child.channel is key.fileobj:
                    self._read(key.data, role)
        news, self._out = self._out, []
        for event in news:
            self._keep(self._aside.hear(event))
        return news if news or not self._closed else None

    def _set_offline(self, offline: bool) -> None:
        if offline == self._offline:
            return
        self._offline = offline
        if "desk" in self._roles:
            self._end_role("desk", _network_turned(offline))
            self._start_desk()

    def _start_desk(self) -> None:
        if "desk" not in self._roles:
            self._start("desk", 1)

    def _start(self, name: str, threads: int, runtime: str = "main", request_id: str = "") -> Role | None:
        """None where it can't be; then the request is told why."""
        try:
            role = Role(Child(name, threads, runtime, self._prefix, self._offline))
        except (OSError, FastpathError) as error:
            self._fail(request_id, error if isinstance(error, FastpathError) else _cannot_start(error))
            return None
        self._roles[name] = role
        self._selector.register(role.child.channel, selectors.EVENT_READ, name)
        if name == "desk":
            for first in self._aside.first():
                self._keep(first)
        return role

    def _keep(self, request: Record | SetToken | None) -> None:
        """Passes on what is for the history. Where it cannot be, the run itself is not concerned."""
        if request is None:
            return
        desk = self._roles.get("desk")
        if desk is None:
            self._aside.lost(request)
            return
        with contextlib.suppress(codec.Unwritable):  # then the run cannot be sent either, and is told so
            desk.begin(request)

    def _send(self, request: AnyRequest) -> None:
        self._keep(self._aside.asked(request))
        if isinstance(request, FreeUp | DeleteModel):
            self._free_up(request)
        elif isinstance(request, InstallRuntime | RemoveRuntime):
            self._change_runtime(request)
        elif isinstance(request, DESK_REQUESTS):
            self._pass(self._desk_for(request.id), request)
        elif isinstance(request, Work):
            self._run(request)
        elif isinstance(request, Update):
            self._waiting = [
                msgspec.structs.replace(run, fields=request.fields)
                if isinstance(run, Run) and run.id == request.id
                else run
                for run in self._waiting
            ]
            if role := self._owner(request.id):
                with contextlib.suppress(codec.Unwritable):  # what can't be sent leaves the run as it is
                    role.write(request)
        elif isinstance(request, Compare):
            self._compare(request)
        elif isinstance(request, Round | Release):
            if role := self._owner(request.id):
                role.write(request)
        elif isinstance(request, Stop):
            self._stop(request.id)

    def _desk_for(self, request_id: str) -> Role | None:
        return self._roles.get("desk") or self._start("desk", 1, request_id=request_id)

    def _free_up(self, request: FreeUp | DeleteModel) -> None:
        """An idle ``work`` goes before: it holds files open, and its compiler remembers where headers lay."""
        work = self._roles.get("work")
        if self._waiting or self._freeing or (work and work.active) or self._compares:
            what = "A model cannot be deleted" if isinstance(request, DeleteModel) else "Space cannot be freed"
            self._fail(request.id, EngineBusy(f"{what} while a model runs."))
            return
        if work:
            self._end_role("work", Stopped())
        desk = self._desk_for(request.id)
        self._pass(desk, request)
        self._freeing = request.id if desk and request.id in desk.active else ""

    def _change_runtime(self, request: InstallRuntime | RemoveRuntime) -> None:
        """An idle ``work`` of that runtime goes before: what it has not imported yet would be gone or another's."""
        if self._compares:
            self._fail(request.id, EngineBusy("The runtime cannot be changed while a comparison measures."))
            return
        work = self._roles.get("work")
        if work and work.child.runtime == request.runtime:
            if work.active:
                self._fail(request.id, EngineBusy("The runtime cannot be changed while a model runs in it."))
                return
            self._end_role("work", Stopped())
        self._pass(self._desk_for(request.id), request)

    @property
    def _compares(self) -> bool:
        compare = self._roles.get("compare")
        return bool(compare and compare.active)

    def _compare(self, request: Compare) -> None:
        """An idle ``work`` goes before: its memory is for the cells."""
        work = self._roles.get("work")
        if self._waiting or self._freeing or self._compares or (work and work.active):
            self._fail(request.id, EngineBusy("A comparison cannot begin while a model runs."))
            return
        if work:
            self._end_role("work", Stopped())
        self._pass(self._roles.get("compare") or self._start("compare", 1, request_id=request.id), request)

    def _run(self, run: Work) -> None:
        if self._compares:
            self._fail(run.id, EngineBusy("A model cannot run while a comparison measures."))
            return
        if self._freeing:
            self._waiting.append(run)
            return
        if not run.threads and not self._default_threads:
            if "desk" in self._roles:
                self._waiting.append(run)  # until the catalogue says how many threads 0 stands for
                return
            self._default_threads = psutil.cpu_count(logical=False) or 1
        threads = run.threads or self._default_threads
        role = self._roles.get("work")
        if role and (role.child.threads, role.child.runtime) != (threads, run.runtime):
            self._end_role("work", Stopped("Stopped, because a run with other settings began."))
            role = None
        role = role or self._start("work", threads, run.runtime, run.id)
        if role and not role.warm:
            self._out.append(role.starts_for(run.id))
        self._pass(role, run)

    def _pass(self, role: Role | None, request: AnyRequest) -> None:
        if role is None:
            return  # told when it could not be started
        try:
            role.begin(request)
        except codec.Unwritable as error:
            self._fail(
                request.id, BadInput("The input holds half a character, which no model can read.", details=str(error))
            )

    def _owner(self, request_id: str) -> Role | None:
        return next((role for role in self._roles.values() if request_id in role.active), None)

    def _stop(self, request_id: str) -> None:
        if any(run.id == request_id for run in self._waiting):
            self._waiting = [run for run in self._waiting if run.id != request_id]
            self._fail(request_id, Stopped())
            return
        if role := self._owner(request_id):
            role.stop(request_id)

    # --- what children say ---

    def _read(self, name: str, role: Role) -> None:
        try:
            lines = role.child.channel.read_lines()
        except (LineTooLong, OSError) as error:
            _log.error("the channel of %s broke: %s", name, error)
            lines = None
        if lines is None:
            self._died(name, role)
            return
        for line in lines:
            try:
                event = codec.decode_event(line)
            except codec.Unreadable as error:
                _log.error("unreadable from %s: %s", name, error)
                continue
            self._take(role, event)

    def _take(self, role: Role, event: AnyEvent) -> None:
        if isinstance(event, Ready):
            role.ready = event.protocol == PROTOCOL
            self._early_deaths = 0
        elif isinstance(event, Catalogue):
            self._default_threads = event.threads
            self._out.append(event)
            self._go_on()
            return
        if event.id:
            if event.id not in role.active:
                return  # of an ended id
            if is_aside(role.active[event.id]):
                self._kept(role, event)
                return
            if started := role.started_for(event.id):
                self._out.append(started)
            if isinstance(event, Finished | Failed):
                self._ended(role, event.id)
        self._out.append(event)

    def _kept(self, role: Role, event: AnyEvent) -> None:
        """What the desk says of the history is told only where it could not be kept."""
        if is_last(event):
            role.end(event.id)
        if notice := self._aside.said(event):
            self._out.append(notice)

    def _go_on(self) -> None:
        """Runs that waited, and a ``work`` that is warmed for the next."""
        waiting, self._waiting = self._waiting, []
        for run in waiting:
            self._run(run)
        if "work" not in self._roles and not self._compares:
            wanted = self._threads if self._threads <= processors_allowed() else 0  # of a larger computer's settings
            self._start("work", wanted or self._default_threads)

    def _ended(self, role: Role, request_id: str) -> None:
        role.end(request_id)
        if request_id == self._freeing:
            self._freeing = ""
            self._go_on()
        elif role.child.role == "compare" and "work" not in self._roles:
            self._go_on()

    def _died(self, name: str, role: Role) -> None:
        stopped = bool(role.stopping)
        outcome = role.child.outcome()
        error: FastpathError = EngineDied(f"The engine {outcome}.", details=role.child.output())
        asked_for = any(not is_aside(request) for request in role.active.values())
        self._end_role(name, Stopped() if stopped else error)
        if not role.ready and not stopped:
            self._early_deaths += 1
            if not asked_for:
                self._fail("", error)
        if name == "compare":
            self._go_on()
        elif self._early_deaths < EARLY_DEATHS and (role.ready or name == "work"):
            self._start(name, role.child.threads, role.child.runtime)

    def _end_role(self, name: str, error: FastpathError) -> None:
        role = self._roles.pop(name)
        self._selector.unregister(role.child.channel)
        role.child.close()
        for request in list(role.active.values()):
            if is_aside(request):
                self._aside.lost(request)
            else:
                self._fail(request.id, error)
        if name == "desk":
            self._freeing = ""
            waiting, self._waiting = self._waiting, []
            for run in waiting:
                self._fail(run.id, error)

    def _fail(self, request_id: str, error: FastpathError) -> None:
        self._out.append(Failed(id=request_id, failure=failure_of(error)))

    def _close(self) -> None:
        self._wait_for_history(time.monotonic())
        for role in self._roles.values():
            self._selector.unregister(role.child.channel)
            role.child.close()
        self._roles.clear()
        self._selector.close()
        self._waker.close()
        self._wakened.close()
        self._closed = True

    def _wait_for_history(self, began: float) -> None:
        """Until the desk has kept what it was told, yet not for ever."""
        for event in self._out:  # what nobody has taken yet
            self._keep(self._aside.hear(event))
        while desk := self._roles.get("desk"):
            owed = [one for one in desk.active.values() if isinstance(one, Record)]
            if not owed:
                return
            end = began + (KEEP_COMPARISON_S if any(one.comparison for one in owed) else self._keep_within_s)
            with selectors.DefaultSelector() as alone:
                alone.register(desk.child.channel, selectors.EVENT_READ)
                if not alone.select(max(0.0, end - time.monotonic())):
                    return
            self._read("desk", desk)


def _cannot_start(error: OSError) -> EngineDied:
    return EngineDied("The engine could not be started.", details=str(error))


def _network_turned(off: bool) -> UserFacing:
    """What ends whatever the desk was doing: a download, or looking into a model."""
    if off:
        return Offline(
            "Stopped, because the network was turned off.",
            "Turn it on in Settings, then try again. A download goes on from where it was.",
        )
    return Stopped("Stopped, because the network was turned on.", "Try again, now with the network.")


def is_last(event: Event) -> bool:
    """Whether a request ends with this event."""
    return isinstance(event, Finished | Failed)
