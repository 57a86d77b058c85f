"""A person before the program's real window, on a screen in memory: starts it, presses keys, looks, closes it."""

import contextlib
import ctypes
import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks import TaskFailed

LONGEST_S = 300.0
_WAIT = """
import contextlib, json, pathlib, sqlite3, sys, time
file, after, end, what = pathlib.Path(sys.argv[1]), int(sys.argv[2]), time.monotonic() + float(sys.argv[3]), sys.argv[4]
wanted = "SELECT number, status, mode, precision, took_s, p50_ms, note FROM entry WHERE number > ?"
if what == "ended":
    wanted += " AND status != 'running'"
while time.monotonic() < end:
    time.sleep(0.02)
    if not file.exists():
        continue
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=5)) as history:
            history.row_factory = sqlite3.Row
            row = history.execute(wanted, [after]).fetchone()
    except sqlite3.Error:
        continue
    if row is not None:
        print(json.dumps(dict(row)))
        sys.exit(0)
sys.exit("nothing came into the history")
"""
"""Waits inside the system, as the person, for a run that began or ended after the entry of a number."""


class Window:
    """A program that was started and its window. ``starts``: the words that start it; ``asks``: what runs words beside
    it, as the same person. Close it in the end.
    """

    def __init__(self, starts: Sequence[str], asks: "Asks", display: str, environment: Mapping[str, str]) -> None:
        self._asks, self._display = asks, display
        self._began_s = time.monotonic()
        self._process = subprocess.Popen(
            list(starts),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._id = ""

    def shown_s(self) -> float:
        """Seconds from the start to the window on the screen."""
        while not self._id:
            if self._process.poll() is not None or time.monotonic() - self._began_s > LONGEST_S:
                raise TaskFailed(f"No window came: {self._output()}")
            self._id = self._xdotool("search", "--onlyvisible", "--class", "fastpath").strip().split("\n")[-1]
        return time.monotonic() - self._began_s

    def press_run(self, after: int) -> None:
        """Escape leaves what a first start may show before the page; Ctrl+Enter runs. Pressed until it has begun."""
        for _ in range(60):
            for window in self._xdotool("search", "--onlyvisible", "--class", "fastpath").split():
                self._xdotool("windowfocus", window)
                self._xdotool("key", "Escape")
            self._xdotool("windowfocus", self._id)
            self._xdotool("key", "ctrl+Return")
            if self._asks.run(after, "begun", 2.0) is not None:
                return
        raise TaskFailed(f"Run was pressed, and nothing began: {self._output()}")

    def answer(self, after: int) -> dict[str, Any]:
        """Waits for the run after entry ``after`` of the history to end; its row."""
        row = self._asks.run(after, "ended", LONGEST_S)
        if row is None:
            raise TaskFailed(f"Run was pressed, and no answer came in {LONGEST_S:.0f} s.")
        return row

    def picture(self, file: Path) -> None:
        """The whole screen, as it is."""
        words = ["import", "-window", "root", "-display", self._display, str(file)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)

    def close(self) -> None:
        """As with the cross in its corner. What does not end by that is killed, and is a failure."""
        try:
            for _ in range(20):  # one that came before the window listened is lost
                if self._process.poll() is None:
                    _ask_to_close(self._display, int(self._id))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(timeout=1)
                    return
            self.kill()
            raise TaskFailed("The window was closed, and the program went on.")
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()

    def kill(self) -> None:
        """Whatever it does."""
        self._process.kill()
        self._process.wait()

    def _output(self) -> str:
        self._process.kill()
        assert self._process.stdout is not None
        return self._process.stdout.read().decode("utf-8", "replace")[-2000:] or "it said nothing."

    def _xdotool(self, *words: str) -> str:
        environment = {**os.environ, "DISPLAY": self._display}
        done = subprocess.run(["xdotool", *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return done.stdout.decode()


class Asks:
    """Looks into the person's history at ``file``, by the program's own Python. ``before``: the words that run others
    where the person is.
    """

    def __init__(self, before: Sequence[str], file: str) -> None:
        self._before, self._file = before, file

    def run(self, after: int, what: str, within_s: float) -> dict[str, Any] | None:
        """The first row after entry ``after`` that has "begun" or "ended"; None where none comes."""
        words = [*self._before, "python3.11", "-c", _WAIT, self._file, str(after), str(within_s), what]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return json.loads(done.stdout) if done.returncode == 0 else None


class _Message(ctypes.Structure):
    """X11's client message, as long as its union of events."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 24),
    )


def _ask_to_close(display: str, window: int) -> None:
    """What a window manager sends as somebody closes a window; there is none here."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    x11.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    x11.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    connection = x11.XOpenDisplay(display.encode())
    if not connection:
        raise TaskFailed(f"The screen {display} does not answer.")
    message = _Message(type=33, send_event=1, window=window, format=32)  # 33: ClientMessage
    message.message_type = x11.XInternAtom(connection, b"WM_PROTOCOLS", 0)
    message.data[0] = x11.XInternAtom(connection, b"WM_DELETE_WINDOW", 0)
    x11.XSendEvent(connection, window, 0, 0, ctypes.byref(message))
    x11.XCloseDisplay(connection)  # which flushes
