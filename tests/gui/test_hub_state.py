"""What the window knows of the Hub, by events as the desk tells them."""

import dataclasses

from engine.wire.errors import ModelGated, NotDownloaded, Offline, Stopped, failure_of
from engine.wire.hub import PendingDownload
from engine.wire.messages import (
    CheckForUpdate,
    DeleteModel,
    Describe,
    Download,
    Downloading,
    DownloadsListed,
    DropDownload,
    Failed,
    Finished,
    HubFound,
    HubLooked,
    ListDownloads,
    ListModels,
    LookAtHub,
    Notice,
    ReadCard,
    SearchHub,
    SetToken,
    Stop,
    TokenTold,
    UpdateTold,
)
from gui import run_state
from gui.run_state import State
from tests.gui import found, replay
from tests.gui.found import told

HALF = Downloading(file="model.safetensors", done_bytes=5, total_bytes=10)


def failed(code: type[Offline | ModelGated | Stopped], said: str = "What happened.") -> Failed:
    return Failed(failure=failure_of(code(said)))


def test_a_newer_search_takes_the_place_of_one_that_is_not_answered() -> None:
    state = run_state.asked(State(), SearchHub(id="old", words="bert"))
    state = run_state.asked(state, SearchHub(id="new", words="bert reviews"))
    state = run_state.apply(state, HubFound(id="old", models=(found.one(1),)), 0.0)
    state = run_state.apply(state, Failed(id="old", failure=failure_of(Stopped())), 0.0)
    assert state.hub.found is None
    assert "search" not in state.hub.failures

    state = run_state.apply(state, HubFound(id="new", models=(found.one(2),)), 0.0)
    state = run_state.apply(state, Finished(id="new"), 0.0)
    assert [model.repo for model in state.hub.found or ()] == [found.one(2).repo]
    assert state.hub.query is not None
    assert state.hub.query.words == "bert reviews"
    assert state.hub.waiting == {}


def test_what_follows_is_put_behind_and_another_search_begins_anew() -> None:
    state = found.results(State(), 3, "page 2")
    state = told(
        state, SearchHub(id="t", words="reviews", cursor="page 2"), HubFound(models=(found.one(9),)), Finished()
    )
    assert len(state.hub.found or ()) == 4
    assert state.hub.cursor == ""
    assert len(found.results(state, 2).hub.found or ()) == 2


def test_a_failed_search_leaves_what_was_found_and_the_next_takes_the_failure_away() -> None:
    state = found.search_failed(found.results(State(), 3))
    assert len(state.hub.found or ()) == 3
    assert "search" in state.hub.failures
    assert "search" not in run_state.asked(state, SearchHub(id="x")).hub.failures


def test_several_downloads_go_on_at_once_and_the_run_page_waits_for_its_own_alone() -> None:
    opened = dataclasses.replace(
        replay.last("opened"), missing=Download(id="", ref="org/wanted"), wanted=Describe(id="", ref="org/wanted")
    )
    state = run_state.asked(opened, Download(id="a", ref="org/a"))
    state = run_state.asked(state, Download(id="w", ref="org/wanted"))
    state = run_state.apply(state, Notice(id="a", text="Waits."), 0.0)
    assert [view.request.id for view in state.downloads] == ["a", "w"]
    assert state.download is not None
    assert state.download.request.id == "w"

    state = run_state.asked(state, Stop(id="a"))
    assert [view.stopping for view in state.downloads] == [True, False]
    state = run_state.apply(state, failed_as("a", Stopped), 0.0)
    assert state.model_failure is None
    assert [one.state for one in state.hub.pending or ()] == ["paused"]

    state = run_state.apply(state, failed_as("w", Offline), 0.0)
    assert state.downloads == ()
    assert state.model_failure is not None
    assert state.missing is not None


def test_the_run_page_waits_for_what_the_models_page_downloads_already() -> None:
    address = "https://huggingface.co/org/a/tree/v2"
    lacks = NotDownloaded("org/a at v2 is not on this computer yet.", about=address, hub="org/a@v2")
    opened = run_state.asked(replay.last("opened"), Download(id="other", ref="org/a"))
    state = run_state.asked(opened, Describe(id="d", ref=address))
    state = run_state.apply(state, Failed(id="d", failure=failure_of(lacks)), 0.0)
    assert state.missing == Download(id="", ref="org/a", revision="v2")
    assert state.model_failure is not None  # another version is not what it lacks

    state = run_state.asked(opened, Download(id="same", ref="org/a", revision="v2"))
    state = run_state.asked(state, Describe(id="d", ref=address))
    state = run_state.apply(state, Failed(id="d", failure=failure_of(lacks)), 0.0)
    assert state.model_failure is None
    assert state.download is not None
    assert state.download.request.id == "same"
    assert state.download.then is not None
    assert state.download.then.ref == address
    stopped = run_state.apply(run_state.asked(state, Stop(id="same")), failed_as("same", Stopped), 0.0)
    assert stopped.model_failure is not None
    assert run_state.apply(state, Finished(id="same"), 0.0).missing is None


def test_a_failure_goes_with_the_next_look() -> None:
    state = told(State(), LookAtHub(id="l", ref="org/a"), failed(Offline))
    assert "look" not in run_state.asked(state, ReadCard(id="c", ref="org/b")).hub.failures
    state = told(state, DeleteModel(id="x", ref="org/a", folder="/a"), failed(Offline))
    assert "delete" not in run_state.asked(state, ListModels(id="m")).hub.failures
    state = told(state, DropDownload(id="y", ref="org/a"), failed(Offline))
    assert "drop" not in run_state.asked(state, ListDownloads(id="p")).hub.failures


def failed_as(request_id: str, code: type[Offline | Stopped]) -> Failed:
    return Failed(id=request_id, failure=failure_of(code("What happened.")))


def test_a_failed_download_says_why_until_it_goes_on_or_is_dropped() -> None:
    state = told(State(), Download(id="a", ref="org/a"), HALF, failed(ModelGated, "Conditions."))
    (line,) = state.hub.pending or ()
    assert (line.state, line.done_bytes, line.failure) == ("failed", 5, "Conditions.")
    again = run_state.asked(state, Download(id="b", ref="org/a"))
    assert again.hub.cut == {}
    done = run_state.apply(again, Finished(id="b"), 0.0)
    assert (done.downloads, done.hub.pending) == ((), ())
    dropped = told(state, DropDownload(id="x", ref="org/a"), DownloadsListed(downloads=()), Finished())
    assert (dropped.hub.cut, dropped.hub.pending) == ({}, ())


def test_downloads_of_an_earlier_start_are_told() -> None:
    waiting = PendingDownload(ref="org/a", state="paused", done_bytes=3, total_bytes=9)
    state = told(State(), ListDownloads(id="l"), DownloadsListed(downloads=(waiting,)), Finished())
    assert state.hub.pending == (waiting,)


def test_a_token_is_never_kept() -> None:
    state = run_state.asked(State(), SetToken(id="t", token="hf_secret"))
    assert "hf_secret" not in repr(state)
    state = told(state, SetToken(id="u", token="hf_secret"), TokenTold(place="session", account="ada"), Finished())
    assert state.hub.token is not None
    assert "hf_secret" not in repr(state)


def test_what_another_account_saw_is_forgotten_even_where_it_comes_later() -> None:
    looked = HubLooked(id="look", model=found.one(1), commit="a" * 40, files=0)
    state = run_state.asked(State(), LookAtHub(id="look", ref=found.one(1).repo))
    state = run_state.asked(state, SetToken(id="set", token="hf_secret"))
    state = run_state.apply(state, TokenTold(id="set", place="session", account="ada"), 0.0)
    state = run_state.apply(state, Finished(id="set"), 0.0)
    state = run_state.apply(state, looked, 0.0)
    assert state.hub.looked is None
    assert state.hub.waiting == {}


def test_a_newer_version_is_told_and_forgotten_when_asked_again() -> None:
    state = told(
        State(), CheckForUpdate(id="u"), UpdateTold(version="9.0", newer=True, page="https://x.org"), Finished()
    )
    assert state.hub.update is not None
    assert run_state.asked(state, CheckForUpdate(id="v")).hub.update is None
