"""Writing into the shared cache, exactly as the Hub's own client lays it out, so that every program finds the files."""

import contextlib
import errno
import hashlib
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.models import unreadable
from engine.models.hub import cache, space, surroundings
from engine.models.hub.halt import Halt
from engine.models.hub.listing import Listed
from engine.wire.errors import DataFolder, ModelBroken

_LOCK_POLL_S, _LOCK_TOLD_S = 0.25, 1.0
HASHED_BYTES = 1024 * 1024
_FORGOTTEN_S = 7 * 24 * 3600
_UNNAMED = re.compile(r".+\.[0-9a-f]{8}\.new")
_UNNAMED_S = 600
_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_ELSEWHERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.ELOOP, errno.EIO, errno.ESTALE})
PARTIAL = ".incomplete"


def digest_of(file: Listed) -> Any:
    """A hash object that ends as the file's etag once the whole content went in."""
    if file.is_large:
        return hashlib.sha256()
    return hashlib.sha1(b"blob %d\0" % file.size_bytes, usedforsecurity=False)


class Place:
    """One repository's folder in the cache, at one commit. Raises DataFolder where it cannot be written."""

    def __init__(self, repo: str, commit: str) -> None:
        self.home = cache.home(repo)
        self.snapshot = self.home / "snapshots" / commit
        self._locks = surroundings.cache().absolute() / ".locks" / self.home.name
        self._commit = commit

    def prepare(self) -> None:
        with writing(self.home):
            for folder in (self.home / "blobs", self.home / "refs", self.snapshot.parent, self._locks):
                folder.mkdir(parents=True, exist_ok=True)

    def blob(self, file: Listed) -> Path:
        return self.home / "blobs" / file.etag

    def partial(self, file: Listed) -> Path:
        """What was received of a file so far; the Hub's own client takes it up too."""
        return self.home / "blobs" / (file.etag + PARTIAL)

    def content(self, file: Listed) -> Path | None:
        """Where the file's content lies whole, by its size: the blob, or the file itself where links cannot be made."""
        for found in (self.blob(file), self.snapshot / file.path):
            if found.is_file() and found.stat().st_size == file.size_bytes:
                return found
        return None

    def there_bytes(self, file: Listed) -> int:
        """How much of the file need not be fetched."""
        if self.content(file) is not None:
            return file.size_bytes
        partial = self.partial(file)
        return min(partial.stat().st_size, file.size_bytes) if partial.is_file() else 0

    @contextlib.contextmanager
    def lock(self, file: Listed, halt: Halt, waits: Callable[[], None]) -> Iterator[None]:
        """Against other programs that fetch the same file, the Hub's own client among them. ``waits`` is called once,
        where that takes more than a moment. Raises Stopped.
        """
        import filelock

        lock: filelock.BaseFileLock = filelock.FileLock(self._locks / f"{file.etag}.lock")
        tell_at = time.monotonic() + _LOCK_TOLD_S
        while True:
            halt.check()
            if time.monotonic() > tell_at:
                waits()
                tell_at = math.inf
            try:
                with writing(self._locks):
                    lock.acquire(timeout=_LOCK_POLL_S)
                break
            except filelock.Timeout:
                continue
            except NotImplementedError:  # a file system without locks
                lock = filelock.SoftFileLock(self._locks / f"{file.etag}.lock")
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                lock.release()

    def keep(self, file: Listed) -> None:
        """Names a partial file that was found right as what it is."""
        with writing(self.home):
            self.partial(file).replace(self.blob(file))

    def link(self, file: Listed, needed_again: bool = False) -> None:
        """Makes the file appear under its name: a relative link to the blob, or where links cannot be made the blob
        itself (a copy, if it is ``needed_again`` for another name, or another name links to it).
        """
        shown, blob = self.snapshot / file.path, self.blob(file)
        with writing(self.home):
            shown.parent.mkdir(parents=True, exist_ok=True)
            if not blob.is_file():
                if shown.is_file():
                    return  # without links the file itself lies under its name since an earlier time
                raise ModelBroken(f"The file {file.path} was deleted during the download.", "Download it again.")
            if shown.is_symlink() and shown.exists() and shown.samefile(blob):
                return
            beside = _beside(shown)
            try:
                beside.symlink_to(os.path.relpath(blob, shown.parent))
            except OSError as error:  # Windows without the right to, or a file system without links
                if error.errno in space.FULL:
                    raise
                copied = needed_again or file.etag in linked(self.home / "snapshots")
                (shutil.copyfile if copied else os.replace)(blob, beside)
            try:
                beside.replace(shown)
            except OSError:  # somebody has it open, on Windows
                beside.unlink() if blob.is_file() else beside.replace(blob)
                raise

    def refer(self, revision: str) -> None:
        """Writes down which commit a branch or tag was at."""
        if revision == self._commit:
            return
        reference = self.home / "refs" / revision
        with writing(self.home):
            reference.parent.mkdir(parents=True, exist_ok=True)
            beside = _beside(self.home / reference.name)  # within refs it would be read as one
            beside.write_text(self._commit, "utf-8")
            beside.replace(reference)

    def sweep(self, whole: list[Listed]) -> None:
        """Removes partial files that nobody will go on with: of files that are whole now, and those of a week ago.

        Newer clients of the Hub leave ``ETAG.XXXXXXXX.incomplete`` behind and never take them up. And what a killed
        process of ours had not named yet.
        """
        import filelock

        done = {file.etag for file in whole}
        for partial in (self.home / "blobs").glob(f"*{PARTIAL}"):
            etag = partial.name.split(".", 1)[0]
            with contextlib.suppress(OSError, filelock.Timeout, NotImplementedError):
                quiet_s = time.time() - partial.stat().st_mtime
                if quiet_s < (60 if etag in done else _FORGOTTEN_S):
                    continue  # perhaps another program is at it
                with filelock.FileLock(self._locks / f"{etag}.lock").acquire(timeout=0):
                    partial.unlink()
        for made in (*self.home.glob("*.new"), *self.snapshot.glob("**/*.new")):
            with contextlib.suppress(OSError):
                if _UNNAMED.fullmatch(made.name) and time.time() - made.lstat().st_mtime > _UNNAMED_S:
                    made.unlink()


def linked(folder: Path) -> set[str]:
    """Names of the blobs that the links in ``folder`` show, however deep. Raises OSError where not all can be read."""
    found = set()
    for place, _, names in os.walk(folder, onerror=_unless_missing):
        for file in (Path(place, name) for name in names):
            if file.is_symlink() and (blob := file.readlink()).parent.name == "blobs":
                found.add(blob.name)
    return found


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _beside(place: Path) -> Path:
    """A name for making what shall appear at ``place`` in one step; nobody else's, not even another thread's."""
    return place.with_name(f"{place.name}.{secrets.token_hex(4)}.new")


def is_right(content: Path, file: Listed, halt: Halt, tell: Callable[[int], None]) -> bool:
    """Whether the content has the size and hash of ``file``. ``tell`` gets how much was read. Raises Stopped."""
    digest, read_bytes = digest_of(file), 0
    with unreadable.told(), content.open("rb", buffering=0) as stream:
        while count := feed(digest, stream, HASHED_BYTES, halt):
            read_bytes += count
            tell(read_bytes)
    return read_bytes == file.size_bytes and digest.hexdigest() == file.etag


def feed(digest: Any, stream: Any, at_most_bytes: int, halt: Halt) -> int:
    """Hashes what ``stream`` holds from where it stands; returns how many bytes. Raises Stopped."""
    buffer = memoryview(bytearray(HASHED_BYTES))
    fed = 0
    while fed < at_most_bytes and (count := stream.readinto(buffer[: at_most_bytes - fed])):
        halt.check()
        digest.update(buffer[:count])
        fed += count
    return fed


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Refused permission, a read-only disk, or one that is not there, in a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _CLOSED:
            what, then = "cannot be written", "Allow yourself to write there, or set HF_HOME to a folder of yours."
        elif error.errno in _ELSEWHERE:
            what, then = "cannot be reached", "Is its disk connected? If it moved, set HF_HOME to where it is now."
        else:
            raise
        raise DataFolder(f"The cache of downloaded models, {folder}, {what}.", then, str(error)) from error
