"""Writing whole or not at all: beside its place, then renamed; and clearing up after who died writing."""

import contextlib
import errno
import glob
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from engine.wire.errors import DataFolder, DiskFull

log = logging.getLogger(__name__)

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)
_MARK = ".part-"


@contextlib.contextmanager
def translated(place: Path) -> Iterator[None]:
    """Turns a full disk or a closed folder into the failure that a person can mend; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(f"There is no room left in {place}.", details=str(error)) from error
        if error.errno in _CLOSED:
            raise DataFolder(f"The folder {place} cannot be written.", details=str(error)) from error
        raise


def beside(place: Path) -> Path:
    """A name for writing, in the same folder, that tells who writes: process id and start time."""
    return place.with_name(f"{place.name}{_MARK}{os.getpid()}-{_started(os.getpid())}-{secrets.token_hex(4)}")


def write(place: Path, content: bytes | memoryview) -> None:
    """Replaces a file in one step. Raises DiskFull, DataFolder."""
    part = beside(place)
    with translated(place.parent):
        try:
            part.write_bytes(content)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)


def sweep(folder: Path, name: str = "") -> None:
    """Removes what dead processes left half made in ``folder``; of ``name`` alone in a folder that is the person's."""
    for part in folder.glob(f"{glob.escape(name) or '*'}{_MARK}*"):
        pid, _, rest = part.name.rpartition(_MARK)[2].partition("-")
        started = rest.partition("-")[0]
        is_told = pid.isdigit() and started.isdigit()
        if not (lives(int(pid), int(started)) if is_told else name):
            remove(part)


@contextlib.contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """A folder within ``folder`` for a while; that of a process which was killed goes with the next ``sweep``."""
    place = beside(folder / "aside")
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        remove(place)


def remove(place: Path) -> None:
    """Removes a file or a folder. What is still open elsewhere may stay, on Windows, until the next time."""
    try:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s could not be removed: %s", place, error)


def lives(pid: int, started: int) -> bool:
    """Whether a process goes on. The start time (seconds since 1970) tells it from a later one with the same id."""
    found = _started(pid)
    return found != 0 and abs(found - started) <= 2


def _started(pid: int) -> int:
    """Seconds since 1970; 0 where there is no such process."""
    try:
        return int(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0
