"""One repository of the shared cache, read with a few calls to the system: snapshots, their files, what they share.

Plain strings and ``os`` on purpose: thousands of repositories are listed while a person waits.
"""

import contextlib
import dataclasses
import os

import msgspec

from engine.models.hub.cache import COMMIT

PREFIX = "models--"


class File(msgspec.Struct, frozen=True, gc=False):
    """``blob``: the name of the content that several snapshots may share; empty for a file of the snapshot's own."""

    blob: str
    size_bytes: int
    used_s: float


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """``refs``: branches and tags that were at this commit. ``files``: by path, those whose content is there."""

    commit: str
    folder: str
    refs: tuple[str, ...]
    files: dict[str, File]


@dataclasses.dataclass(frozen=True, slots=True)
class Repository:
    """``blobs``: contents by name, partial ones too."""

    repo: str
    folder: str
    snapshots: tuple[Snapshot, ...]
    blobs: dict[str, File]

    def only(self, snapshot: Snapshot) -> set[str]:
        """Names of the blobs that no other snapshot shows, as far as could be read: to tell, not to delete by."""
        if len(self.snapshots) == 1:
            return {file.blob for file in snapshot.files.values() if file.blob}
        others = {
            file.blob for other in self.snapshots if other is not snapshot for file in other.files.values() if file.blob
        }
        return {file.blob for file in snapshot.files.values() if file.blob} - others


def repositories(cache: str) -> list[Repository]:
    """All models in the cache, by name; none where there is no cache. Raises OSError where it may not be read."""
    try:
        with os.scandir(cache) as entries:
            names = sorted(entry.name for entry in entries if entry.name.startswith(PREFIX))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [found for name in names if (found := read(os.path.join(cache, name))) is not None]  # noqa: PTH118 - see above


def read(folder: str) -> Repository | None:
    """None where nothing of it may be read."""
    try:
        blobs = _blobs(f"{folder}/blobs")
        refs = _refs(f"{folder}/refs")
        commits = sorted(name for name, _ in _entries(f"{folder}/snapshots") if COMMIT.fullmatch(name))
    except OSError:
        return None
    repo = folder.rpartition(os.sep)[2].removeprefix(PREFIX).replace("--", "/")
    found = []
    for commit in commits:
        place = os.path.join(folder, "snapshots", commit)  # noqa: PTH118 - see above
        files: dict[str, File] = {}
        with contextlib.suppress(OSError):
            _collect(place, "", blobs, files)
        if files:
            found.append(Snapshot(commit, place, tuple(sorted(refs.get(commit, ()))), files))
    return Repository(repo, folder, tuple(found), blobs)


def collect(folder: str, found: dict[str, File]) -> None:
    """Adds the files of any folder, links followed. Raises OSError."""
    for name, entry in _entries(folder):
        if entry.is_file():
            status = entry.stat()
            found[name] = File("", status.st_size, max(status.st_atime, status.st_mtime))
        elif name == "onnx":
            inner: dict[str, File] = {}
            collect(entry.path, inner)
            found.update({f"{name}/{one}": file for one, file in inner.items()})


def _blobs(folder: str) -> dict[str, File]:
    found = {}
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            try:
                status = entry.stat()
            except OSError:  # it went away meanwhile
                continue
            used_s, changed_s = status.st_atime, status.st_mtime
            name = entry.name
            found[name] = File(name, status.st_size, used_s if used_s > changed_s else changed_s)
    return found


def _refs(folder: str, prefix: str = "") -> dict[str, list[str]]:
    """Names by commit."""
    found: dict[str, list[str]] = {}
    for name, entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            for commit, names in _refs(entry.path, f"{prefix}{name}/").items():
                found.setdefault(commit, []).extend(names)
            continue
        with contextlib.suppress(OSError), open(entry.path, "rb", buffering=0) as stream:  # noqa: PTH123 - see above
            commit = stream.read(64).decode("ascii", "replace").strip()
            found.setdefault(commit, []).append(prefix + name)
    return found


def _collect(folder: str, prefix: str, blobs: dict[str, File], found: dict[str, File], depth: int = 0) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink():
                name = os.path.basename(os.readlink(entry.path))  # noqa: PTH115, PTH119 - see above
                if name in blobs:
                    found[prefix + entry.name] = blobs[name]
            elif entry.is_dir(follow_symlinks=False):
                if depth < 8:
                    _collect(entry.path, f"{prefix}{entry.name}/", blobs, found, depth + 1)
            else:
                status = entry.stat()
                used_s = max(status.st_atime, status.st_mtime)
                found[prefix + entry.name] = File("", status.st_size, used_s)


def _entries(folder: str) -> list[tuple[str, "os.DirEntry[str]"]]:
    try:
        with os.scandir(folder) as entries:
            return [(entry.name, entry) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return []
