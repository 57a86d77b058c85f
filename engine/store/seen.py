"""Which content (``ModelFacts.content_key``) was seen in which folder, so that a list knows what was prepared of a
model without reading all of its files. Noted whenever a model is described.
"""

import logging
from pathlib import Path

import msgspec

from engine import folders
from engine.store import whole
from engine.wire.errors import FastpathError

log = logging.getLogger(__name__)

_SCHEMA = 1
_MOST_FOLDERS, _MOST_KEYS = 5000, 4


class _Seen(msgspec.Struct, frozen=True):
    schema: int
    folders: dict[str, tuple[str, ...]]


def note(folder: Path, content_key: str) -> None:
    """The newest stands first. A note is a comfort: where it cannot be written, that is logged."""
    try:
        known = keys()
        before = known.get(str(folder), ())
        if before[:1] == (content_key,):
            return
        known.pop(str(folder), None)
        kept = dict(list(known.items())[-(_MOST_FOLDERS - 1) :])
        kept[str(folder)] = (content_key, *(key for key in before if key != content_key))[:_MOST_KEYS]
        whole.write(_file(), msgspec.json.encode(_Seen(_SCHEMA, kept)))
    except (FastpathError, OSError) as error:
        log.warning("What was seen in %s could not be noted: %s", folder, error)


def keys() -> dict[str, tuple[str, ...]]:
    """By folder, the newest key first; empty where the notes cannot be read."""
    try:
        found = msgspec.json.decode(_file().read_bytes(), type=_Seen)
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("The notes of what was seen cannot be read: %s", error)
        return {}
    return found.folders if found.schema == _SCHEMA else {}


def _file() -> Path:
    return folders.home() / "seen.json"
