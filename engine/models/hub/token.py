"""The person's access token of the Hub: in the system's keyring, or where there is none for this session alone.

One that the environment names or that ``hf auth login`` wrote serves too, after one that was given to Fastpath. It goes
into one header of requests to the endpoint itself, and nowhere else.
"""

import dataclasses
import logging
import re
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from engine.models.hub import surroundings
from engine.wire.errors import SignInNeeded
from engine.wire.hub import TokenPlace

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

log = logging.getLogger(__name__)

SERVICE, USER = "fastpath", "hugging-face-hub"
"""Under these names the system's keyring shows it."""

FOUND_WITHIN_S, ANSWERS_WITHIN_S = 5.0, 30.0
"""A keyring whose bus is dead answers never; one that is there may ask the person for a password first."""

_FORM = re.compile(r"[\x21-\x7e]{1,512}")
_Found = TypeVar("_Found")


@dataclasses.dataclass
class _Known:
    """What this process knows. ``token``: given in this session, or read from the keyring. ``settled``: the person gave
    or removed it, and what the keyring holds does not count. ``reading``: begun, at ``since_s`` (monotonic).
    """

    token: str = ""
    place: TokenPlace = "none"
    account: str = ""
    settled: bool = False
    keyring: bool | None = None
    reading: threading.Thread | None = None
    since_s: float = 0.0


_known = _Known()
_lock = threading.Lock()


def current() -> str:
    """The token that requests carry; empty without one. The keyring is asked once; while it is locked the first to ask
    waits for some seconds, and what it answers later serves from then on.
    """
    return _look()[1]


def place() -> TokenPlace:
    return _look()[0]


def account() -> str:
    """Whose it is, where the Hub was asked in this session."""
    return _known.account


def has_keyring() -> bool:
    """Whether the system keeps secrets for programs."""
    with _lock:
        if _known.keyring is None:
            _known.keyring = _bounded(lambda: _backend() is not None, False, FOUND_WITHIN_S)
        return _known.keyring


def keep(token: str, account: str = "") -> TokenPlace:
    """In the keyring, or where there is none for this session. Raises SignInNeeded for what can be no token."""
    require_form(token)
    kept = has_keyring() and _bounded(lambda: _write(token), False)
    with _lock:
        _known.token, _known.account, _known.settled = token, account, True
        _known.place = "keyring" if kept else "session"
        return _known.place


def hold(token: str) -> None:
    """For this session, as it was before the desk began anew; no keyring is asked."""
    require_form(token)
    with _lock:
        _known.token, _known.place, _known.settled = token, "session", True


def remove() -> None:
    """What was given to Fastpath is not used any more; the environment's stays. Raises SignInNeeded where the keyring
    keeps it for the next start.
    """
    with _lock:
        _known.token, _known.place, _known.account, _known.settled = "", "none", "", True
    if has_keyring() and not _bounded(_delete, False):
        raise SignInNeeded(
            "The access token could not be removed from the system's keyring.",
            "Unlock the keyring and try again, or remove the entry “fastpath” in its own program.",
        )


def forget() -> None:
    """As after a fresh start: nothing is known, nothing was asked."""
    global _known
    with _lock:
        _known = _Known()


def require_form(token: str) -> None:
    """Raises SignInNeeded."""
    if not _FORM.fullmatch(token):
        raise SignInNeeded(
            "That is no access token: it holds spaces or signs that none has, or is far too long.",
            "Copy it again from huggingface.co/settings/tokens.",
        )


def _look() -> tuple[TokenPlace, str]:
    if has_keyring():
        with _lock:
            known = _known
            if not known.settled and known.reading is None:
                known.since_s = time.monotonic()
                known.reading = threading.Thread(target=_take, args=(known,), name="keyring", daemon=True)
                known.reading.start()
            reading = None if known.settled else known.reading
        if reading is not None:
            reading.join(max(0.0, known.since_s + ANSWERS_WITHIN_S - time.monotonic()))
    with _lock:
        if _known.token:
            return _known.place, _known.token
    return surroundings.token()


def _take(known: _Known) -> None:
    """Reads the keyring, however long that takes."""
    found = _tried(_read, "")
    with _lock:
        if not known.settled and _FORM.fullmatch(found):
            known.token, known.place = found, "keyring"


def _backend() -> "KeyringBackend | None":
    """The system's keyring, or None. Ones below priority 1 keep secrets in plain files, or nowhere."""
    import keyring
    from keyring.backends import chainer, fail, null

    backend = keyring.get_keyring()
    if isinstance(backend, chainer.ChainerBackend):  # of high priority whatever it holds, and writes to its first
        return next((one for one in backend.backends if one.priority >= 1), None)
    if isinstance(backend, fail.Keyring | null.Keyring) or not backend.priority >= 1:
        return None
    return backend


def _read() -> str:
    backend = _backend()
    return (backend.get_password(SERVICE, USER) or "") if backend else ""


def _write(token: str) -> bool:
    backend = _backend()
    if backend is None:
        return False
    backend.set_password(SERVICE, USER, token)
    return True


def _delete() -> bool:
    backend = _backend()
    if backend is not None and backend.get_password(SERVICE, USER) is not None:
        backend.delete_password(SERVICE, USER)
    return True


def _bounded(work: Callable[[], _Found], otherwise: _Found, within_s: float = 0.0) -> _Found:
    """What ``work`` returns, or ``otherwise`` where the keyring fails or does not answer in time."""
    found: list[_Found] = []
    thread = threading.Thread(target=lambda: found.append(_tried(work, otherwise)), name="keyring", daemon=True)
    thread.start()
    thread.join(within_s or ANSWERS_WITHIN_S)
    return found[0] if found else otherwise


def _tried(work: Callable[[], _Found], otherwise: _Found) -> _Found:
    """What ``work`` returns, or ``otherwise`` where the keyring fails."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - backends raise what their systems do; the text might hold a secret
        log.warning("The system's keyring cannot be used: %s", type(error).__name__)
        return otherwise
