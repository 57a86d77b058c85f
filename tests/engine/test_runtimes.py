"""Runtimes through the real client and desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtimes import ipex
from engine.wire.messages import (
    Catalogue,
    Failed,
    Finished,
    InstallRuntime,
    ListRuntimes,
    RemoveRuntime,
    Runtimes,
)
from tests.talk import SIMILARITY, Talk, gone_within, only, talking


@pytest.fixture
def talk(own_home: Path) -> Iterator[Talk]:
    with talking(offline=True) as talk:
        yield talk
    assert gone_within(own_home, 2) == []


def test_listed_with_its_size_and_refused_without_network(talk: Talk) -> None:
    talk.client.send(ListRuntimes(id="l"))
    talk.client.send(InstallRuntime(id="i", runtime=ipex.ID))
    ends = [talk.end("l"), talk.end("i")]
    (card,) = only(talk.of("l"), Runtimes).runtimes

    assert isinstance(ends[0], Finished)
    assert card.state in ("not installed", "cannot run here")
    assert card.reason or card.download_bytes > 1e9
    assert isinstance(ends[1], Failed)
    assert ends[1].failure.code in ("Offline", "ModeUnavailable")


def test_removing_what_is_not_there_is_no_failure_and_tells_the_catalogue_again(talk: Talk) -> None:
    before = len([event for event in talk.heard if isinstance(event, Catalogue)])
    talk.client.send(RemoveRuntime(id="r", runtime=ipex.ID))

    assert isinstance(talk.end("r"), Finished)
    assert len([event for event in talk.heard if isinstance(event, Catalogue)]) == before + 1


def test_a_run_in_a_runtime_that_is_not_there_is_told_how_to_get_it(talk: Talk, starter_folder: Path) -> None:
    name = talk.send(starter_folder, "sentence-similarity", "ipex", SIMILARITY, runtime=ipex.ID)
    last = talk.end(name)

    assert isinstance(last, Failed)
    assert last.failure.code == "ModeUnavailable"
    assert "fastpath runtimes install ipex" in last.failure.what_to_do


def test_a_runtime_that_nobody_knows_is_refused(talk: Talk, starter_folder: Path) -> None:
    name = talk.send(starter_folder, "sentence-similarity", "eager", SIMILARITY, runtime="other")
    last = talk.end(name)

    assert isinstance(last, Failed)
    assert last.failure.code == "BadInput"
