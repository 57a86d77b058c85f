"""Where a runtime of its own lies, what its manifest says, and who works on it.

``<data folder>/runtimes/NAME`` is a virtual environment, which cannot be moved once it is made. So it is made in its
place, and the manifest is written last: what has none is no runtime, and goes with the next sweep.
"""

import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine import folders
from engine.wire.errors import EngineBusy

MANIFEST = "fastpath-runtime.json"
_GONE = ".gone-"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``python``: the interpreter that the environment was made from. ``packages``: versions by name; ``files``: their
    fingerprints.

    ``own_digest``: of Fastpath's own code in it. ``damage``: why it cannot be used, found after it was whole.
    """

    python: str
    packages: dict[str, str]
    files: dict[str, str] = {}
    own_digest: str
    disk_bytes: int = 0
    damage: str = ""


class Place:
    """The folder of one runtime. Light: nothing is made before something is to be installed."""

    def __init__(self, name: str) -> None:
        """Raises DataFolder."""
        self.name = name
        self.home = folders.home() / "runtimes"
        self.folder = self.home / name
        self.downloads = self.home / f"{name}-downloads"

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    @property
    def packages(self) -> Path | None:
        """Its site-packages; None where there are none."""
        return next(iter(sorted(self.folder.glob("lib/python3.*/site-packages"))), None)

    def manifest(self) -> Manifest | None:
        """None where there is none. Raises msgspec.MsgspecError, OSError where it cannot be read."""
        try:
            return msgspec.json.decode((self.folder / MANIFEST).read_bytes(), type=Manifest)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, manifest: Manifest) -> None:
        """From now on this is a runtime."""
        part = self.folder / f"{MANIFEST}.part"
        part.write_bytes(msgspec.json.encode(manifest))
        part.replace(self.folder / MANIFEST)

    def forget(self) -> None:
        """From now on there is no runtime. What it held is deleted by ``sweep``, which takes its time."""
        if os.path.lexists(self.folder):
            self.folder.rename(self.folder.with_name(f"{self.name}{_GONE}{secrets.token_hex(4)}"))

    def sweep(self) -> None:
        """Deletes what is no runtime: forgotten, or half made by who died meanwhile. Only under ``working``."""
        if os.path.lexists(self.folder) and not (self.folder / MANIFEST).exists():
            self.forget()
        for gone in self.leftovers():
            shutil.rmtree(gone, ignore_errors=True)

    def leftovers(self) -> list[Path]:
        """What was forgotten and is not deleted yet."""
        return list(self.home.glob(f"{self.name}{_GONE}*"))

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """One process at a time installs, renews or removes; the lock goes with the process. Raises EngineBusy."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / f"{self.name}.lock").open("w") as file:
            if not _lock(file.fileno()):
                raise EngineBusy("Another Fastpath is at work on this runtime.", "Wait for its end, then try again.")
            yield


def _lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        return True  # no runtime of its own can be had there
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def size_bytes(folder: Path) -> int:
    """All files below, links not followed; what goes away meanwhile counts for nothing."""
    total, waiting = 0, [str(folder)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    with contextlib.suppress(OSError):
                        total += entry.stat(follow_symlinks=False).st_size
    return total
