"""Children of an installation: started one after another, read line by line, ended at once when it is stopped."""

import contextlib
import os
import selectors
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import psutil

from engine.wire.errors import Stopped

KEPT_LINES = 60
_LOOK_EVERY_S = 1.0


class ChildFailed(Exception):
    """A child ended with ``status``; ``output`` is the last that it said."""

    def __init__(self, status: int, output: str) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.output = output


class Halt:
    """One installation's stop. ``stop`` may be called from any thread, the rest from the installation's own.

    Children stay in this process's group: its guardian ends them when the process dies.
    """

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Ends the child in hand and all that it started."""
        with self._lock:
            self._stopped.set()
            if self._child is not None:
                _kill(self._child)

    def check(self) -> None:
        """Raises Stopped once ``stop`` was called."""
        if self._stopped.is_set():
            raise Stopped("The installation was stopped.", "Install again to go on from there.")

    def run(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        hear: Callable[[str], None] = lambda line: None,
        look: Callable[[], None] = lambda: None,
        longest_s: float | None = None,
    ) -> str:
        """The last lines of what it printed. ``hear`` gets each line, ``look`` is called once a second.

        Raises Stopped, ChildFailed (also after ``longest_s``), OSError, and what ``hear`` and ``look`` raise.
        """
        with self._lock:
            self.check()
            child = subprocess.Popen(
                words, env=dict(environment), cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=-2
            )
            self._child = child
        said: deque[str] = deque(maxlen=KEPT_LINES)
        try:
            self._read(child, said, hear, look, longest_s)
            status = child.wait()
        finally:
            with self._lock:
                self._child = None
                _kill(child)
            assert child.stdout is not None
            child.stdout.close()
            child.wait()
        self.check()
        if status:
            raise ChildFailed(status, "\n".join(said))
        return "\n".join(said)

    def _read(
        self,
        child: subprocess.Popen[bytes],
        said: deque[str],
        hear: Callable[[str], None],
        look: Callable[[], None],
        longest_s: float | None,
    ) -> None:
        assert child.stdout is not None
        began = time.monotonic()
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            looked = began
            while True:
                chunk = os.read(child.stdout.fileno(), 65536) if selector.select(_LOOK_EVERY_S) else None
                if chunk == b"":
                    return
                *lines, rest = (rest + (chunk or b"")).split(b"\n")
                for line in (line.decode("utf-8", "replace").strip()[:500] for line in lines):
                    if not line.startswith("Progress "):
                        said.append(line)
                    hear(line)
                now = time.monotonic()
                if now - looked >= _LOOK_EVERY_S:
                    looked = now
                    look()
                if longest_s is not None and now - began > longest_s:
                    raise ChildFailed(-1, "\n".join([*said, f"It did not end within {longest_s:.0f} s."]))


def _kill(child: subprocess.Popen[bytes]) -> None:
    """With all that it started; one that it starts meanwhile is found at the second look, when it can start no more."""
    if child.poll() is not None:
        return
    with contextlib.suppress(psutil.Error, OSError):
        whole = psutil.Process(child.pid)
        parts = whole.children(recursive=True)
        whole.suspend()
        for part in {*parts, *whole.children(recursive=True)}:
            with contextlib.suppress(psutil.Error):
                part.kill()
    with contextlib.suppress(OSError):
        child.kill()
