"""From what a person names (the starter, a folder, a Hub id or address) to the folder of the model's files."""

from collections.abc import Callable
from pathlib import Path

from engine.models import starter, unreadable
from engine.models.hub import address, cache, surroundings
from engine.wire.errors import ModelNotFound, NotDownloaded


def resolve(ref: str) -> Path:
    """The absolute, existing folder of a model. Raises ModelNotFound; NotDownloaded where it could be downloaded.

    A Hub id is looked for in the cache that the Hugging Face libraries share; no request is sent.
    """
    return _resolve(ref, cache.is_model)


def resolve_tokenizer(ref: str) -> Path:
    """The folder of a model whose tokenizer is to be used; its weights need not be there. Raises as ``resolve``."""
    return _resolve(ref, cache.is_tokenizer)


@unreadable.told()
def _resolve(ref: str, is_whole: Callable[[Path], bool]) -> Path:
    ref = ref.strip()
    if ref == starter.REF:
        return starter.folder()
    if not ref:
        raise ModelNotFound("No model was named.")
    try:
        place = Path(ref).expanduser()
        is_folder, is_file = place.is_dir(), place.is_file()
    except PermissionError:
        raise
    except (OSError, RuntimeError, ValueError) as error:  # a name that is too long, the home of nobody, a NUL
        raise ModelNotFound(f"There is no folder {ref[:200]}.", details=str(error)) from error
    if is_folder:
        return place.resolve()
    if is_file:
        raise ModelNotFound(f"{ref} is a file, not a model's folder.", "Pick the folder in which the file lies.")
    found = address.parse(ref, surroundings.endpoint())
    if found is None:
        raise ModelNotFound(f"There is no folder {ref[:200]}.")
    return _cached(ref, found, is_whole)


def _cached(ref: str, found: address.Address, is_whole: Callable[[Path], bool]) -> Path:
    folder = cache.snapshot(found)
    hub = found.repo if found.revision == address.MAIN else f"{found.repo}@{found.revision}"
    if folder is None:
        raise NotDownloaded(f"{named_at(found)} is not on this computer yet.", about=ref, hub=hub)
    if not is_whole(folder):
        raise NotDownloaded(f"{named_at(found)} is only in part on this computer.", about=ref, hub=hub)
    return folder


def named_at(found: address.Address) -> str:
    """A repository's name for people, with its revision where that is not the usual one."""
    return found.repo if found.revision == address.MAIN else f"{found.repo} at {found.revision}"


def named(ref: str, folder: Path) -> tuple[str, str]:
    """A model's name for people, and its commit where the folder is a snapshot in the shared cache (else
    empty).
    """
    if ref == starter.REF:
        return starter.NAME, ""
    home = folder.parent.parent
    if folder.parent.name == "snapshots" and home.name.startswith("models--"):
        commit = folder.name if cache.COMMIT.fullmatch(folder.name) else ""
        return home.name.removeprefix("models--").replace("--", "/"), commit
    return folder.name, ""
