"""Standard output: one JSON document, or why it cannot be written."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

_documents = 0


class Unwritable(Exception):
    """Standard output takes nothing. ``left``: its reader went away (``| head``), which is no failure to tell of."""

    def __init__(self, why: str, left: bool = False) -> None:
        super().__init__(why)
        self.left = left


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Around what writes to standard output and does nothing else that may fail. Raises Unwritable."""
    try:
        yield
    except OSError as error:
        # Windows says EINVAL where a pipe was closed.
        left = error.errno in (errno.EPIPE, errno.EINVAL)
        raise Unwritable(error.strerror or str(error), left) from error


def print_json(document: dict[str, Any]) -> None:
    """Raises Unwritable."""
    global _documents
    if sys.stdout is None:
        raise Unwritable("it is closed")
    # Counted before: Ctrl+C while a slow reader takes this one must not begin another.
    _documents += 1
    with writing():
        # JSON is UTF-8, whatever the terminal's own encoding.
        sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
        sys.stdout.buffer.flush()


def documents_begun() -> int:
    """How many documents this process has begun to print."""
    return _documents


def let_go() -> None:
    """What is still buffered goes nowhere: the interpreter would fail at it once more at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
