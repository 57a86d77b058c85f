"""Writing into the shared cache, exactly as the Hub's own client lays it out, so that every program finds the files."""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.models import unreadable
from engine.models.hub import cache, surroundings
from engine.models.hub.halt import Halt
from engine.models.hub.listing import Listed
from engine.wire.errors import DataFolder, ModelBroken

_LOCK_POLL_S = 0.25
HASHED_BYTES = 1024 * 1024
_FORGOTTEN_S = 7 * 24 * 3600
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
    def lock(self, file: Listed, halt: Halt) -> Iterator[None]:
        """Against other programs that fetch the same file, the Hub's own client among them. Raises Stopped."""
        import filelock

        lock: filelock.BaseFileLock = filelock.FileLock(self._locks / f"{file.etag}.lock")
        while True:
            halt.check()
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
        itself (a copy, if it is ``needed_again`` for another name).
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
            except OSError:  # Windows without the right to, or a file system without links
                (shutil.copyfile if needed_again else os.replace)(blob, beside)
            beside.replace(shown)

    def refer(self, revision: str) -> None:
        """Writes down which commit a branch or tag was at."""
        if revision == self._commit:
            return
        reference = self.home / "refs" / revision
        with writing(self.home):
            reference.parent.mkdir(parents=True, exist_ok=True)
            beside = _beside(reference)
            beside.write_text(self._commit, "utf-8")
            beside.replace(reference)

    def sweep(self, whole: list[Listed]) -> None:
        """Removes partial files that nobody will go on with: of files that are whole now, and those of a week ago.

        Newer clients of the Hub leave ``ETAG.XXXXXXXX.incomplete`` behind and never take them up.
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


def _beside(place: Path) -> Path:
    """A name for making what shall appear at ``place`` in one step; nobody else's, not even another thread's."""
    return place.with_name(f"{place.name}.{secrets.token_hex(4)}.new")


def is_right(content: Path, file: Listed, halt: Halt) -> bool:
    """Whether the content has the size and hash of ``file``. Raises Stopped."""
    digest = digest_of(file)
    with unreadable.told(), content.open("rb", buffering=0) as stream:
        read_bytes = feed(digest, stream, file.size_bytes + 1, halt)
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
    """Refused permission, or a read-only disk, in a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise DataFolder(
                f"The cache of downloaded models, {folder}, cannot be written.",
                "Set HF_HOME to a folder that you can write to.",
                str(error),
            ) from error
        raise
