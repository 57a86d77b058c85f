"""The wire format of Protocol Buffers, walked without decoding a message: of a graph of gigabytes only the
fields' heads are touched.

The format: https://protobuf.dev/programming-guides/encoding. Groups, which ONNX never had, count as damage.
"""

import mmap
from collections.abc import Iterator

Buffer = bytes | mmap.mmap

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


class Malformed(Exception):
    """The bytes are no message."""


def parts(data: Buffer, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Of the message in ``data[begin:end]`` each field that has a length (a message, a text, bytes): its
    number, and where its content begins and ends. Raises Malformed.
    """
    at = begin
    while at < end:
        key, at = _varint(data, at, end)
        kind = key & 7
        if kind == _LENGTH:
            length, at = _varint(data, at, end)
            if length > end - at:
                raise Malformed("a field is longer than its message")
            yield key >> 3, at, at + length
            at += length
        elif kind == _VARINT:
            _, at = _varint(data, at, end)
        elif kind in (_FIXED64, _FIXED32):
            at += 8 if kind == _FIXED64 else 4
        else:
            raise Malformed(f"a field of the unknown kind {kind}")
    if at != end:
        raise Malformed("the last field is cut short")


def _varint(data: Buffer, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise Malformed("a number is too long")
    raise Malformed("a number is cut short")
