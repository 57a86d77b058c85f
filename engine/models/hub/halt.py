"""Stopping a download from another thread."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from engine.wire.errors import Stopped


class Halt:
    """One download's stop. ``stop`` may be called from any thread, the rest from the download's own."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._cut: Callable[[], None] | None = None

    def stop(self) -> None:
        """Wakes the download wherever it waits: for a moment to come, or for bytes."""
        with self._lock:
            self._stopped.set()
            if self._cut is not None:
                with contextlib.suppress(OSError, RuntimeError, ValueError):  # it ended by itself meanwhile
                    self._cut()

    @property
    def is_stopped(self) -> bool:
        return self._stopped.is_set()

    def check(self) -> None:
        """Raises Stopped once ``stop`` was called."""
        if self._stopped.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Raises Stopped."""
        if self._stopped.wait(seconds):
            raise Stopped

    @contextlib.contextmanager
    def cutting(self, cut: Callable[[], None]) -> Iterator[None]:
        """While inside, ``stop`` calls ``cut`` too. Raises Stopped where it was called before."""
        with self._lock:
            self.check()
            self._cut = cut
        try:
            yield
        finally:
            with self._lock:
                self._cut = None
