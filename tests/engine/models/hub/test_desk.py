"""Downloads through the real client and desk: resumed after a kill, stopped, queued, while the desk answers others."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.library.downloads import ABANDON_AFTER_S
from engine.wire.messages import (
    AnyEvent,
    Describe,
    Described,
    Download,
    Downloaded,
    Downloading,
    DownloadsListed,
    DropDownload,
    Event,
    Failed,
    Finished,
    ListDownloads,
    Ready,
)
from engine.wire.values import Failure
from tests.engine.models.hub.conftest import WEIGHTS
from tests.hub_server import COMMIT, Hub, Repo
from tests.talk import Talk, gone_within, only, talking


@pytest.fixture
def talk(own_home: Path, hub: Hub) -> Iterator[Talk]:
    with talking() as talk:
        yield talk
    assert gone_within(own_home, 2) == []


def downloading(name: str, at_least_bytes: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Downloading) and event.id == name and event.done_bytes >= at_least_bytes


def wait_for(talk: Talk, something: Callable[[], object]) -> None:
    """Hears what the client says meanwhile."""
    end = time.monotonic() + 10
    while not something() and time.monotonic() < end:
        talk.heard += talk.client.events(0.02) or []


def ask(talk: Talk, name: str, ref: str = "org/name", **more: str) -> list[AnyEvent]:
    talk.client.send(Download(id=name, ref=ref, **more))  # type: ignore[arg-type]
    talk.end(name)
    return talk.of(name)


def failure(events: list[AnyEvent]) -> Failure:
    return only(events, Failed).failure


def desk_pid(talk: Talk) -> int:
    return next(event.pid for event in reversed(talk.heard) if isinstance(event, Ready) and event.role == "desk")


def test_a_model_that_is_not_here_can_be_downloaded_and_then_described(talk: Talk, repo: Repo) -> None:
    repo.files[WEIGHTS] = repo.content(WEIGHTS)[:-1_000_000]
    talk.client.send(Describe(id="before", ref="org/name"))
    talk.end("before")
    events = ask(talk, "d", "https://huggingface.co/org/name/tree/main")
    downloaded = only(events, Downloaded)
    talk.client.send(Describe(id="after", ref="org/name"))
    talk.end("after")
    described = only(talk.of("after"), Described)

    assert failure(talk.of("before")).code == "NotDownloaded"
    assert isinstance(events[-1], Finished)
    assert downloaded.commit == COMMIT == described.model.commit
    assert downloaded.folder == described.model.folder
    assert described.model.tasks[0] == "feature-extraction"


def test_killed_in_the_middle_it_goes_on_at_the_very_byte(talk: Talk, repo: Repo, hub: Hub, cache: Path) -> None:
    repo.bytes_per_s = 500_000
    talk.client.send(Download(id="first", ref="org/name"))
    talk.until(downloading("first", 300_000))
    before = desk_pid(talk)
    os.kill(before, signal.SIGKILL)
    died = talk.end("first", 5)
    partial = next((cache / "models--org--name/blobs").glob("*.incomplete"))
    kept = partial.stat().st_size
    talk.until(lambda event: isinstance(event, Ready) and event.role == "desk" and event.pid != before, 20)
    hub.seen.clear()
    repo.bytes_per_s = 0
    events = ask(talk, "second")

    assert isinstance(died, Failed)
    assert died.failure.code == "EngineDied"
    assert kept >= 300_000 - 2_000
    assert [one.range for one in hub.asked(WEIGHTS)] == [f"bytes={kept}-"]
    assert (Path(only(events, Downloaded).folder) / WEIGHTS).read_bytes() == repo.content(WEIGHTS)


def test_the_desk_answers_while_it_downloads_and_stops_within_a_second(
    talk: Talk, repo: Repo, hub: Hub, cache: Path
) -> None:
    repo.stalls[WEIGHTS] = [200_000]
    talk.client.send(Download(id="d", ref="org/name"))
    wait_for(talk, lambda: hub.asked(WEIGHTS))
    began = time.monotonic()
    talk.client.send(Describe(id="other", ref="starter"))
    talk.end("other", 5)
    answered_s = time.monotonic() - began
    began = time.monotonic()
    talk.client.stop("d")
    last = talk.end("d", 5)
    stopped_s = time.monotonic() - began
    kept = next((cache / "models--org--name/blobs").glob("*.incomplete")).stat().st_size
    hub.seen.clear()
    again = ask(talk, "again")

    assert answered_s < 2
    assert stopped_s < ABANDON_AFTER_S + 2
    assert isinstance(last, Failed)
    assert last.failure.code == "Stopped"
    assert isinstance(again[-1], Finished)
    assert kept > 0
    assert [one.range for one in hub.asked(WEIGHTS)] == [f"bytes={kept}-"]


def test_a_hub_that_never_answers_is_stopped_within_a_second_and_does_not_block_the_next(
    talk: Talk, repo: Repo, hub: Hub
) -> None:
    hub.silent.set()
    talk.client.send(Download(id="d", ref="org/name"))
    wait_for(talk, lambda: hub.seen)
    began = time.monotonic()
    talk.client.stop("d")
    last = talk.end("d", 5)
    stopped_s = time.monotonic() - began
    hub.silent.clear()

    assert isinstance(last, Failed)
    assert last.failure.code == "Stopped"
    assert stopped_s < ABANDON_AFTER_S + 2
    assert isinstance(ask(talk, "again")[-1], Finished)
    assert sum(isinstance(event, Failed | Finished) for event in talk.of("d")) == 1


def test_several_at_once_and_one_that_waits_can_be_stopped(talk: Talk, repo: Repo, hub: Hub) -> None:
    repo.bytes_per_s = 1_000_000
    for number in range(4):
        hub.repos[f"org/{number}"] = Repo(dict(repo.files), bytes_per_s=1_000_000)
        talk.client.send(Download(id=str(number), ref=f"org/{number}"))
    talk.client.stop("3")
    waited = talk.end("3", 5)
    talk.client.send(ListDownloads(id="list"))
    talk.end("list", 5)
    listed = only(talk.of("list"), DownloadsListed).downloads
    ends = [talk.end(str(number), 30) for number in range(3)]

    assert isinstance(waited, Failed)
    assert waited.failure.code == "Stopped"
    assert sorted((one.ref, one.state) for one in listed) == [
        *((f"org/{number}", "running") for number in range(3)),
        ("org/3", "paused"),
    ]
    assert [type(end) for end in ends] == [Finished] * 3
    assert hub.asked("org/3") == []


def test_after_a_kill_a_download_is_told_as_paused_with_what_is_there(talk: Talk, repo: Repo, cache: Path) -> None:
    repo.bytes_per_s = 500_000
    talk.client.send(Download(id="d", ref="org/name"))
    talk.until(downloading("d", 300_000))
    os.kill(desk_pid(talk), signal.SIGKILL)
    talk.end("d", 5)
    partial = next((cache / "models--org--name/blobs").glob("*.incomplete")).stat().st_size
    talk.client.send(ListDownloads(id="list"))
    talk.end("list", 20)
    paused = only(talk.of("list"), DownloadsListed).downloads[0]
    talk.client.send(DropDownload(id="drop", ref="org/name"))
    talk.end("drop", 20)

    assert (paused.ref, paused.state) == ("org/name", "paused")
    assert partial <= paused.done_bytes <= partial + 2000
    assert only(talk.of("drop"), DownloadsListed).downloads == ()
    assert not list(cache.rglob("*.incomplete"))


@pytest.mark.parametrize(
    ("ref", "more", "code"),
    [
        ("org/other", {}, "ModelNotFound"),
        ("org/name", {"revision": "v9"}, "ModelNotFound"),
        ("org/name", {"revision": "../x"}, "ModelNotFound"),
        ("../name", {}, "ModelNotFound"),
        ("starter pack", {}, "ModelNotFound"),
        ("https://huggingface.co/datasets/org/name", {}, "ModelNotFound"),
    ],
)
def test_failures_come_with_their_code(talk: Talk, repo: Repo, ref: str, more: dict[str, str], code: str) -> None:
    assert failure(ask(talk, "d", ref, **more)).code == code


def test_an_offline_desk_sends_nothing(own_home: Path, hub: Hub, repo: Repo) -> None:
    with talking(offline=True) as talk:
        found = failure(ask(talk, "d"))

    assert found.code == "Offline"
    assert "network is turned off" in found.what_happened
    assert "Settings" in found.what_to_do
    assert "HF_HUB_OFFLINE" in found.what_to_do
    assert hub.seen == []


def test_the_token_is_used_and_never_told(
    own_home: Path, hub: Hub, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_very_secret")
    said: list[Event] = []
    with talking() as talk:
        ask(talk, "d")
        hub.always = (401, {})
        ask(talk, "e", "org/private")
        repo.files = {}
        hub.always = (503, {"Retry-After": "9999"})
        ask(talk, "f", "org/private")
        output = talk.client._roles["desk"].child.output()
        said += talk.heard

    written = [file for file in (*own_home.rglob("*"), *(tmp_path / "hf").rglob("*")) if file.is_file()]
    assert {one.token for one in hub.seen} == {"Bearer hf_very_secret"}
    assert "hf_very_secret" not in repr(said) + output
    assert not [file for file in written if b"hf_very_secret" in file.read_bytes()]


def test_two_programs_at_once_fetch_each_file_once(own_home: Path, hub: Hub, repo: Repo) -> None:
    repo.bytes_per_s = 1_000_000
    with talking() as one, talking() as other:
        for talk in (one, other):
            talk.client.send(Download(id="d", ref="org/name"))
            talk.client.events(0)
        folders = [only(ended(talk), Downloaded).folder for talk in (one, other)]

    assert folders[0] == folders[1]
    assert (Path(folders[0]) / WEIGHTS).read_bytes() == repo.content(WEIGHTS)
    assert [one.range for one in hub.asked(WEIGHTS)] == [""]


def ended(talk: Talk) -> list[AnyEvent]:
    talk.end("d")
    return talk.of("d")
