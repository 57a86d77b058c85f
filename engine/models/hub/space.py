"""Room on the disk: asked for before a download, watched during it."""

import contextlib
import errno
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from engine.wire.errors import DiskFull

_EVERY_S = 1.0
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_KEPT = "Free some disk space and try again; what was received is kept, and the download goes on from there."


def require(folder: Path, model: str, left_bytes: int, largest_bytes: int) -> None:
    """What is still to come must fit, and half of the largest file beside it: its export will want room as well.

    Raises DiskFull.
    """
    needed, free = left_bytes + largest_bytes // 2, free_bytes(folder)
    if left_bytes and free < needed:
        raise DiskFull(
            f"{model} needs {_size(needed)} with some head-room, and the disk of {folder} has {_size(free)} free.",
            "Free some disk space, or set HF_HOME to a folder on another disk.",
        )


class Watch:
    """Looks once a second whether what is to come still fits, so that others are not left without room."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._next = time.monotonic() + _EVERY_S

    def look(self, left_bytes: int) -> None:
        """Raises DiskFull."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY_S
        free = free_bytes(self._folder)
        if free < left_bytes:
            what = f"The disk is getting full: {_size(left_bytes)} are still to come, {_size(free)} are free."
            raise DiskFull(what, _KEPT)


@contextlib.contextmanager
def told_full(folder: Path) -> Iterator[None]:
    """The failed write of a full disk, or of a used-up quota, as DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull(f"The disk of {folder} is full.", _KEPT, str(error)) from error
        raise


def free_bytes(folder: Path) -> int:
    """On the disk that will hold ``folder``, which need not be there yet."""
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    return shutil.disk_usage(there).free


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count, 1e5) / 1e6:.1f} MB"
