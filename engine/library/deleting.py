"""Deleting a model of the shared cache, as its layout wants it, and what was prepared of a model."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from engine.library import cached, half, local
from engine.models.hub import surroundings
from engine.models.hub.place import PARTIAL, linked, writing
from engine.store import artefacts, pending, seen
from engine.wire.errors import BadInput, EngineBusy, ModelNotFound
from engine.wire.hub import LocalModel
from engine.wire.messages import DeleteModel

_QUIET_S = 60
"""A half file that grew within this time is somebody's."""


def delete(
    request: DeleteModel,
    kept_away: Callable[[str], contextlib.AbstractContextManager[None]] = lambda repo: contextlib.nullcontext(),
) -> LocalModel:
    """Removes what was asked for; returns what it was. ``kept_away``: keeps this program's downloads of a repository
    from it meanwhile. Raises ModelNotFound, BadInput, EngineBusy, DataFolder.

    Nothing is removed but of a folder that the list itself names: what a request says is compared, never followed.
    """
    model = next((one for one in local.listed(request.folders).models if one.folder == request.folder), None)
    if model is None:
        raise ModelNotFound("That model is not on this computer any more.", "Look at the list again.")
    if request.part == "prepared":
        _remove_prepared(model, request.content_key)
        return model
    if model.place != "cache":
        raise BadInput(
            f"{model.name} lies in a folder of your own, which Fastpath never deletes."
            if model.place == "folder"
            else "The starter belongs to the program and stays.",
            "Delete it with your file manager if you want to." if model.place == "folder" else "Pick another model.",
        )
    with kept_away(model.name):
        if any(one.repo == model.name and one.is_at_work for one in pending.listed()):
            raise EngineBusy(f"{model.name} is being downloaded.", "Stop its download first, then delete it.")
        _remove_snapshot(model)
        _remove_prepared(model, request.content_key)
    return model


def _remove_prepared(model: LocalModel, content_key: str) -> None:
    known = set(seen.keys().get(model.folder, ()))
    artefacts.remove_of(known | ({content_key} & {model.content_key} - {""}))


def _remove_snapshot(model: LocalModel) -> None:
    home = _home(model)
    repository = cached.read(str(home))
    if repository is None:
        raise ModelNotFound(f"{model.name} is not on this computer any more.", "Look at the list again.")
    with writing(home):
        if not repository.snapshots:
            _remove_half(home)
            return
        snapshot = next((one for one in repository.snapshots if one.folder == model.folder), None)
        if snapshot is None:
            raise ModelNotFound(f"{model.name} is not on this computer any more.", "Look at the list again.")
        others = set().union(*(linked(Path(one.folder)) for one in repository.snapshots if one is not snapshot))
        only = linked(Path(snapshot.folder)) - others
        for name in snapshot.refs:
            with contextlib.suppress(FileNotFoundError):
                (home / "refs" / name).unlink()
        for name in only:  # before the snapshot: one that is killed in between leaves links, and no hidden gigabytes
            with contextlib.suppress(FileNotFoundError):
                (home / "blobs" / name).unlink()
        shutil.rmtree(snapshot.folder)
        if len(repository.snapshots) == 1:
            half.tidy(home)


def _home(model: LocalModel) -> Path:
    """The repository's folder: a direct one of the cache, however the cache itself is reached."""
    place = surroundings.cache().resolve()
    folder = Path(model.folder)
    home = folder if folder.parent == place else folder.parent.parent
    if home.parent != place or not home.name.startswith(cached.PREFIX) or home.is_symlink():
        raise BadInput(f"{model.name} does not lie in the cache of downloaded models.", "Delete it where it lies.")
    return home


def _remove_half(home: Path) -> None:
    """What an interrupted download left: whole contents, and half ones that nobody is at.

    Newer clients of the Hub write ``ETAG.XXXXXXXX.incomplete`` without a lock that others see: these stay.
    """
    import filelock

    locks = surroundings.cache().absolute() / ".locks" / home.name
    for blob in sorted((home / "blobs").iterdir()):
        etag = blob.name.removesuffix(PARTIAL)
        if "." in etag or time.time() - blob.stat().st_mtime < (_QUIET_S if blob.name.endswith(PARTIAL) else 0):
            continue
        locks.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(filelock.Timeout), filelock.FileLock(locks / f"{etag}.lock").acquire(timeout=0):
            os.unlink(blob)  # noqa: PTH108 - a link is removed, not followed
    half.tidy(home)
