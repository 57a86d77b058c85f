"""How long each stage took last time on this computer, for what a person is told while waiting."""

import hashlib
import logging
from pathlib import Path

import msgspec

from engine import folders
from engine.store import whole
from engine.wire.errors import FastpathError

log = logging.getLogger(__name__)


def last_stage(key: str, stage: str) -> float | None:
    """Seconds, or None where it is not known. ``key``: any text that names what ran."""
    return _read(_file(key)).get(stage)


def remember_stage(key: str, stage: str, seconds: float) -> None:
    """Keeps the time. A time is a comfort: where it cannot be written, that is logged and the run goes on."""
    file = _file(key)
    try:
        whole.write(file, msgspec.json.encode({**_read(file), stage: round(seconds, 3)}))
    except (FastpathError, OSError) as error:
        log.warning("The time of stage %s could not be kept: %s", stage, error)


def _file(key: str) -> Path:
    return folders.part("times") / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def _read(file: Path) -> dict[str, float]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, float])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("The times in %s cannot be read: %s", file, error)
        return {}
