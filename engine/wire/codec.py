"""One message, one JSON line."""

import contextlib

import msgspec

from engine.wire.messages import AnyEvent, AnyRequest, Event, Request

_encoder = msgspec.json.Encoder()
_events: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_requests: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)


class Unwritable(ValueError):
    """A message with something in it that JSON can't hold: half a character (a lone surrogate)."""


class _Headed(msgspec.Struct):
    id: str = ""


class Unreadable(Exception):
    """A line that is no message. ``id``: the request it belongs to, where that can be read; it is owed an end."""

    def __init__(self, why: str, raw: bytes) -> None:
        super().__init__(f"{why}: {raw[:200]!r}")
        self.id = ""
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.id = msgspec.json.decode(raw, type=_Headed).id


def encode(message: Request | Event) -> bytes:
    """The message as a line, newline included (JSON escapes newlines inside texts). Raises Unwritable."""
    try:
        return _encoder.encode(message) + b"\n"
    except UnicodeEncodeError as error:
        raise Unwritable(str(error)) from error


def decode_event(line: bytes) -> AnyEvent:
    try:
        return _events.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error), line) from error


def decode_request(line: bytes) -> AnyRequest:
    try:
        return _requests.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error), line) from error
