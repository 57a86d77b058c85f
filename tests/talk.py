"""Driving a real client in tests."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil

from engine.client import Client, is_last
from engine.wire.messages import AnyEvent, Catalogue, Event, Failed, Finished, Ready, Run

Kind = TypeVar("Kind", bound=Event)

SIMILARITY = {
    "source_sentence": "A man is eating food.",
    "sentences": ["A man is eating a piece of bread.", "The girl is carrying a baby.", "A man is riding a horse."],
}


class Talk:
    """A client and all that it has said."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.heard: list[AnyEvent] = []
        self._number = 0

    def until(self, wanted: Callable[[AnyEvent], bool], timeout_s: float = 120) -> AnyEvent:
        """The first event from now on that is wanted; fails after ``timeout_s``."""
        end = time.monotonic() + timeout_s
        while True:
            left_s = end - time.monotonic()
            assert left_s > 0, f"not heard within {timeout_s} s; the last events: {self.heard[-5:]}"
            found: AnyEvent | None = None
            for event in self.client.events(left_s) or []:
                self.heard.append(event)
                if found is None and wanted(event):
                    found = event
            if found is not None:
                return found

    def start(self) -> Catalogue:
        self.client.start()
        found = self.until(lambda event: isinstance(event, Catalogue))
        assert isinstance(found, Catalogue)
        return found

    def work_pid(self) -> int:
        """The process id of the newest work process that said Ready."""
        pids = [event.pid for event in self.heard if isinstance(event, Ready) and event.role == "work"]
        if not pids:
            self.until(lambda event: isinstance(event, Ready) and event.role == "work")
            return self.work_pid()
        return pids[-1]

    def send(self, folder: Path, task: str, mode: str, fields: dict[str, Any], **more: Any) -> str:
        self._number += 1
        name = f"t{self._number}"
        self.client.send(Run(id=name, folder=str(folder), task=task, mode=mode, fields=fields, **more))
        return name

    def end(self, name: str, timeout_s: float = 180) -> Finished | Failed:
        for event in self.heard:
            if event.id == name and is_last(event):
                assert isinstance(event, Finished | Failed)
                return event
        last = self.until(lambda event: event.id == name and is_last(event), timeout_s)
        assert isinstance(last, Finished | Failed)
        return last

    def run(self, folder: Path, task: str, mode: str, fields: dict[str, Any], **more: Any) -> list[AnyEvent]:
        """All events of a run that must finish."""
        name = self.send(folder, task, mode, fields, **more)
        last = self.end(name)
        assert isinstance(last, Finished), last
        return self.of(name)

    def of(self, name: str) -> list[AnyEvent]:
        return [event for event in self.heard if event.id == name]


def only(events: list[AnyEvent], kind: type[Kind]) -> Kind:
    """The one event of this kind."""
    found = [event for event in events if isinstance(event, kind)]
    assert len(found) == 1, f"{len(found)} {kind.__name__} among {events}"
    return found[0]


@contextlib.contextmanager
def talking(**options: Any) -> Iterator[Talk]:
    """A started client that is closed whatever happens."""
    client = Client(**options)
    talk = Talk(client)
    try:
        talk.start()
        yield talk
    finally:
        client.close()
        client.events()


def lives(pid: int) -> bool:
    """Not one that has ended, and that nobody has asked for its end yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command(process: psutil.Process) -> list[str]:
    """Its words; none where it has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def processes_under(home: Path) -> list[psutil.Process]:
    """Every living process, but this one, that was started with this data folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid == psutil.Process().pid or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get("FASTPATH_HOME") == str(home):
                found.append(process)
    return found


def gone_within(home: Path, seconds: float) -> list[psutil.Process]:
    """Waits until no process is left under ``home``; returns those that are after ``seconds``."""
    end = time.monotonic() + seconds
    while (left := processes_under(home)) and time.monotonic() < end:
        time.sleep(0.02)
    return left
