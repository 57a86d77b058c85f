"""What an answer of the Hub that is no success means, by its status and X-Error-Code."""

from collections.abc import Mapping

from engine.models.hub.patience import KEPT, Cut, asked_wait_s
from engine.wire.errors import (
    TOKEN_FIRST,
    FastpathError,
    ModelBroken,
    ModelGated,
    ModelNotFound,
    Offline,
    SignInNeeded,
    TimedOut,
)

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


def failure(status: int, headers: Mapping[str, str], model: str, page: str, signed_in: bool) -> FastpathError | Cut:
    """``model``: its name for people. ``page``: its address at the endpoint. ``signed_in``: a token was sent."""
    details = f"HTTP status {status}, {headers.get('X-Error-Code', 'no X-Error-Code')}"
    if status in _PASSING:
        what = "asks for fewer requests" if status == 429 else "has trouble at the moment"
        return Cut(TimedOut(f"The Hub {what} (status {status}).", KEPT, details), asked_wait_s(headers))
    code, message = headers.get("X-Error-Code", ""), headers.get("X-Error-Message", "")
    if code == "GatedRepo":
        return _gated(model, page, signed_in, details)
    if code == "RevisionNotFound":
        return ModelNotFound(f"There is no {model} on the Hub: the model has no such version.", "", details)
    if code == "EntryNotFound":
        return ModelBroken(f"A file that the Hub lists for {model} is not there.", "Try again later.", details)
    if code == "RepoNotFound" or status in (404, 410):
        return _missing(model, signed_in, details)
    if message == "Access to this resource is disabled.":
        return ModelNotFound(f"The Hub has closed {model}.", "Pick another model.", details)
    if status in (401, 403):
        return _refused(status, message, model, signed_in, details)
    return Offline(f"The Hub answered in a way that Fastpath does not know (status {status}).", KEPT, details)


def _gated(model: str, page: str, signed_in: bool, details: str) -> ModelGated:
    then = "then try again" if signed_in else f"{TOKEN_FIRST}, then try again"
    return ModelGated(
        f"{model} is given only to those who accepted its conditions.", f"Accept them at {page}, {then}.", details
    )


def _missing(model: str, signed_in: bool, details: str) -> ModelNotFound:
    who = "your access token" if signed_in else "you without signing in"
    return ModelNotFound(
        f"There is no {model} on the Hub, or it is private and not shown to {who}.",
        f"Check the name; for a private model {TOKEN_FIRST}." if not signed_in else "",
        details,
    )


def _refused(status: int, message: str, model: str, signed_in: bool, details: str) -> SignInNeeded:
    if status == 403 and signed_in:
        return SignInNeeded(
            f"Your access token may not read {model}.", "Use a token that may, or ask the model's owner.", details
        )
    if signed_in or "credentials" in message:
        return SignInNeeded(
            "The Hub does not accept your access token.", f"It may have expired: {TOKEN_FIRST}.", details
        )
    return SignInNeeded(f"The Hub shows {model} only to those who signed in, or there is no such model.", "", details)
