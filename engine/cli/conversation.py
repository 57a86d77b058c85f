"""One client, asked one thing at a time."""

import contextlib
import dataclasses
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from rich.console import Console

from engine.cli.download_line import DownloadLine
from engine.client import Client
from engine.wire.errors import NotDownloaded
from engine.wire.messages import (
    Answer,
    AnyEvent,
    AnyRequest,
    Catalogue,
    Describe,
    Described,
    Download,
    Failed,
    Finished,
    Notice,
    Run,
    Samples,
    Stage,
)
from engine.wire.values import Failure, Result, RunReport

STARTER = "starter"
"""As the engine names it (engine.models.starter.REF); the command line knows no models."""

progress = Console(stderr=True, highlight=False, markup=False)


class Ended(Exception):
    """A request failed; what a person reads of it is inside."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.what_happened)
        self.failure = failure


class Conversation:
    """One client, asked one thing at a time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._number = 0
        self.catalogue = self._first_catalogue()

    def _first_catalogue(self) -> Catalogue:
        self._client.start()
        while (events := self._client.events()) is not None:
            for event in events:
                if isinstance(event, Catalogue):
                    return event
                if isinstance(event, Failed):
                    raise Ended(event.failure)
        raise AssertionError("the client closed by itself")

    def ask(self, make: Callable[[str], AnyRequest], hear: Callable[[AnyEvent], None]) -> Finished:
        """Sends ``make(id)``, passes its events to ``hear``. Raises Ended. Ctrl+C stops the request first."""
        self._number += 1
        request = make(f"cli-{self._number}")
        self._client.send(request)
        with _interrupted_by(lambda: self._client.stop(request.id)):
            while True:
                for event in self._client.events() or ():
                    if isinstance(event, Notice) and not event.id:
                        progress.print(event.text)  # what could not be kept in the history
                    if event.id != request.id:
                        continue
                    if isinstance(event, Failed):
                        raise Ended(event.failure)
                    hear(event)
                    if isinstance(event, Finished):
                        return event

    def described(self, ref: str, tokenizer: str = "") -> Described:
        """As ``describe``; what is not on this computer yet is downloaded first."""
        ref, tokenizer = _absolute(ref), _absolute(tokenizer)
        found = self._or_downloaded(ref, "", ref, "model")
        return self._or_downloaded(ref, tokenizer, tokenizer, "tokenizer") if tokenizer else found

    def _or_downloaded(self, ref: str, tokenizer: str, wanted: str, part: Literal["model", "tokenizer"]) -> Described:
        try:
            return self.describe(ref, tokenizer)
        except Ended as ended:
            if ended.failure.code != NotDownloaded.__name__:
                raise
        with DownloadLine(progress, wanted) as line:
            self.ask(lambda name: Download(id=name, ref=wanted, part=part), line.hear)
        return self.describe(ref, tokenizer)

    def describe(self, ref: str, tokenizer: str = "") -> Described:
        found: list[Described] = []
        self.ask(
            lambda name: Describe(id=name, ref=ref, tokenizer=tokenizer),
            lambda event: found.append(event) if isinstance(event, Described) else None,
        )
        return found[0]

    def run(self, make: Callable[[str], Run], show: bool) -> "Ran":
        hearing = _Hearing(show)
        finished = self.ask(make, hearing.hear)
        assert finished.report is not None
        assert hearing.result is not None
        return Ran(hearing.result, finished.report, hearing.samples_ms)


@dataclasses.dataclass(frozen=True, slots=True)
class Ran:
    """What a finished run told."""

    result: Result
    report: RunReport
    samples_ms: list[float]


@contextlib.contextmanager
def _interrupted_by(stop: Callable[[], None]) -> Iterator[None]:
    """Within it Ctrl+C calls ``stop`` and raises nothing, so that no event is lost on its way."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # whoever started us ignores it
        yield
        return
    signal.signal(signal.SIGINT, lambda _signal, _frame: stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Hearing:
    """Collects a run's events; shows stages and notices where asked."""

    def __init__(self, show: bool) -> None:
        self.result: Result | None = None
        self.samples_ms: list[float] = []
        self._show = show

    def hear(self, event: AnyEvent) -> None:
        if isinstance(event, Samples):
            self.samples_ms += event.latency_ms
        elif isinstance(event, Answer):
            self.result = event.result
        elif self._show and isinstance(event, Stage):
            progress.print(stage_line(event))
        elif self._show and isinstance(event, Notice):
            progress.print(event.text)


def stage_line(stage: Stage) -> str:
    if stage.seconds is not None:
        return f"{stage.stage}: {'from the cache, ' if stage.cached else ''}{stage.seconds:.2f} s"
    return f"{stage.stage}..." + (f" (last time {stage.last_s:.1f} s)" if stage.last_s else "")


def _absolute(ref: str) -> str:
    """A folder as named from here: the desk's own current folder is another."""
    if ref.strip() == STARTER:
        return ref  # the starter, also where a folder beside us has that name: ./starter means the folder
    try:
        return str(Path(ref).absolute()) if ref and Path(ref).exists() else ref
    except (OSError, ValueError):
        return ref  # no name of a file at all
