"""From what a person names (the starter, a folder, a Hub id) to the folder in which the model's files are."""

import os
import re
from pathlib import Path

from engine.models import starter
from engine.wire.errors import ModelNotFound

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def resolve(ref: str) -> Path:
    """An absolute, existing folder. Raises ModelNotFound.

    A Hub id is looked for in the cache that the Hugging Face libraries share; nothing is downloaded.
    """
    ref = ref.strip()
    if ref == starter.REF:
        return starter.folder()
    if not ref:
        raise ModelNotFound("No model was named.")
    try:
        place = Path(ref).expanduser()
        is_folder, is_file = place.is_dir(), place.is_file()
    except (OSError, RuntimeError) as error:  # a name that is too long, the home of nobody
        raise ModelNotFound(f"There is no folder {ref[:200]}.", details=str(error)) from error
    if is_folder:
        return place.resolve()
    if is_file:
        raise ModelNotFound(f"{ref} is a file, not a model's folder.", "Pick the folder in which the file lies.")
    if not _HUB_ID.fullmatch(ref) or ".." in ref or "--" in ref:
        raise ModelNotFound(f"There is no folder {ref}.")
    cached = _in_cache(ref)
    if cached is None:
        raise ModelNotFound(
            f"There is no folder {ref}, and no such model in this computer's Hugging Face cache.",
            f"Pick a model's folder; to fetch one from the Hub first, use: hf download {ref}",
        )
    return cached


def named(ref: str, folder: Path) -> tuple[str, str]:
    """A model's name for people, and its commit where the folder is a snapshot in the shared cache (else
    empty).
    """
    if ref == starter.REF:
        return starter.NAME, ""
    home = folder.parent.parent
    if folder.parent.name == "snapshots" and home.name.startswith("models--"):
        commit = folder.name if _COMMIT.fullmatch(folder.name) else ""
        return home.name.removeprefix("models--").replace("--", "/"), commit
    return folder.name, ""


def _in_cache(hub_id: str) -> Path | None:
    home = hub_cache() / f"models--{hub_id.replace('/', '--')}"
    main = home / "refs" / "main"
    if not main.is_file():
        return None
    commit = main.read_text("utf-8", errors="replace").strip()
    snapshot = home / "snapshots" / commit
    return snapshot.absolute() if _COMMIT.fullmatch(commit) and snapshot.is_dir() else None


def hub_cache() -> Path:
    """Where the Hugging Face libraries keep what they download, found as huggingface_hub does."""
    if named_cache := os.environ.get("HF_HUB_CACHE"):
        return Path(named_cache).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(caches).expanduser() / "huggingface" / "hub"
