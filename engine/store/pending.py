"""Downloads that are not over, also of an earlier start of the program: ``downloads/NAME.json``, one file each.

One file each, since several programs of Fastpath may download side by side. What was received lies in the shared cache.
"""

import hashlib
import logging
import os
from pathlib import Path

import msgspec
import psutil

from engine import folders
from engine.store import whole
from engine.wire.errors import FastpathError

log = logging.getLogger(__name__)

_SCHEMA = 1


class Expected(msgspec.Struct, frozen=True):
    """A file of a download: its name in the cache (``etag``), its path in the repository, and its size.

    ``there_before``: some of it had come otherwise, before this download; then it is not ours to remove.
    """

    path: str
    etag: str
    size_bytes: int
    there_before: bool = False


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A download as it was asked for and how far it came. ``owner``: process id and start time of who is at it."""

    schema: int = _SCHEMA
    repo: str
    revision: str
    part: str
    commit: str = ""
    files: tuple[Expected, ...] = ()
    failure: str = ""
    failed: bool = False
    owner: tuple[int, int] | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.repo, self.revision, self.part

    @property
    def is_at_work(self) -> bool:
        """Whether a living process is at it."""
        return self.owner is not None and whole.lives(*self.owner)


def ours() -> tuple[int, int]:
    """This process as an owner."""
    return os.getpid(), _started(os.getpid())


def keep(pending: Pending) -> None:
    """Writes it whole, in place of an earlier state. A list is a comfort: a failure to write it is only logged."""
    try:
        whole.write(_file(pending.key), msgspec.json.encode(pending))
    except (FastpathError, OSError) as error:
        log.warning("The list of downloads could not be kept: %s", error)


def drop(key: tuple[str, str, str]) -> None:
    """It is over, or given up."""
    try:
        _file(key).unlink(missing_ok=True)
    except (FastpathError, OSError) as error:
        log.warning("The list of downloads could not be kept: %s", error)


def listed() -> list[Pending]:
    """All of them by name; one that cannot be read, or of a newer version, is passed over and left alone."""
    found = []
    folder = folders.part("downloads")
    whole.sweep(folder)
    for file in folder.glob("*.json"):
        try:
            one = msgspec.json.decode(file.read_bytes(), type=Pending)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            log.warning("A download in the list cannot be read (%s): %s", file.name, error)
            continue
        if one.schema == _SCHEMA and file == _file(one.key):
            found.append(one)
    return sorted(found, key=lambda one: one.key)


def find(key: tuple[str, str, str]) -> Pending | None:
    """None too where the list cannot be read."""
    try:
        return next((one for one in listed() if one.key == key), None)
    except (FastpathError, OSError) as error:
        log.warning("The list of downloads cannot be read: %s", error)
        return None


def _file(key: tuple[str, str, str]) -> Path:
    name = hashlib.sha256(msgspec.json.encode(key)).hexdigest()[:32]
    return folders.part("downloads") / f"{name}.json"


def _started(pid: int) -> int:
    try:
        return int(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0
