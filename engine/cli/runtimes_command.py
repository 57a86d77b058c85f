"""``fastpath runtimes``: the environments of their own that modes need."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from engine.cli import documents, tables
from engine.cli.command import Json, talking
from engine.cli.conversation import Conversation, progress
from engine.cli.output import print_json
from engine.wire.messages import AnyEvent, AnyRequest, Installing, InstallRuntime, ListRuntimes, RemoveRuntime, Runtimes
from engine.wire.values import RuntimeCard

_LINE_EVERY_S = 10.0
"""Where the console is no terminal (a file, a pipe), which keeps every line."""

runtimes_app = typer.Typer(help="Environments of their own that some accelerations need.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A runtime's id; see 'fastpath runtimes list'.")]


@runtimes_app.command("list")
def list_command(as_json: Json = False) -> None:
    """The runtimes, and whether they are installed and whole."""
    with talking(as_json) as talk:
        _show(_asked(talk, lambda name: ListRuntimes(id=name)), as_json)


@runtimes_app.command("install")
def install_command(runtime: Name, as_json: Json = False) -> None:
    """Creates a runtime: large downloads, whose size is said before. Stop with Ctrl+C; a second try goes on."""
    _install(runtime, as_json)


@runtimes_app.command("repair")
def repair_command(runtime: Name, as_json: Json = False) -> None:
    """Brings a damaged runtime in order; only what is damaged is downloaded again."""
    _install(runtime, as_json)


@runtimes_app.command("remove")
def remove_command(runtime: Name, as_json: Json = False) -> None:
    """Deletes a runtime and what was downloaded for it."""
    with talking(as_json) as talk:
        _show(_asked(talk, lambda name: RemoveRuntime(id=name, runtime=runtime)), as_json)


def _install(runtime: str, as_json: bool) -> None:
    with talking(as_json) as talk:
        for card in _asked(talk, lambda name: ListRuntimes(id=name)):
            if card.id == runtime and card.state == "not installed":
                progress.print(_sizes(card))
        with _InstallLine() as line:
            found = _asked(talk, lambda name: InstallRuntime(id=name, runtime=runtime), line)
        _show(found, as_json)


def _sizes(card: RuntimeCard) -> str:
    return (
        f"{card.title}: at most {card.download_bytes / 1e9:.1f} GB to download and {card.disk_bytes / 1e9:.1f} GB on "
        "disk; far less where PyTorch's own index for CPUs answers."
    )


def _asked(
    talk: Conversation, make: Callable[[str], AnyRequest], line: "_InstallLine | None" = None
) -> tuple[RuntimeCard, ...]:
    found: list[Runtimes] = []

    def hear(event: AnyEvent) -> None:
        if isinstance(event, Runtimes):
            found.append(event)
        elif line is not None and isinstance(event, Installing):
            line.hear(event)

    talk.ask(make, hear)
    return found[-1].runtimes


def _show(cards: tuple[RuntimeCard, ...], as_json: bool) -> None:
    if as_json:
        print_json({"schema": documents.SCHEMA, "runtimes": [documents.complete(card) for card in cards]})
        return
    rows = []
    for card in cards:
        versions = ", ".join(f"{name} {version}" for name, version in card.versions.items())
        used = f"{card.used_bytes / 1e9:.1f} GB" if card.used_bytes else "-"
        rows.append((card.id, card.title, " ".join((card.state, card.reason)).strip(), used, versions))
    tables.show_table(("id", "name", "state", "on disk", "versions"), rows)


class _InstallLine:
    """Shows how far an installation is: a bar that moves, or now and then a line. Use as a context."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            console=progress,
            transient=True,
            disable=not progress.is_terminal,
        )
        self._task = self._bar.add_task("Starting", total=None)
        self._step = ""
        self._next_line_at = 0.0

    def __enter__(self) -> "_InstallLine":
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def hear(self, event: Installing) -> None:
        total = event.total_bytes or None
        self._bar.update(self._task, completed=event.done_bytes, total=total, description=event.step)
        if progress.is_terminal or (event.step == self._step and time.monotonic() < self._next_line_at):
            return
        self._step, self._next_line_at = event.step, time.monotonic() + _LINE_EVERY_S
        size = f": {event.done_bytes / 1e6:.0f} of {event.total_bytes / 1e6:.0f} MB" if event.total_bytes else ""
        progress.print(f"{event.step}{size}")
