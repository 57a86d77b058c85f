"""Which models' pickled weights the person allowed: a small list, kept until it is revoked.

A consent holds for the content of the weights, wherever the files lie, and for no other content.
"""

import logging
import time
from pathlib import Path

import msgspec

from engine import folders
from engine.store import whole
from engine.wire.values import Consent

log = logging.getLogger(__name__)


class _List(msgspec.Struct, frozen=True):
    schema: int
    consents: tuple[Consent, ...]


_SCHEMA = 1


def listed() -> tuple[Consent, ...]:
    """All consents, the newest first. A list that cannot be read counts as empty: nothing is allowed then."""
    try:
        found = msgspec.json.decode(_file().read_bytes(), type=_List)
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("The list of consents cannot be read: %s", error)
        return ()
    return found.consents if found.schema == _SCHEMA else ()


def is_allowed(weights_sha256: str) -> bool:
    """Whether the person allowed weights of this content."""
    return any(consent.weights_sha256 == weights_sha256 for consent in listed())


def allow(ref: str, folder: Path, weights_sha256: str) -> None:
    """Adds a consent, in place of an older one for the same content. Raises DiskFull, DataFolder."""
    given = Consent(ref=ref, folder=str(folder), weights_sha256=weights_sha256, given_s=int(time.time()))
    _write((given, *_without(weights_sha256)))


def revoke(weights_sha256: str) -> None:
    """Takes a consent back; one that is not there is no error. Raises DiskFull, DataFolder."""
    _write(_without(weights_sha256))


def _without(weights_sha256: str) -> tuple[Consent, ...]:
    return tuple(consent for consent in listed() if consent.weights_sha256 != weights_sha256)


def _write(consents: tuple[Consent, ...]) -> None:
    whole.write(_file(), msgspec.json.format(msgspec.json.encode(_List(_SCHEMA, consents))))


def _file() -> Path:
    return folders.home() / "consents.json"
