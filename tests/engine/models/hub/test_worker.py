"""The desk's queue of downloads: each ends once, in its turn, and can be stopped at any time."""

import queue
import time
from pathlib import Path

import pytest

from engine.models.hub import worker
from engine.models.hub.download import download as real
from engine.wire.messages import Download, Downloaded, Event, Failed, Finished
from tests.engine.models.hub.conftest import WEIGHTS
from tests.hub_server import Hub, Repo


class Heard:
    """What a queue of downloads tells."""

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.downloads = worker.Downloads(self._told.put)

    def until_end(self, name: str) -> list[Event]:
        """All events up to the end of ``name``."""
        events: list[Event] = []
        while not (events and events[-1].id == name and isinstance(events[-1], Finished | Failed)):
            events.append(self._told.get(timeout=20))
        return events

    def nothing_more(self) -> bool:
        time.sleep(0.2)
        return self._told.empty()


def test_two_downloads_end_in_their_turn(repo: Repo, cache: Path) -> None:
    heard = Heard()
    heard.downloads.add(Download(id="first", ref="org/name"))
    heard.downloads.add(Download(id="second", ref="org/name", part="tokenizer"))
    events = heard.until_end("second")
    ends = [event for event in events if isinstance(event, Finished | Failed)]
    folders = [event.folder for event in events if isinstance(event, Downloaded)]

    assert [(event.id, type(event)) for event in ends] == [("first", Finished), ("second", Finished)]
    assert folders == [folders[0]] * 2
    assert (Path(folders[0]) / WEIGHTS).is_file()
    assert heard.nothing_more()


@pytest.mark.parametrize(("ref", "code"), [("no name", "ModelNotFound"), ("org/other", "ModelNotFound")])
def test_what_cannot_be_downloaded_ends_with_its_failure_and_the_next_begins(repo: Repo, ref: str, code: str) -> None:
    heard = Heard()
    heard.downloads.add(Download(id="bad", ref=ref))
    heard.downloads.add(Download(id="good", ref="org/name"))
    events = heard.until_end("good")
    failed = next(event for event in events if isinstance(event, Failed))

    assert (failed.id, failed.failure.code) == ("bad", code)
    assert isinstance(events[-1], Finished)


def test_stopped_while_it_waits_and_stopped_while_it_is_sent(repo: Repo) -> None:
    repo.stalls[WEIGHTS] = [300_000]
    heard = Heard()
    heard.downloads.add(Download(id="first", ref="org/name"))
    heard.downloads.add(Download(id="second", ref="org/name"))
    heard.downloads.stop("never there")
    heard.downloads.stop("second")
    second = heard.until_end("second")[-1]
    began = time.monotonic()
    heard.downloads.stop("first")
    first = heard.until_end("first")[-1]

    assert time.monotonic() - began < 1
    for event in (first, second):
        assert isinstance(event, Failed)
        assert event.failure.code == "Stopped"
    assert heard.nothing_more()


def test_one_that_hangs_is_abandoned_and_the_next_begins(repo: Repo, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = iter([True])

    def download(*words: object, **named: object) -> Path:
        if next(hangs, False):
            time.sleep(3)  # as in a name server that does not answer: nothing can wake it
        return real(*words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(worker, "download", download)
    heard = Heard()
    heard.downloads.add(Download(id="hangs", ref="org/name"))
    heard.downloads.add(Download(id="next", ref="org/name"))
    time.sleep(0.1)
    began = time.monotonic()
    heard.downloads.stop("hangs")
    ended = heard.until_end("hangs")[-1]
    took_s = time.monotonic() - began

    assert isinstance(ended, Failed)
    assert ended.failure.code == "Stopped"
    assert took_s < 1
    assert isinstance(heard.until_end("next")[-1], Finished)
    time.sleep(max(0.0, 3.2 - (time.monotonic() - began)))
    assert heard.nothing_more()  # the abandoned one keeps its end to itself
