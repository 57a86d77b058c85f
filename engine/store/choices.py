"""What was found fastest on this computer, by measuring it once: small facts by key."""

import hashlib
import logging
from pathlib import Path

import msgspec

from engine import folders
from engine.store import versions, whole
from engine.wire.errors import FastpathError

log = logging.getLogger(__name__)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """``way``: the name of what was fastest. ``ms``: what each way took. ``call_cost``: of one more call, in tokens."""

    way: str
    ms: dict[str, float]
    call_cost: float = 0.0


def find(key: str) -> Choice | None:
    """What was kept under ``key`` with the libraries that are installed now; None where it is not known."""
    file = _file(key)
    try:
        return msgspec.json.decode(file.read_bytes(), type=Choice)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("The choice in %s cannot be read: %s", file, error)
        return None


def keep(key: str, choice: Choice) -> None:
    """Where it cannot be written, that is logged: it is measured again the next time."""
    try:
        whole.write(_file(key), msgspec.json.encode(choice))
    except (FastpathError, OSError) as error:
        log.warning("A choice could not be kept: %s", error)


def _file(key: str) -> Path:
    text = f"{key} {sorted(versions.installed().items())}"
    return folders.part("times") / f"choice-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
