"""The part of a file that is there: its bytes on disk, and the hash of exactly these."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from engine.models.hub import place, space
from engine.models.hub.halt import Halt
from engine.models.hub.listing import Listed


class Mismatch(Exception):
    """What came is not the file that is listed. Says how."""


class Partial:
    """A file being received. Each piece is on disk before it counts, so that a killed process loses none.

    Use as a context; ``take_up`` first. Thread: the download's.
    """

    def __init__(self, file: Listed, path: Path) -> None:
        """Raises DataFolder, DiskFull."""
        self.file = file
        self.path = path
        self.position = 0
        self._digest = place.digest_of(file)
        with place.writing(path.parent), space.told_full(path.parent):
            self._stream = path.open("a+b", buffering=0)

    def __enter__(self) -> "Partial":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stream.close()

    @property
    def is_whole(self) -> bool:
        return self.position == self.file.size_bytes

    def take_up(self, halt: Halt, tell: Callable[[int], None]) -> None:
        """Hashes what an earlier download left. ``tell`` gets the position. Raises Stopped."""
        self._stream.seek(0)
        while count := place.feed(self._digest, self._stream, place.HASHED_BYTES, halt):
            self.position += count
            tell(self.position)
        if self.position > self.file.size_bytes:
            self.restart()

    def restart(self) -> None:
        """Forgets what is there."""
        self._stream.truncate(0)
        self.position = 0
        self._digest = place.digest_of(self.file)

    def add(self, piece: bytes) -> None:
        """Raises Mismatch (more than the file's size), DiskFull."""
        if self.position + len(piece) > self.file.size_bytes:
            raise Mismatch(f"longer than {self.file.size_bytes:,} bytes")
        rest = memoryview(piece)
        with space.told_full(self.path.parent):
            while rest:  # a write without a buffer may take less than all
                count = self._stream.write(rest)
                self._digest.update(rest[:count])
                self.position += count
                rest = rest[count:]

    def require_right(self) -> None:
        """Raises Mismatch."""
        found = self._digest.hexdigest()
        if found != self.file.etag:
            raise Mismatch(f"{self._digest.name} {found[:12]}… and not {self.file.etag[:12]}…")
