"""Exported and compiled models, kept on disk for the next time.

``artefacts/<key>/files/`` is what a mode wrote, ``artefacts/<key>/manifest.json`` what it must be. The time
of change of the manifest is the time of last use.
"""

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import msgspec

from engine import folders
from engine.store import versions, whole
from engine.wire.errors import DataFolder

log = logging.getLogger(__name__)

_SCHEMA = 1
_MANIFEST = "manifest.json"
_FILES = "files"
_KEY_LENGTH = 40


class Entry(msgspec.Struct, frozen=True):
    """One file of an artefact."""

    size_bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an artefact is and must be. ``files``: by name relative to ``files/``, with forward slashes."""

    schema: int
    mode: str
    precision: str
    options: dict[str, str]
    content_key: str
    versions: dict[str, str]
    cpu_signature: str
    files: dict[str, Entry]


class Shelf:
    """The artefacts of one model on this CPU: ``engine.mode.ArtefactShelf``.

    ``cpu_signature``: the usable features as one text (``engine.cpu.read.signature``).
    """

    def __init__(self, content_key: str, cpu_signature: str) -> None:
        self._content_key = content_key
        self._cpu_signature = cpu_signature
        self._home = folders.part("artefacts")
        whole.sweep(self._home)

    def find(self, mode: str, precision: str, options: Mapping[str, str]) -> Path | None:
        """The folder of an earlier run, every file hashed; a damaged one is removed and None returned."""
        place = self._home / self._key(mode, precision, options)
        if not place.is_dir():
            return None
        damage = _damage(place)
        if damage:
            log.warning("The artefact %s of %s %s is made anew: %s", place.name, mode, precision, damage)
            _discard(place)
            return None
        os.utime(place / _MANIFEST)
        return place / _FILES

    def prepared(self) -> set[tuple[str, str]]:
        """Modes and precisions of which an earlier run left something whole, whatever its options were.

        By sizes alone: for a list, in about a tenth of a millisecond an artefact.
        """
        manifests = ((place, _manifest(place)) for place in _places())
        return {
            (manifest.mode, manifest.precision)
            for place, manifest in manifests
            if manifest is not None and self._is_ours(manifest) and not _wrong_size(place, manifest)
        }

    def _is_ours(self, manifest: Manifest) -> bool:
        ours = (self._content_key, self._cpu_signature, versions.installed())
        return (manifest.content_key, manifest.cpu_signature, manifest.versions) == ours

    def keep(self, mode: str, precision: str, options: Mapping[str, str], write: Callable[[Path], None]) -> Path:
        """Lets ``write`` fill a folder beside its place, then renames it there whole; returns the place.

        Where another process was faster, its artefact is returned and this one dropped. Raises DiskFull,
        DataFolder, and what ``write`` raises.
        """
        place = self._home / self._key(mode, precision, options)
        part = whole.beside(place)
        try:
            with whole.translated(self._home):
                (part / _FILES).mkdir(parents=True)
                write(part / _FILES)
                manifest = Manifest(
                    schema=_SCHEMA,
                    mode=mode,
                    precision=precision,
                    options=dict(options),
                    content_key=self._content_key,
                    versions=versions.installed(),
                    cpu_signature=self._cpu_signature,
                    files=_entries(part / _FILES),
                )
                (part / _MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
                _move(part, place)
        finally:
            if part.exists():
                whole.remove(part)
        return place / _FILES

    def _key(self, mode: str, precision: str, options: Mapping[str, str]) -> str:
        named = {
            "schema": _SCHEMA,
            "content": self._content_key,
            "mode": mode,
            "precision": precision,
            "options": dict(options),
            "versions": versions.installed(),
            "cpu": self._cpu_signature,
        }
        return hashlib.sha256(msgspec.json.encode(named, order="deterministic")).hexdigest()[:_KEY_LENGTH]


def total_bytes() -> int:
    """What all artefacts take."""
    return sum(_size_bytes(place) for place in _places())


def by_content() -> dict[str, tuple[int, float]]:
    """What was prepared of each model, by its content key: size in bytes, and time of last use."""
    found: dict[str, tuple[int, float]] = {}
    for place in _places():
        if (manifest := _manifest(place)) is not None:
            key = manifest.content_key.partition(" ")[0]
            size_bytes, last = found.get(key, (0, 0.0))
            more = sum(entry.size_bytes for entry in manifest.files.values())
            found[key] = (size_bytes + more, max(last, _last_used(place)))
    return found


def remove_of(content_keys: Collection[str]) -> None:
    """Removes whatever was prepared of models of these contents."""
    for place in _places():
        manifest = _manifest(place)
        if manifest is not None and manifest.content_key.partition(" ")[0] in content_keys:
            _discard(place)


def free_up(limit_bytes: int) -> None:
    """Removes the least recently used until the rest takes at most ``limit_bytes``."""
    sizes = {place: _size_bytes(place) for place in _places()}
    total = sum(sizes.values())
    for place in sorted(sizes, key=_last_used):
        if total <= limit_bytes:
            return
        total -= sizes[place]
        _discard(place)


def _places() -> list[Path]:
    home = folders.part("artefacts")
    return [place for place in home.iterdir() if len(place.name) == _KEY_LENGTH and place.is_dir()]


def _size_bytes(place: Path) -> int:
    total = 0
    for file in place.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # another process frees up as well
            total += file.lstat().st_size if file.is_file() else 0
    return total


def _last_used(place: Path) -> float:
    try:
        return (place / _MANIFEST).stat().st_mtime
    except OSError:
        return 0.0


def _entries(files: Path) -> dict[str, Entry]:
    found = {}
    for file in sorted(files.rglob("*")):
        if file.is_file():
            found[file.relative_to(files).as_posix()] = Entry(file.stat().st_size, _sha256(file))
    return found


def _move(part: Path, place: Path) -> None:
    """Renames ``part`` to ``place``, unless a whole artefact is there already: then that one stays."""
    for _ in range(2):
        try:
            part.rename(place)
        except OSError:
            if not place.is_dir():
                raise
            if not _damage(place):
                return
            _discard(place)
        else:
            return
    raise DataFolder(f"The folder {place} cannot be replaced.", "Close other windows of Fastpath and run again.")


def _discard(place: Path) -> None:
    """Out of its place in one step, so that nobody finds half of it; then file by file."""
    gone = whole.beside(place)
    try:
        place.rename(gone)
    except OSError as error:
        log.warning("%s could not be removed: %s", place, error)
        return
    whole.remove(gone)


def _manifest(place: Path) -> Manifest | None:
    try:
        manifest = msgspec.json.decode((place / _MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return manifest if manifest.schema == _SCHEMA else None


def _wrong_size(place: Path, manifest: Manifest) -> str:
    for name, entry in manifest.files.items():
        try:
            if (place / _FILES / name).stat().st_size != entry.size_bytes:
                return f"{name} has another size"
        except OSError:
            return f"{name} is missing"
    return ""


def _damage(place: Path) -> str:
    """What is wrong with an artefact, or empty."""
    manifest = _manifest(place)
    if manifest is None:
        return "its manifest cannot be read"
    if wrong := _wrong_size(place, manifest):
        return wrong
    for name, entry in manifest.files.items():
        try:
            if _sha256(place / _FILES / name) != entry.sha256:
                return f"{name} has changed"
        except OSError as error:
            return f"{name} cannot be read ({error})"
    return ""


_hashed: dict[tuple[str, int, int, int], str] = {}
"""Of this process: a file that did not change since needs no second reading."""

_SETTLED_NS = 2_000_000_000


def _sha256(file: Path) -> str:
    status = file.stat()
    state = (str(file), status.st_size, status.st_mtime_ns, status.st_ino)
    if state not in _hashed:
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        # A file just written could change once more within one tick of the file system's clock.
        if time.time_ns() - status.st_mtime_ns < _SETTLED_NS:
            return found
        _hashed[state] = found
    return _hashed[state]
