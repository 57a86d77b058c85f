"""A download as one line in the terminal."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from engine.wire.messages import AnyEvent, Downloading, Notice

_LINE_EVERY_S = 10.0
"""Where the console is no terminal (a file, a pipe), which keeps every line."""


class DownloadLine:
    """Shows the events of a download: a bar that moves, or now and then a line. Use as a context."""

    def __init__(self, console: Console, name: str) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(name, total=None)
        self._next_line_at = 0.0
        console.print(f"Downloading {name}...")

    def __enter__(self) -> "DownloadLine":
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def hear(self, event: AnyEvent) -> None:
        if isinstance(event, Notice):
            self._console.print(event.text)
        elif isinstance(event, Downloading):
            self._bar.update(self._task, completed=event.done_bytes, total=event.total_bytes, description=event.file)
            if not self._console.is_terminal and time.monotonic() >= self._next_line_at:
                self._next_line_at = time.monotonic() + _LINE_EVERY_S
                done_mb, total_mb = event.done_bytes / 1e6, event.total_bytes / 1e6
                self._console.print(f"{event.file}: {done_mb:.1f} of {total_mb:.1f} MB")
