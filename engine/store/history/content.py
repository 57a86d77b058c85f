"""What an entry holds, as it lies in the file: values as packed JSON, raw times as packed numbers.

Both are packed by zlib, whose checksum finds what a disk has changed.
"""

import array
import re
import sys
import zlib
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from engine.wire.comparison import Comparison
from engine.wire.errors import DataFolder
from engine.wire.messages import Compare, Record, Run
from engine.wire.values import Failure, Result, RunReport

MOST_SAMPLES = 100_000
_TOKEN = re.compile(rb"hf_[A-Za-z0-9]{8,}")
"""How the Hub's tokens begin. Whatever text holds one, it does not get into the file."""

Type = TypeVar("Type")


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of an entry but its raw times."""

    request: Run | Compare
    result: Result | None = None
    report: RunReport | None = None
    failure: Failure | None = None
    comparison: Comparison | None = None


def told(record: Record) -> bytes:
    """The record's values, packed, without its raw times."""
    comparison = record.comparison
    if comparison is not None:
        bare = tuple(msgspec.structs.replace(cell, samples_ms=()) for cell in comparison.cells)
        comparison = msgspec.structs.replace(comparison, cells=bare)
    whole = Told(
        request=record.request,
        result=record.result,
        report=record.report,
        failure=record.failure,
        comparison=comparison,
    )
    return zlib.compress(_TOKEN.sub(b"hf_...", msgspec.json.encode(whole)), 6)


def without_tokens(text: str) -> str:
    return _TOKEN.sub(b"hf_...", text.encode("utf-8", "replace")).decode()


def read_told(packed: bytes) -> Told:
    """Raises DataFolder where it cannot be read."""
    try:
        return msgspec.json.decode(zlib.decompress(packed), type=Told)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(error) from error


def series(record: Record) -> dict[int, bytes]:
    """Raw times by cell, packed; a run's are those of cell 0."""
    if record.comparison is not None:
        found = dict(enumerate(cell.samples_ms for cell in record.comparison.cells))
    else:
        found = {0: record.samples_ms}
    return {cell: _pack(times) for cell, times in found.items() if times}


def _pack(times: Sequence[float]) -> bytes:
    packed = array.array("d", times[-MOST_SAMPLES:])
    if sys.byteorder == "big":
        packed.byteswap()
    return zlib.compress(packed.tobytes(), 1)


def read_series(packed: bytes) -> tuple[float, ...]:
    """Raises DataFolder where it cannot be read."""
    found = array.array("d")
    try:
        found.frombytes(zlib.decompress(packed))
    except (zlib.error, ValueError) as error:
        raise unreadable(error) from error
    if sys.byteorder == "big":
        found.byteswap()
    return tuple(found)


def unreadable(error: Exception) -> DataFolder:
    return DataFolder("This entry of the history is damaged.", "Delete it; the others are not concerned.", str(error))
