"""One question to the Hub, and its answer as JSON: tried again where that may help, bounded, and believed little."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import msgspec

from engine.models.hub.exchange import Exchange
from engine.models.hub.patience import KEPT, Cut, Patience
from engine.wire.errors import Offline

if TYPE_CHECKING:
    import requests

_ANSWER_LIMIT_BYTES = 32 * 1024 * 1024


def asked(exchange: Exchange, url: str, kind: Any, patience: Patience) -> tuple[Any, str]:
    """The decoded answer, and the address of the next page or empty.

    Raises what ``Exchange.get`` names, and Offline.
    """
    while True:
        try:
            with exchange.get(url) as response:
                text = whole(exchange, response)
                following = response.links.get("next", {}).get("url", "")
            break
        except Cut as cut:
            patience.wait(cut)
    patience.answered()
    try:
        decoded = msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_the_hub(str(error)) from None
    return decoded, _next(exchange, url, following)


def whole(exchange: Exchange, response: "requests.Response", limit_bytes: int = _ANSWER_LIMIT_BYTES) -> bytes:
    """The body of an answer. Raises Cut where it ends early, and Offline where it is longer than any real one."""
    text = bytearray()
    for piece in exchange.pieces(response):
        text += piece
        if len(text) > limit_bytes:
            raise not_the_hub("an endless answer")
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and len(text) < int(announced):
        raise Cut(Offline("The connection to the Hub was cut.", KEPT))
    return bytes(text)


def _next(exchange: Exchange, url: str, following: str) -> str:
    try:
        target = urljoin(url, following) if following else ""
    except ValueError:
        raise not_the_hub("a next page that is no address") from None
    if target and not target.startswith(f"{exchange.endpoint}/"):
        raise not_the_hub("a next page elsewhere")
    return target


def not_the_hub(details: str) -> Offline:
    return Offline(
        "What answered in the Hub's place does not speak like the Hub.",
        "Check HF_ENDPOINT, and whether this network wants you to sign in first.",
        details,
    )
