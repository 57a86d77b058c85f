"""A child in its role, with what it owes: requests begun and not yet ended, and a stop that is under way."""

import contextlib
import time
from collections.abc import Callable

from engine.runtimes.child import Child
from engine.wire import codec
from engine.wire.messages import AnyRequest, Stage, Stop

TERMINATE_AFTER_S = {"work": 0.4, "compare": 0.8}
"""A comparison ends by itself, with what it has measured; only what hangs is terminated."""
KILL_AFTER_S = {"work": 0.8, "compare": 0.95}


class Role:
    """Belongs to the thread that reads the child's channel."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.ready = False
        self.warm = False
        """Has begun a run: libraries are imported, so that the next one does not wait for the start."""
        self.active: dict[str, AnyRequest] = {}
        self.stopping = ""
        self._starting_since: dict[str, float] = {}
        self._deadlines: list[tuple[float, Callable[[], None]]] = []

    def write(self, request: AnyRequest) -> None:
        """Raises codec.Unwritable. A child that is gone is told by the end of its channel, not here."""
        line = codec.encode(request)
        with contextlib.suppress(OSError):
            self.child.channel.send(line)

    def begin(self, request: AnyRequest) -> None:
        """Writes a request that will be owed from now on. Raises codec.Unwritable; then nothing is owed."""
        self.active[request.id] = request
        try:
            self.write(request)
        except codec.Unwritable:
            self.end(request.id)
            raise

    def end(self, request_id: str) -> None:
        """Nothing more is owed for this request."""
        del self.active[request_id]
        self._starting_since.pop(request_id, None)
        if self.stopping == request_id:
            self.stopping, self._deadlines = "", []

    def starts_for(self, request_id: str) -> Stage:
        """The stage of a run that has to wait for the child's start."""
        self._starting_since[request_id] = time.monotonic()
        return Stage(id=request_id, stage="starting")

    def started_for(self, request_id: str) -> Stage | None:
        """The end of that stage, once, at the run's first event."""
        since = self._starting_since.pop(request_id, None)
        if since is None:
            return None
        self.warm = True
        return Stage(id=request_id, stage="starting", seconds=time.monotonic() - since)

    def stop(self, request_id: str) -> None:
        """Asks at once; then the process is terminated and killed. A desk works on."""
        if self.stopping == request_id:
            return
        self.write(Stop(id=request_id))
        if self.child.role == "desk":
            return  # it ends that request only, cooperatively
        self.stopping = request_id
        now = time.monotonic()
        self._deadlines = [
            (now + TERMINATE_AFTER_S[self.child.role], self.child.terminate),
            (now + KILL_AFTER_S[self.child.role], self.child.kill),
        ]

    @property
    def due(self) -> float | None:
        """When ``climb`` has something to do, by the monotonic clock."""
        return self._deadlines[0][0] if self._deadlines else None

    def climb(self) -> None:
        """The next steps of the stop ladder, where their time has come."""
        now = time.monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            self._deadlines.pop(0)[1]()
