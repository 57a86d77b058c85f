"""The desk's downloads: some at a time, each request ends once, and what is not over is there after a restart."""

import queue
import time
from pathlib import Path

import pytest

from engine.library import downloads as worker
from engine.models.hub.download import download as real
from engine.wire import errors
from engine.wire.messages import Download, Downloaded, Downloading, DropDownload, Event, Failed, Finished, Notice
from tests.engine.models.hub.asking import NEEDED
from tests.engine.models.hub.conftest import WEIGHTS
from tests.hub_server import COMMIT, Hub, Repo


class Heard:
    """What a queue of downloads tells."""

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.downloads = worker.Downloads(self._told.put)

    def until_end(self, name: str) -> list[Event]:
        """All events up to the end of ``name``."""
        return self.until_ends(name)

    def until_ends(self, *names: str) -> list[Event]:
        """All events from now on, up to the last of these ends."""
        events: list[Event] = []
        waited = set(names)
        while waited:
            events.append(self._told.get(timeout=20))
            if isinstance(events[-1], Finished | Failed):
                waited.discard(events[-1].id)
        return events

    def until_received(self, count: int) -> None:
        """Until a download has so many bytes."""
        end = time.monotonic() + 30
        while not any(one.done_bytes >= count for one in self.downloads.listed()):
            assert time.monotonic() < end
            time.sleep(0.01)

    def nothing_more(self) -> bool:
        time.sleep(0.2)
        return self._told.empty()


def blobs(cache: Path, repo: str = "org/name") -> set[str]:
    return {file.name for file in (cache / f"models--{repo.replace('/', '--')}" / "blobs").glob("*")}


def test_two_downloads_end_and_share_what_they_need(repo: Repo, cache: Path) -> None:
    heard = Heard()
    heard.downloads.add(Download(id="first", ref="org/name"))
    heard.downloads.add(Download(id="second", ref="org/name", part="tokenizer"))
    events = heard.until_ends("first", "second")
    ends = sorted((event for event in events if isinstance(event, Finished | Failed)), key=lambda event: event.id)
    folders = [event.folder for event in events if isinstance(event, Downloaded)]

    assert [(event.id, type(event)) for event in ends] == [
        ("first", Finished),
        ("second", Finished),
    ]
    assert folders == [folders[0]] * 2
    assert (Path(folders[0]) / WEIGHTS).is_file()
    assert heard.nothing_more()


def test_while_a_model_is_deleted_none_begins_and_the_other_way_round(repo: Repo, hub: Hub) -> None:
    heard = Heard()
    with heard.downloads.kept_away("org/name"):
        heard.downloads.add(Download(id="early", ref="org/name"))
        refused = heard.until_end("early")[-1]
    assert isinstance(refused, Failed)
    assert (refused.failure.code, refused.failure.what_happened) == ("EngineBusy", "org/name is being deleted.")

    hub.silent.set()
    heard.downloads.add(Download(id="later", ref="org/name"))
    with pytest.raises(errors.EngineBusy, match="being downloaded"), heard.downloads.kept_away("org/name"):
        pass
    hub.silent.clear()
    assert isinstance(heard.until_end("later")[-1], Finished)


@pytest.mark.parametrize(("ref", "code"), [("no name", "ModelNotFound"), ("org/other", "ModelNotFound")])
def test_what_cannot_be_downloaded_ends_with_its_failure_and_the_next_begins(repo: Repo, ref: str, code: str) -> None:
    heard = Heard()
    heard.downloads.add(Download(id="bad", ref=ref))
    heard.downloads.add(Download(id="good", ref="org/name"))
    events = heard.until_end("good")
    failed = next(event for event in events if isinstance(event, Failed))

    assert (failed.id, failed.failure.code) == ("bad", code)
    assert isinstance(events[-1], Finished)


def test_some_run_at_a_time_the_others_wait_and_any_can_be_stopped(repo: Repo, hub: Hub) -> None:
    repo.stalls[WEIGHTS] = [300_000] * 9
    heard = Heard()
    for number in range(5):
        hub.repos[f"org/{number}"] = Repo(dict(repo.files), stalls={WEIGHTS: [300_000]})
        heard.downloads.add(Download(id=str(number), ref=f"org/{number}"))
    states = [one.state for one in heard.downloads.listed()]
    heard.downloads.stop("never there")
    heard.downloads.stop("4")
    *told, waited = heard.until_end("4")
    began = time.monotonic()
    heard.downloads.stop("0")
    ran = heard.until_end("0")[-1]
    stopped_s = time.monotonic() - began
    paused = [(one.ref, one.state) for one in heard.downloads.listed() if one.state == "paused"]

    assert states == ["running"] * 3 + ["waiting"] * 2
    assert paused == [("org/0", "paused"), ("org/4", "paused")]
    for event in (waited, ran):
        assert isinstance(event, Failed)
        assert event.failure.code == "Stopped"
    assert stopped_s < worker.ABANDON_AFTER_S + 2
    assert hub.asked("org/4") == []
    assert {event.id for event in told if isinstance(event, Notice) and event.text == worker._WAITS} == {"3", "4"}
    for number in (3, 1, 2):  # the third began when the first was stopped
        heard.downloads.stop(str(number))
        heard.until_end(str(number))
    assert heard.nothing_more()


def test_the_same_model_twice_is_fetched_once_and_both_hear_of_it(repo: Repo, hub: Hub) -> None:
    repo.bytes_per_s = 1_000_000
    heard = Heard()
    heard.downloads.add(Download(id="first", ref="org/name"))
    heard.downloads.add(Download(id="second", ref=f"{hub.url}/org/name/tree/main"))
    heard.downloads.add(Download(id="third", ref="org/name@main"))
    heard.downloads.stop("first")
    stopped = heard.until_end("first")[-1]
    events = heard.until_end("third")

    assert isinstance(stopped, Failed)
    assert [event.id for event in events if isinstance(event, Finished)] == ["second", "third"]
    assert {event.id for event in events if isinstance(event, Downloading)} == {"second", "third"}
    assert len(hub.asked(f"/resolve/{COMMIT}/{WEIGHTS}")) == 1
    assert heard.downloads.listed() == ()


def test_what_is_paused_is_there_after_a_restart_and_goes_on(repo: Repo, hub: Hub, cache: Path) -> None:
    repo.stalls[WEIGHTS] = [400_000]
    heard = Heard()
    heard.downloads.add(Download(id="d", ref="org/name"))
    heard.until_received(300_000)
    heard.downloads.stop("d")
    heard.until_end("d")
    partial = next((cache / "models--org--name/blobs").glob("*.incomplete")).stat().st_size
    small = sum(repo.size(name) for name in ("config.json", "tokenizer.json", "README.md", "1_Pooling/config.json"))
    fresh = Heard()
    paused = fresh.downloads.listed()
    hub.seen.clear()
    fresh.downloads.add(Download(id="again", ref="org/name"))
    last = fresh.until_end("again")[-1]

    assert [(one.ref, one.revision, one.part, one.state) for one in paused] == [("org/name", "", "model", "paused")]
    assert paused[0].done_bytes == small + partial
    assert paused[0].total_bytes == small + repo.size(WEIGHTS)
    assert isinstance(last, Finished)
    assert [one.range for one in hub.asked(WEIGHTS)] == [f"bytes={partial}-"]
    assert fresh.downloads.listed() == ()


def test_one_that_is_asked_for_while_the_same_stops_goes_on_by_itself(repo: Repo, hub: Hub) -> None:
    repo.stalls[WEIGHTS] = [200_000]
    heard = Heard()
    heard.downloads.add(Download(id="first", ref="org/name"))
    hub.until_asked(WEIGHTS)
    heard.downloads.stop("first")
    heard.downloads.add(Download(id="second", ref="org/name"))

    assert isinstance(heard.until_end("first")[-1], Failed)
    assert isinstance(heard.until_end("second")[-1], Finished)
    assert heard.downloads.listed() == ()


def test_an_update_that_the_network_cut_stays_paused_though_the_former_version_serves(
    repo: Repo, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    heard.downloads.add(Download(id="old", ref="org/name"))
    heard.until_end("old")
    repo.refs["main"] = "b" * 40
    repo.files[WEIGHTS] = repo.content(WEIGHTS)[::-1]
    repo.stalls[WEIGHTS] = [200_000]
    heard.downloads.add(Download(id="update", ref="org/name"))
    heard.until_received(1)
    heard.downloads.stop("update")
    heard.until_end("update")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    heard.downloads.add(Download(id="offline", ref="org/name"))
    told = heard.until_end("offline")

    assert [event.commit for event in told if isinstance(event, Downloaded)] == [COMMIT]
    assert [one.state for one in heard.downloads.listed()] == ["paused"]


def test_the_data_folder_being_closed_costs_only_the_list(repo: Repo, hub: Hub, own_home: Path) -> None:
    own_home.mkdir(parents=True, exist_ok=True)
    (own_home / "downloads").write_text("a file in the folder's place")
    heard = Heard()
    heard.downloads.add(Download(id="d", ref="org/name"))

    assert isinstance(heard.until_end("d")[-1], Finished)


def test_what_is_dropped_goes_and_nothing_else(repo: Repo, hub: Hub, cache: Path) -> None:
    heard = Heard()
    heard.downloads.add(Download(id="t", ref="org/name", part="tokenizer"))
    heard.until_end("t")
    shared = blobs(cache)
    repo.stalls[WEIGHTS] = [400_000]
    heard.downloads.add(Download(id="d", ref="org/name"))
    hub.until_asked(WEIGHTS)
    with pytest.raises(errors.EngineBusy):
        heard.downloads.drop(DropDownload(id="x", ref="org/name"))
    heard.downloads.stop("d")
    heard.until_end("d")
    others = cache / "models--org--name/blobs/0123.abcdefgh.incomplete"
    others.write_bytes(b"of another program")
    heard.downloads.drop(DropDownload(id="x", ref="org/name"))
    heard.downloads.drop(DropDownload(id="x", ref="org/never"))

    assert heard.downloads.listed() == ()
    assert blobs(cache) == shared | {others.name}


def test_what_lay_there_before_is_not_removed_with_a_download_that_is_given_up(
    repo: Repo, hub: Hub, cache: Path
) -> None:
    half = cache / "models--org--name/blobs" / f"{repo.etag(WEIGHTS)}.incomplete"
    half.parent.mkdir(parents=True)
    half.write_bytes(repo.content(WEIGHTS)[:300_000])
    repo.stalls[WEIGHTS] = [500_000, 600_000]
    heard = Heard()
    for name in ("first", "again"):
        heard.downloads.add(Download(id=name, ref="org/name"))
        hub.until_asked(WEIGHTS)
        heard.downloads.stop(name)
        heard.until_end(name)
        hub.seen.clear()
    heard.downloads.drop(DropDownload(id="x", ref="org/name"))

    assert blobs(cache) == {half.name}
    assert half.stat().st_size >= 300_000


def test_what_a_new_version_does_not_want_any_more_goes(repo: Repo, hub: Hub, cache: Path) -> None:
    repo.stalls[WEIGHTS] = [400_000]
    former = f"{repo.etag(WEIGHTS)}.incomplete"
    heard = Heard()
    heard.downloads.add(Download(id="d", ref="org/name"))
    heard.until_received(300_000)
    heard.downloads.stop("d")
    heard.until_end("d")
    before = blobs(cache)
    repo.refs["main"] = "b" * 40
    repo.files[WEIGHTS] = repo.content(WEIGHTS)[::-1]
    heard.downloads.add(Download(id="again", ref="org/name"))

    assert isinstance(heard.until_end("again")[-1], Finished)
    assert former in before
    assert blobs(cache) == {repo.etag(name) for name in repo.files if name in NEEDED}


def test_a_failure_stays_in_the_list_only_where_something_was_begun(repo: Repo, hub: Hub) -> None:
    repo.refuses_files = (404, {"X-Error-Code": "EntryNotFound"})
    heard = Heard()
    for ref in ("org/missing", "org/name"):
        heard.downloads.add(Download(id=ref, ref=ref))
        heard.until_end(ref)
    listed = heard.downloads.listed()

    assert [(one.ref, one.state) for one in listed] == [("org/name", "failed")]
    assert "is not there" in listed[0].failure


def test_a_repository_that_was_renamed_or_vanishes_or_changes_meanwhile(repo: Repo, hub: Hub) -> None:
    hub.repos["new/name"], hub.repos["org/name"] = repo, Repo({}, renamed_to="new/name")
    heard = Heard()
    heard.downloads.add(Download(id="renamed", ref="org/name"))
    renamed = heard.until_end("renamed")
    hub.repos["org/gone"] = gone = Repo({**repo.files, WEIGHTS: b"y" * 500_000}, bytes_per_s=400_000)
    heard.downloads.add(Download(id="gone", ref="org/gone"))
    hub.until_asked(f"org/gone/resolve/{COMMIT}/{WEIGHTS}")
    gone.cuts[WEIGHTS] = [1]
    del hub.repos["org/gone"]
    heard.until_end("gone")
    hub.repos["org/moves"] = moves = Repo({**repo.files, WEIGHTS: b"z" * 500_000}, bytes_per_s=400_000)
    heard.downloads.add(Download(id="moves", ref="org/moves"))
    hub.until_asked(f"org/moves/resolve/{COMMIT}/")
    moves.refs = {"main": "b" * 40, "before": COMMIT}  # a push between two files: the commit is pinned
    last = heard.until_end("moves")
    folders = [event for event in (*renamed, *last) if isinstance(event, Downloaded)]

    assert [folder.commit for folder in folders] == [COMMIT, COMMIT]
    assert (Path(folders[0].folder) / WEIGHTS).is_file()
    assert {one.path.split("/resolve/")[1][:40] for one in hub.asked("org/moves/resolve/")} == {COMMIT}


def test_a_repository_with_thousands_of_files(repo: Repo, hub: Hub, cache: Path) -> None:
    repo.files |= {f"checkpoints/{number}/optimizer.pt": b"x" for number in range(3000)}
    repo.page = 1000
    heard = Heard()
    heard.downloads.add(Download(id="d", ref="org/name"))

    assert isinstance(heard.until_end("d")[-1], Finished)
    assert len(hub.asked("/resolve/")) == len(blobs(cache)) == 5


def test_one_that_hangs_is_abandoned_and_the_next_begins(repo: Repo, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = iter([True])

    def download(*words: object, **named: object) -> Path:
        if next(hangs, False):
            time.sleep(3)  # as in a name server that does not answer: nothing can wake it
        return real(*words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(worker, "download", download)
    heard = Heard()
    monkeypatch.setattr(worker, "AT_ONCE", 1)
    heard.downloads.add(Download(id="hangs", ref="org/name"))
    heard.downloads.add(Download(id="next", ref="org/name", part="tokenizer"))
    time.sleep(0.1)
    began = time.monotonic()
    heard.downloads.stop("hangs")
    ended = heard.until_end("hangs")[-1]
    took_s = time.monotonic() - began

    assert isinstance(ended, Failed)
    assert ended.failure.code == "Stopped"
    assert took_s < 2  # it hangs for three
    assert isinstance(heard.until_end("next")[-1], Finished)
    time.sleep(max(0.0, 3.2 - (time.monotonic() - began)))
    assert heard.nothing_more()  # the abandoned one keeps its end to itself
