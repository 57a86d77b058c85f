"""The desk's conversation about models, through a real client: superseded, stopped, refused while one computes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.models import starter
from engine.wire.messages import (
    CheckForUpdate,
    DeleteModel,
    Describe,
    Download,
    Failed,
    Finished,
    HubFound,
    ListModels,
    LookAtHub,
    ModelsListed,
    ReadCard,
    SearchHub,
    Stage,
)
from tests.hub_server import Hub, Repo
from tests.talk import SIMILARITY, Talk, only, talking


@pytest.fixture
def talk(hub: Hub, repo: Repo) -> Iterator[Talk]:
    with talking() as talk:
        yield talk


def failure_code(talk: Talk, name: str) -> str:
    last = talk.end(name, 20)
    assert isinstance(last, Failed), last
    return last.failure.code


def test_a_newer_search_ends_the_older_at_once_and_the_desk_stays_at_hand(talk: Talk, hub: Hub) -> None:
    hub.silent.set()
    talk.client.send(SearchHub(id="old", words="na"))
    talk.client.send(ReadCard(id="card", ref="org/name"))
    talk.client.send(SearchHub(id="new", words="name"))
    talk.client.send(Describe(id="other", ref="starter"))

    assert failure_code(talk, "old") == "Stopped"
    assert isinstance(talk.end("other", 20), Finished)
    talk.client.stop("card")
    assert failure_code(talk, "card") == "Stopped"
    hub.silent.clear()
    assert isinstance(talk.end("new", 40), Finished)
    assert [model.repo for model in only(talk.of("new"), HubFound).models] == ["org/name"]
    assert len(talk.of("old")) == 1


def test_an_offline_desk_still_tells_what_it_has(hub: Hub, repo: Repo) -> None:
    with talking(offline=True) as talk:
        for request in (SearchHub(id="own"), ListModels(id="here"), ReadCard(id="card", ref="starter")):
            talk.client.send(request)
            assert isinstance(talk.end(request.id, 20), Finished)
        for far in (
            SearchHub(id="words", words="x"),
            LookAtHub(id="look", ref="org/name"),
            ReadCard(id="far", ref="org/name"),
            CheckForUpdate(id="update"),
        ):
            talk.client.send(far)
            assert failure_code(talk, far.id) == "Offline"
    assert hub.seen == []


def test_a_model_is_downloaded_listed_and_deleted_but_not_while_one_computes(
    talk: Talk, hub: Hub, repo: Repo, cache: Path
) -> None:
    repo.files["model.safetensors"] = repo.content("model.safetensors")[:-1_000_000]
    talk.client.send(Download(id="d", ref="org/name"))
    assert isinstance(talk.end("d"), Finished)
    talk.client.send(Describe(id="describe", ref="org/name"))
    talk.end("describe")
    talk.client.send(ListModels(id="list"))
    talk.end("list")
    model = next(one for one in only(talk.of("list"), ModelsListed).models if one.ref == "org/name")
    run = talk.send(starter.folder(), "sentence-similarity", "eager", SIMILARITY, calls=0)
    talk.until(lambda event: event.id == run and isinstance(event, Stage) and event.stage == "running")
    talk.client.send(DeleteModel(id="busy", ref=model.ref, folder=model.folder))
    busy = failure_code(talk, "busy")
    talk.client.stop(run)
    talk.end(run)
    talk.client.send(DeleteModel(id="gone", ref=model.ref, folder=model.folder))
    left = talk.end("gone")

    assert busy == "EngineBusy"
    assert model.whole
    assert model.content_key
    assert isinstance(left, Finished)
    assert [one.ref for one in only(talk.of("gone"), ModelsListed).models] == ["starter"]
    assert not (cache / "models--org--name").exists()


def test_a_model_that_is_being_downloaded_is_not_deleted(talk: Talk, repo: Repo, hub: Hub, cache: Path) -> None:
    repo.stalls["model.safetensors"] = [100_000]
    talk.client.send(Download(id="d", ref="org/name"))
    talk.until(lambda event: event.id == "d")
    talk.client.send(DeleteModel(id="x", ref="org/name", folder=str((cache / "models--org--name").resolve())))

    assert failure_code(talk, "x") == "EngineBusy"
    talk.client.stop("d")
    assert failure_code(talk, "d") == "Stopped"
