"""A socket that carries lines. Framing only: what a line means is the codec's matter."""

import contextlib
import queue
import socket
import threading

LONGEST_LINE_BYTES = 64 * 1024 * 1024
"""A peer that sends more without a newline is broken; what it sent is dropped."""

READ_BYTES = 256 * 1024


class LineTooLong(Exception):
    """The peer sent more than a line may hold. The channel can't be used any more."""


class Channel:
    """One end of a connected stream socket.

    Thread: ``send`` may be called from several threads; ``read_lines`` from one.
    The owner closes it; after ``close`` both raise ``OSError`` or report the end.
    """

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._rest = bytearray()
        self._lock = threading.Lock()
        end.set_inheritable(False)

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, line: bytes) -> None:
        """Writes a whole line; blocks while the peer's buffer is full. Raises OSError when the peer is gone."""
        with self._lock:
            self._socket.sendall(line)

    def read_lines(self) -> list[bytes] | None:
        """Blocks for the next bytes, then returns the lines complete by now (perhaps none); None at the end.

        Raises LineTooLong.
        """
        try:
            chunk = self._socket.recv(READ_BYTES)
        except (ConnectionResetError, BrokenPipeError):
            return None
        if not chunk:
            return None
        searched_from = len(self._rest)
        self._rest += chunk
        newline = self._rest.rfind(b"\n", searched_from)
        if newline < 0:
            if len(self._rest) > LONGEST_LINE_BYTES:
                raise LineTooLong(f"no newline in {len(self._rest)} bytes")
            return []
        whole = bytes(self._rest[:newline])
        del self._rest[: newline + 1]
        return [line for line in whole.split(b"\n") if line]

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the peer was faster
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def drained(channel: Channel) -> "queue.SimpleQueue[list[bytes] | None]":
    """What ``read_lines`` gives, None at the end or where the channel broke.

    A thread of its own reads on whatever the taker does meanwhile, so that the peer's ``send`` never waits for it.
    """
    inbox: queue.SimpleQueue[list[bytes] | None] = queue.SimpleQueue()

    def read() -> None:
        lines: list[bytes] | None = []
        while lines is not None:
            try:
                lines = channel.read_lines()
            except (OSError, LineTooLong):
                lines = None
            inbox.put(lines)

    threading.Thread(target=read, name="reader", daemon=True).start()
    return inbox
