"""What a download that is not over has received: how much of it is there, and removing it."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from engine.models.hub import cache, surroundings
from engine.models.hub.listing import Listed
from engine.models.hub.place import PARTIAL, Place, linked, writing
from engine.store.pending import Pending


def there_bytes(kept: Pending) -> int:
    """Of its files that lie in the cache, in part or whole."""
    blobs, snapshot = _places(kept)
    total = 0
    for file in kept.files:
        for found in (blobs / file.etag, blobs / (file.etag + PARTIAL), snapshot / file.path):
            with contextlib.suppress(OSError):
                total += min(found.stat().st_size, file.size_bytes)
                break
    return total


def there_before(repo: str, commit: str, file: Listed) -> bool:
    """Whether some of it lies in the cache, of whoever."""
    return Place(repo, commit).there_bytes(file) > 0


def remove(kept: Pending, others: Iterable[Pending]) -> None:
    """Removes what it received, except what was there before, or what another download, a model that is there, or
    another program needs.

    Raises DataFolder where the cache may not be read or written.
    """
    import filelock

    blobs, _ = _places(kept)
    needed = {file.etag for other in others if other.repo == kept.repo for file in other.files}
    with writing(blobs):
        needed |= linked(blobs.parent / "snapshots")
    locks = surroundings.cache().absolute() / ".locks" / blobs.parent.name
    for etag in {file.etag for file in kept.files if not file.there_before} - needed:
        if not any((blobs / name).is_file() for name in (etag, etag + PARTIAL)):
            continue
        with writing(blobs), contextlib.suppress(filelock.Timeout):  # another program is at this file
            locks.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(locks / f"{etag}.lock").acquire(timeout=0):
                for name in (etag, etag + PARTIAL):
                    (blobs / name).unlink(missing_ok=True)


def tidy(home: Path) -> None:
    """Removes the folders of a repository that hold nothing any more."""
    with contextlib.suppress(OSError):
        for folder in sorted((*home.glob("**/"),), key=lambda folder: len(folder.parts), reverse=True):
            with contextlib.suppress(OSError):  # what holds something stays
                folder.rmdir()


def _places(kept: Pending) -> tuple[Path, Path]:
    home = cache.home(kept.repo)
    return home / "blobs", home / "snapshots" / (kept.commit or "none")
