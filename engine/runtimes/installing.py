"""Making the IPEX runtime, or bringing a damaged one in order: step by step, each of which can be stopped.

Room on the disk at most: while unpacking, the wheels and what comes out of them.
"""

import contextlib
import json
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from engine.runtimes import command, ipex, own_wheel
from engine.runtimes.halting import ChildFailed, Halt
from engine.runtimes.packages import broken, fingerprints, lists
from engine.runtimes.packages import remove as remove_package
from engine.runtimes.pip import Item, Pip
from engine.runtimes.place import Manifest, Place, size_bytes
from engine.runtimes.recipe import VENV, Recipe
from engine.wire.errors import DiskFull, ModeUnavailable, Offline
from engine.wire.messages import Installing

Tell = Callable[[Installing], None]

_HEAD_ROOM_BYTES = 500_000_000
_SINGLY_BYTES = 30_000_000
"""A larger wheel is fetched by itself, so that a stopped installation keeps it."""
_TOLD_EVERY_S = 0.25
_SELF_CHECK_S = 300.0
_REPAIR_UNENDED = "A repair did not come to its end."


def install(recipe: Recipe, place: Place, halt: Halt, tell: Tell) -> None:
    """Makes the runtime, or repairs it. What was half made is gone when this raises, and what was downloaded stays.

    Raises Stopped, Offline, DiskFull, DataFolder, ModeUnavailable, EngineBusy.
    """
    with place.working(), _translated(place):
        place.sweep()
        if not _can_be_repaired(place):
            place.forget()
        new = place.manifest() is None
        try:
            _Installation(recipe, place, halt, tell).run()
        except BaseException:
            if new and place.manifest() is None:
                place.forget()
            raise


def remove(place: Place) -> None:
    """All of it, downloads too. Raises EngineBusy, DataFolder."""
    with place.working(), _translated(place):
        place.forget()
        place.sweep()
        shutil.rmtree(place.downloads, ignore_errors=True)


def _can_be_repaired(place: Place) -> bool:
    """Its Python and the list of its packages are there, at the versions wanted; else it is made anew."""
    try:
        manifest = place.manifest()
    except (msgspec.MsgspecError, OSError):
        return False
    if manifest is None or ipex.outdated(manifest):
        return False
    return place.packages is not None and place.python.exists() and str(place.python.resolve()) == manifest.python


@contextlib.contextmanager
def _translated(place: Place) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (28, 122):  # no room, or a used-up quota
            raise _full(place) from error
        raise ModeUnavailable(
            f"The runtime could not be made in {place.folder}.", "The details hold the system's words.", str(error)
        ) from error


def _full(place: Place) -> DiskFull:
    return DiskFull(f"The disk of {place.home} is full.", "Free some disk space and install again.")


class _Installation:
    def __init__(self, recipe: Recipe, place: Place, halt: Halt, tell: Tell) -> None:
        self._recipe = recipe
        self._place = place
        self._halt = halt
        self._tell = tell
        self._told = ("", 0.0)
        # The desk's own surroundings: a company's package index and certificates are named there.
        environment = command.environment("desk", 1)
        self._environment = {name: value for name, value in environment.items() if not name.startswith("HF_TOKEN")}

    def run(self) -> None:
        old = self._place.manifest()
        if old is not None:
            self._place.write(msgspec.structs.replace(old, damage=_REPAIR_UNENDED))
            wanted = self._repaired(old)
        else:
            wanted = self._made()
        self._check(self._with_own_code(wanted))

    # --- the steps ---

    def _made(self) -> dict[str, str]:
        """A new environment with all packages; their versions by name."""
        self._require(_HEAD_ROOM_BYTES)
        self._say("Creating the environment")
        self._make_environment()
        pip = self._pip()
        self._say("Asking the package index")
        pip.renew_itself()
        items, plain = self._resolved(pip)
        left = sum(item.size_bytes for item in items) - size_bytes(pip.wheels)
        self._require(max(0, left) + (self._recipe.plain_bytes[1] if plain else self._recipe.plain_bytes[1] // 8))
        self._fetch_and_unpack(pip, items, ())
        names = {item.name for item in items}
        return {name: version for name, version, _ in self._lists() if name in names}

    def _make_environment(self) -> None:
        words = [str(self._recipe.python), "-P", "-m", "venv", str(self._place.folder)]
        try:
            self._halt.run(words, self._environment, look=self._look, longest_s=300)
        except ChildFailed as error:
            raise ModeUnavailable("Python could not create an environment.", VENV, error.output) from error

    def _resolved(self, pip: Pip) -> tuple[list[Item], bool]:
        """From PyTorch's index for CPUs where that serves; else the plain wheels (then True)."""
        recipe = self._recipe
        if pip.answers(recipe.cpu_index):
            with contextlib.suppress(Offline, ModeUnavailable):  # it answers, and does not have it
                small = ("--extra-index-url", recipe.cpu_index, f"torch=={recipe.torch}+cpu")
                return self._look_up(pip, small), False
        self._require(recipe.plain_bytes[1])
        return self._look_up(pip, (f"torch=={recipe.torch}",)), True

    def _look_up(self, pip: Pip, torch: Sequence[str]) -> list[Item]:
        step = "Looking up the packages"
        self._say(step)
        return pip.resolved(
            (*torch, *self._recipe.requirements), lambda done, total: self._say(step, done, total), self._look
        )

    def _repaired(self, old: Manifest) -> dict[str, str]:
        """What is missing or damaged is fetched in the very version and put over it."""
        self._say("Looking for what is damaged")
        lost = broken(self._place.packages, old.packages, old.files)
        items = [Item(name=name, version=old.packages[name]) for name in lost]
        if items:
            for name, _, folder in self._lists():
                if name in lost:
                    remove_package(folder)
            extra = ("--extra-index-url", self._recipe.cpu_index) if any("+cpu" in i.version for i in items) else ()
            self._fetch_and_unpack(self._pip(), items, extra)
        return dict(old.packages)

    def _fetch_and_unpack(self, pip: Pip, items: Sequence[Item], extra: Sequence[str]) -> None:
        total = sum(item.size_bytes for item in items) if all(item.size_bytes for item in items) else 0
        done = 0
        for batch in _batches(items):
            self._fetch(pip, batch, extra, done, total)
            done += sum(item.size_bytes for item in batch)
        pip.drop_cache()
        self._unpack(pip, items)
        shutil.rmtree(self._place.downloads, ignore_errors=True)

    def _fetch(self, pip: Pip, batch: Sequence[Item], extra: Sequence[str], before: int, total: int) -> None:
        step = f"Downloading {batch[0].name if len(batch) == 1 else 'small packages'}"
        self._say(step, before, total)
        heard = _Heard(lambda now: self._say(step, min(before + now, total), total))
        pip.fetch(batch, extra, heard.at, self._look)

    def _unpack(self, pip: Pip, items: Sequence[Item]) -> None:
        total = sum(_unpacked_bytes(wheel) for wheel in pip.wheels.glob("*.whl"))
        self._require(total)
        before = size_bytes(self._place.folder)
        step = f"Unpacking {len(items)} packages"
        self._say(step, 0, total)

        def look() -> None:
            self._look()
            self._say(step, min(total, max(0, size_bytes(self._place.folder) - before)), total)

        pip.install(items, look)

    def _with_own_code(self, packages: Mapping[str, str]) -> Manifest:
        self._say("Adding Fastpath's own code")
        there = self._place.packages
        assert there is not None
        own_wheel.install(own_wheel.build(), there)
        return Manifest(
            python=str(self._place.python.resolve()),
            packages=dict(packages),
            files=fingerprints(there, packages.keys()),
            own_digest=own_wheel.digest(),
        )

    def _check(self, manifest: Manifest) -> None:
        """The runtime is whole once a child of it has traced a model. One that fails is kept, as damaged."""
        self._say("Checking: a small model is traced")
        words = [str(self._place.python), "-P", "-m", "engine.runtimes.self_check"]
        found = msgspec.structs.replace(manifest, disk_bytes=size_bytes(self._place.folder))
        try:
            # Where libraries note things at import: not in the person's own folders.
            said = self._halt.run(words, command.environment("work", 1), look=self._look, longest_s=_SELF_CHECK_S)
            json.loads(said.splitlines()[-1])
        except (ChildFailed, ValueError, IndexError) as error:
            output = error.output if isinstance(error, ChildFailed) else str(error)
            self._place.write(msgspec.structs.replace(found, damage="Its self-check failed."))
            raise ModeUnavailable(
                "IPEX is installed, and its self-check failed.",
                "Try fastpath runtimes repair ipex. If that does not help, remove it and pick another acceleration.",
                output,
            ) from error
        self._place.write(found)

    # --- what they share ---

    def _pip(self) -> Pip:
        return Pip(self._place.python, self._place.downloads, self._environment, self._halt)

    def _lists(self) -> list[tuple[str, str, Path]]:
        return list(lists(self._place.packages)) if self._place.packages else []

    def _say(self, step: str, done_bytes: int = 0, total_bytes: int = 0) -> None:
        self._halt.check()
        now = time.monotonic()
        if step == self._told[0] and now - self._told[1] < _TOLD_EVERY_S:
            return
        self._told = (step, now)
        self._tell(Installing(step=step, done_bytes=done_bytes, total_bytes=total_bytes))

    def _require(self, needed_bytes: int) -> None:
        """Raises DiskFull."""
        free = free_bytes(self._place.home)
        if free < needed_bytes + _HEAD_ROOM_BYTES:
            raise DiskFull(
                f"IPEX needs {needed_bytes / 1e9:.1f} GB more with some head-room, and the disk of "
                f"{self._place.home} has {free / 1e9:.1f} GB free.",
                "Free some disk space, or set FASTPATH_HOME to a folder on another disk.",
            )

    def _look(self) -> None:
        """Others must not be left without room. Raises DiskFull."""
        if free_bytes(self._place.home) < _HEAD_ROOM_BYTES // 2:
            raise _full(self._place)


class _Heard:
    """Bytes of several files fetched by one call: pip tells of the one in hand."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._before = self._size = self._last = 0

    def at(self, done_bytes: int, size: int) -> None:
        if done_bytes < self._last or (size != self._size and self._size):
            self._before += self._size
        self._last, self._size = done_bytes, size
        self._tell(self._before + done_bytes)


def _batches(items: Sequence[Item]) -> list[list[Item]]:
    """The small ones together, first; each large one by itself."""
    small = [item for item in items if 0 < item.size_bytes < _SINGLY_BYTES]
    large = sorted((item for item in items if item not in small), key=lambda item: item.size_bytes)
    return ([small] if small else []) + [[item] for item in large]


def _unpacked_bytes(wheel: Path) -> int:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile):
        return 0


def free_bytes(folder: Path) -> int:
    """On the disk that will hold ``folder``, which need not be there yet."""
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    return shutil.disk_usage(there).free
