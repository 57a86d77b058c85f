"""The person's access token of the Hub: tried, kept, told of; never told back."""

from collections.abc import Callable
from typing import Any

from engine.models.hub import surroundings, token
from engine.models.hub.asking import asked
from engine.models.hub.exchange import Exchange
from engine.models.hub.halt import Halt
from engine.models.hub.patience import Patience
from engine.models.hub.query import QUICK
from engine.wire.errors import ModelNotFound, Offline, SignInNeeded, TimedOut
from engine.wire.messages import SetToken, TokenTold


def told() -> TokenTold:
    """No request is sent: whose it is, is known where it was given in this session."""
    return TokenTold(place=token.place(), account=token.account(), keyring=token.has_keyring())


def give(request: SetToken, halt: Halt, settle: Callable[[], None]) -> TokenTold:
    """``settle``: called before anything is kept or removed; from then on it is not stopped. Raises SignInNeeded for a
    token that the Hub does not accept, and Stopped; it is not kept then.
    """
    given = request.token.strip()
    if not given:
        settle()
        token.remove()
        return told()
    token.require_form(given)
    try:
        surroundings.require_network()
        account = _account(given, halt)
    except (Offline, TimedOut):  # without the Hub it is kept as it is
        account = ""
    settle()
    token.keep(given, account)
    return told()


def _account(given: str, halt: Halt) -> str:
    """Whose token it is. Raises SignInNeeded, Offline, TimedOut, Stopped."""
    exchange = Exchange(surroundings.endpoint(), given, "", "account", halt, QUICK)
    patience = Patience(QUICK, halt, lambda text: None)
    try:
        found, _ = asked(exchange, f"{exchange.endpoint}/api/whoami-v2", dict[str, Any], patience)
    except SignInNeeded as error:
        raise SignInNeeded(
            "The Hub does not accept this access token: it is wrong, or it has expired.",
            "Copy it again, or make a new one at huggingface.co/settings/tokens.",
            error.details,
        ) from None
    except ModelNotFound as error:  # a mirror that has no such address
        raise Offline("The Hub does not tell whose token it is.", "", error.details) from None
    finally:
        exchange.close()
    name = found.get("name")
    return name[:100] if isinstance(name, str) and name.isprintable() else ""
