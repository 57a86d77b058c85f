"""What a few kilobytes of a repository tell: its configuration, and the header of its weights."""

from collections.abc import Callable
from typing import Any

import msgspec

from engine.models import weights
from engine.models.hub import asking
from engine.models.hub.exchange import Exchange
from engine.models.hub.listing import Listed
from engine.models.hub.patience import Cut, Patience
from engine.wire.errors import ModelBroken, Offline, Stopped, TimedOut

PASSING = (Offline, TimedOut, Stopped)
"""Failures that say nothing of the model."""

CONFIG_LIMIT_BYTES = 1024 * 1024
CARD_LIMIT_BYTES = 5 * 1024 * 1024
_INDEX_LIMIT_BYTES = 64 * 1024 * 1024

_MOST = 2**53
_NUMBER_BYTES = {"float16": 2, "bfloat16": 2, "float64": 8}


def config(exchange: Exchange, commit: str, chosen: list[Listed], patience: Patience) -> dict[str, Any]:
    """The configuration of the model. Raises ModelBroken, and what ``Exchange.get`` names."""
    file = next(file for file in chosen if file.path == "config.json")
    if file.size_bytes > CONFIG_LIMIT_BYTES:
        raise ModelBroken(f"The config.json of {exchange.repo} is far larger than a real one.", "Pick another model.")
    return _object(exchange, "config.json", content(exchange, commit, "config.json", patience, CONFIG_LIMIT_BYTES))


def content(exchange: Exchange, commit: str, name: str, patience: Patience, limit_bytes: int) -> bytes:
    """A small file. Raises Offline where it is longer, and what ``Exchange.get`` names."""

    def read() -> bytes:
        with exchange.get(exchange.file(commit, name)) as response:
            return asking.whole(exchange, response, limit_bytes)

    return _patiently(read, patience)


def beginning(exchange: Exchange, commit: str, name: str, patience: Patience, limit_bytes: int) -> bytes:
    """At most so much of a file; what follows is left."""
    return _patiently(lambda: _part(exchange, commit, name, 0, limit_bytes), patience)


def parameters(
    exchange: Exchange, commit: str, chosen: list[Listed], config: dict[str, Any], patience: Patience
) -> dict[str, int]:
    """Counts of numbers by format; empty where only an ONNX graph would tell. Raises as ``config``."""
    names = {file.path for file in chosen}
    if weights.SINGLE in names:
        return _of_header(exchange, commit, patience)
    if weights.INDEX not in names:
        return {}
    index = _object(exchange, weights.INDEX, content(exchange, commit, weights.INDEX, patience, _INDEX_LIMIT_BYTES))
    told = index.get("metadata")
    total_bytes = told.get("total_size") if isinstance(told, dict) else None
    if not isinstance(total_bytes, int | float) or not 0 < total_bytes < _MOST:
        return {}
    number_bytes = _NUMBER_BYTES.get(str(config.get("torch_dtype", config.get("dtype"))), 4)
    return {{2: "F16", 4: "F32", 8: "F64"}[number_bytes]: int(total_bytes) // number_bytes}


def _of_header(exchange: Exchange, commit: str, patience: Patience) -> dict[str, int]:
    first = _patiently(lambda: _part(exchange, commit, weights.SINGLE, 0, 8), patience)
    length = int.from_bytes(first, "little")
    if len(first) < 8 or length > weights.HEADER_LIMIT_BYTES:
        raise _broken(exchange, weights.SINGLE)
    text = _patiently(lambda: _part(exchange, commit, weights.SINGLE, 8, length), patience)
    if len(text) < length:
        raise _broken(exchange, weights.SINGLE)
    try:
        counts = weights.counts_of([weights.parsed(text)])
        if not all(0 <= count < _MOST for count in counts.values()):
            raise _broken(exchange, weights.SINGLE)
        return counts
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _broken(exchange, weights.SINGLE, str(error)) from None


def _part(exchange: Exchange, commit: str, name: str, start: int, count: int) -> bytes:
    """``count`` bytes from ``start``, or as many as there are. A server without ranges sends what comes before too."""
    if not count:
        return b""
    asked = {"Range": f"bytes={start}-{start + count - 1}"}
    with exchange.get(exchange.file(commit, name), asked) as response:
        if response.status_code == 416:
            return b""
        skipped = 0 if response.status_code == 206 else start
        part = bytearray()
        for piece in exchange.pieces(response):
            part += piece
            if len(part) >= skipped + count:
                break
    return bytes(part[skipped : skipped + count])


def _patiently(read: Callable[[], bytes], patience: Patience) -> bytes:
    while True:
        try:
            found = read()
        except Cut as cut:
            patience.wait(cut)
        else:
            patience.answered()
            return found


def _object(exchange: Exchange, name: str, text: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _broken(exchange, name, str(error)) from None


def _broken(exchange: Exchange, name: str, details: str = "") -> ModelBroken:
    return ModelBroken(f"The file {name} of {exchange.repo} cannot be read.", "Pick another model.", details)
