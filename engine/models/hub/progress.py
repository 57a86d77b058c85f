"""How far a download is, told at most four times a second."""

import collections
import time
from collections.abc import Callable

from engine.wire.messages import Downloading

EVERY_S = 0.25
_RATE_OVER_S = 5.0


class Progress:
    """Counts bytes of all files. ``tell`` gets the events."""

    def __init__(self, tell: Callable[[Downloading], None], total_bytes: int) -> None:
        self._tell = tell
        self._total_bytes = total_bytes
        self._whole_bytes = 0
        self._file = ""
        self._received_bytes = 0
        self._told_at = 0.0
        self._marks: collections.deque[tuple[float, int]] = collections.deque([(time.monotonic(), 0)])

    def begin(self, file: str) -> None:
        self._file = file

    def end(self, size_bytes: int) -> None:
        """The file in hand is whole."""
        self._whole_bytes += size_bytes

    def found(self, position_bytes: int) -> None:
        """So much of the file in hand was there already."""
        self.at(position_bytes, 0)

    def at(self, position_bytes: int, received_bytes: int) -> None:
        """``position_bytes`` of the file in hand are there, ``received_bytes`` more than at the last call."""
        self._received_bytes += received_bytes
        now = time.monotonic()
        if now - self._told_at < EVERY_S:
            return
        self._told_at = now
        self._marks.append((now, self._received_bytes))
        while len(self._marks) > 2 and now - self._marks[0][0] > _RATE_OVER_S:
            self._marks.popleft()
        since, before = self._marks[0]
        rate = (self._received_bytes - before) / (now - since) if now > since else 0.0
        done = self._whole_bytes + position_bytes
        self._tell(
            Downloading(
                file=self._file,
                done_bytes=done,
                total_bytes=self._total_bytes,
                bytes_per_s=rate,
                left_s=(self._total_bytes - done) / rate if rate > 0 else None,
            )
        )
