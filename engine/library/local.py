"""What is on this computer: the starter, the cache that other programs share, and the person's own folders."""

import contextlib
import dataclasses
import os
from pathlib import Path
from typing import Any

import msgspec

from engine.library import cached
from engine.library.cached import Repository, Snapshot
from engine.models import families, readme, starter, weights
from engine.models.hub import address, cache, space, surroundings
from engine.store import artefacts, seen
from engine.wire.errors import FastpathError
from engine.wire.hub import LocalModel
from engine.wire.messages import ModelsListed

_CONFIG_LIMIT_BYTES = 1024 * 1024
_MOST_INNER = 200
"""Models in one folder of the person's that is a folder of models."""

_HALF_BEGUN = "Only a part of it was received. Download it to go on, or delete it."


@dataclasses.dataclass(frozen=True, slots=True)
class _Prepared:
    """``keys``: content keys by folder. ``sizes``: bytes and last use by content key."""

    keys: dict[str, tuple[str, ...]]
    sizes: dict[str, tuple[int, float]]

    def of(self, folder: str) -> tuple[str, int, float]:
        """The newest content key, what was prepared of all, and when that was used last."""
        known = self.keys.get(folder, ())
        found = [self.sizes[key] for key in known if key in self.sizes]
        return known[0] if known else "", sum(size for size, _ in found), max((last for _, last in found), default=0.0)


def listed(folders: tuple[str, ...]) -> ModelsListed:
    """Raises nothing that a cache or folder can be the cause of: what cannot be read is told as such."""
    place = surroundings.cache().resolve()
    try:
        prepared = _Prepared(seen.keys(), artefacts.by_content())
    except (FastpathError, OSError):  # without a data folder nothing is prepared
        prepared = _Prepared({}, {})
    found = [*_starter(prepared)]
    reason = _unwritable(place)
    try:
        for repository in cached.repositories(str(place)):
            found += models_of(repository, prepared)
    except OSError as error:
        reason = f"The cache of downloaded models, {place}, cannot be read ({error.strerror})."
    known = {model.folder for model in found}
    found += [model for model in _of_folders(folders, prepared) if model.folder not in known]
    return ModelsListed(models=tuple(found), cache=str(place), free_bytes=_free_bytes(place), reason=reason)


def models_of(repository: Repository, prepared: _Prepared | None = None) -> list[LocalModel]:
    """Each snapshot, or the part of a download where there is none."""
    prepared = prepared or _Prepared(seen.keys(), artefacts.by_content())
    if not repository.snapshots:
        return [_half(repository)] if repository.blobs else []
    return [_of_snapshot(repository, snapshot, prepared) for snapshot in repository.snapshots]


def _of_snapshot(repository: Repository, snapshot: Snapshot, prepared: _Prepared) -> LocalModel:
    refs = snapshot.refs
    named = "" if address.MAIN in refs else f"@{refs[0]}" if refs else f"@{snapshot.commit}"
    content_key, prepared_bytes, used_s = prepared.of(snapshot.folder)
    only = repository.only(snapshot)
    files = snapshot.files.values()
    config = _config(snapshot.folder) if "config.json" in snapshot.files else {}
    missing = _missing(snapshot)
    licence, tag = readme.licence_and_task(snapshot.folder) if "README.md" in snapshot.files else ("", "")
    family, reason = _family(repository.repo, config)
    return LocalModel(
        ref=repository.repo + named,
        name=repository.repo,
        place="cache",
        folder=snapshot.folder,
        commit=snapshot.commit,
        family=family,
        task=tag or _own_task(config),
        licence=licence,
        size_bytes=sum(file.size_bytes for file in files),
        frees_bytes=sum(file.size_bytes for file in files if not file.blob)
        + sum(repository.blobs[name].size_bytes for name in only),
        last_used_s=max(used_s, max(file.used_s for file in files)),
        prepared_bytes=prepared_bytes,
        content_key=content_key,
        whole=not missing,
        reason=reason or missing,
    )


def _half(repository: Repository) -> LocalModel:
    sizes = sum(file.size_bytes for file in repository.blobs.values())
    return LocalModel(
        ref=repository.repo,
        name=repository.repo,
        place="cache",
        folder=repository.folder,
        size_bytes=sizes,
        frees_bytes=sizes,
        last_used_s=max(file.used_s for file in repository.blobs.values()),
        whole=False,
        reason=_HALF_BEGUN,
    )


def _missing(snapshot: Snapshot) -> str:
    """What a snapshot lacks of a model, in a sentence; empty where it is whole."""
    names = snapshot.files
    if "config.json" not in names:
        has_words = any(name in names for name in cache.TOKENIZER_FILES)
        only = "Only its tokenizer is here." if has_words else "It has no config.json."
        return f"It is not whole. {only}"
    if weights.SINGLE in names or any(name in names for name in weights.ONNX_PLACES):
        return ""
    if weights.INDEX in names:
        return "" if cache.is_model(Path(snapshot.folder)) else "It is not whole. A part of its weights is missing."
    if any(name.endswith(cache.PICKLES) for name in names):
        return ""
    return "It is not whole. Its weights are not here, or of a kind that does not run."


def _family(repo: str, config: dict[str, Any]) -> tuple[str, str]:
    """The family's name, and why it does not run here."""
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or len(model_type) > 64 or not model_type.isprintable():
        return "", ""
    listed = config.get("architectures")
    first = listed[0] if isinstance(listed, list) and listed else ""
    try:
        family = families.require_encoder(repo.rpartition("/")[2], model_type, first if isinstance(first, str) else "")
    except FastpathError as error:
        return model_type, error.what_happened
    return family.title, ""


def _own_task(config: dict[str, Any]) -> str:
    model_type, listed = config.get("model_type"), config.get("architectures")
    first = listed[0] if isinstance(listed, list) and listed else ""
    if not isinstance(model_type, str) or model_type not in families.ENCODERS or not isinstance(first, str):
        return ""
    return families.tasks_of(model_type, first, False)[0]


def _config(folder: str) -> dict[str, Any]:
    try:
        with open(f"{folder}/config.json", "rb", buffering=0) as stream:  # noqa: PTH123 - of thousands, see cached
            return msgspec.json.decode(stream.read(_CONFIG_LIMIT_BYTES), type=dict[str, Any])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}  # a broken one is told by whoever opens the model


def _starter(prepared: _Prepared) -> list[LocalModel]:
    try:
        folder = starter.folder()
    except FastpathError:
        return []
    found = _of_folder(folder, prepared)
    return [msgspec.structs.replace(found, ref=starter.REF, name=starter.NAME, place="starter")]


def _of_folders(folders: tuple[str, ...], prepared: _Prepared) -> list[LocalModel]:
    """Each folder that is a model's, or those in it that are."""
    found = []
    for name in dict.fromkeys(folders):
        try:
            place = Path(name).expanduser().resolve()
            if (place / "config.json").is_file():
                found.append(_of_folder(place, prepared))
            elif place.is_dir():
                found += _inside(place, prepared)
        except (OSError, RuntimeError, ValueError):  # a folder that is gone or closed, or no name of one
            continue
    return found


def _inside(place: Path, prepared: _Prepared) -> list[LocalModel]:
    """The models in a folder of folders; one that is closed, or has a name that is no text, is passed over alone."""
    found = []
    for one in sorted(place.iterdir()):
        with contextlib.suppress(OSError, ValueError):
            if str(one).encode() and (one / "config.json").is_file():
                found.append(_of_folder(one, prepared))
        if len(found) == _MOST_INNER:
            break
    return found


def _of_folder(folder: Path, prepared: _Prepared) -> LocalModel:
    files: dict[str, cached.File] = {}
    cached.collect(str(folder), files)
    snapshot = Snapshot("", str(folder), (), files)
    config = _config(str(folder))
    family, reason = _family(folder.name, config)
    missing = _missing(snapshot)
    licence, tag = readme.licence_and_task(str(folder))
    content_key, prepared_bytes, used_s = prepared.of(str(folder))
    return LocalModel(
        ref=str(folder),
        name=folder.name,
        place="folder",
        folder=str(folder),
        family=family,
        task=tag or _own_task(config),
        licence=licence,
        size_bytes=sum(file.size_bytes for file in files.values()),
        last_used_s=max(used_s, max((file.used_s for file in files.values()), default=0.0)),
        prepared_bytes=prepared_bytes,
        content_key=content_key,
        whole=not missing,
        reason=reason or missing,
    )


def _unwritable(place: Path) -> str:
    there = next((folder for folder in (place, *place.parents) if folder.is_dir()), None)
    if there is None or os.access(there, os.W_OK | os.X_OK):
        return ""
    return f"The cache of downloaded models, {place}, cannot be written. Set HF_HOME to a folder that you can write to."


def _free_bytes(place: Path) -> int:
    try:
        return space.free_bytes(place)
    except OSError:
        return 0
