"""How well a mode agreed with plain PyTorch on the sample of real texts: found once, kept."""

import hashlib
import logging
from pathlib import Path

import msgspec

from engine import folders
from engine.store import versions, whole
from engine.wire.errors import FastpathError
from engine.wire.values import Agreement

log = logging.getLogger(__name__)


def find(named: str) -> Agreement | None:
    """The agreement kept under ``named``, with the libraries that are installed now; None where it is not known."""
    try:
        return msgspec.json.decode(_file(named).read_bytes(), type=Agreement)
    except FileNotFoundError:
        return None
    except (FastpathError, OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("An agreement cannot be read: %s", error)
        return None


def keep(named: str, agreement: Agreement) -> None:
    """Where it cannot be written, that is logged: it is found again at the next check."""
    try:
        whole.write(_file(named), msgspec.json.encode(agreement))
    except (FastpathError, OSError) as error:
        log.warning("An agreement could not be kept: %s", error)


def _file(named: str) -> Path:
    text = f"{named} {sorted(versions.installed().items())}"
    return folders.part("outputs") / f"{hashlib.sha256(text.encode()).hexdigest()[:40]}.agreement"
