"""Freeing up through the real desk: sizes, refusal while a model runs, and a run that waits for its end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.wire.messages import Failed, Finished, FreeUp, Samples, Storage, Stored
from tests.talk import SIMILARITY, Talk, gone_within, only, talking

TASK = "sentence-similarity"


@pytest.fixture
def talk(own_home: Path) -> Iterator[Talk]:
    with talking() as talk:
        yield talk
    assert gone_within(own_home, 2) == []


def size_of(talk: Talk, name: str, part: str) -> int:
    stored = only(talk.of(name), Stored)
    return next(one.size_bytes for one in stored.parts if one.id == part)


@pytest.mark.slow
def test_what_a_run_prepared_is_counted_freed_and_prepared_again(
    talk: Talk, own_home: Path, starter_folder: Path
) -> None:
    talk.run(starter_folder, TASK, "onnx-runtime", SIMILARITY, threads=1)
    talk.client.send(Storage(id="before"))
    talk.end("before")
    assert size_of(talk, "before", "artefacts") > 50_000_000
    assert only(talk.of("before"), Stored).folder == str(own_home)

    talk.client.send(FreeUp(id="free"))
    talk.client.send(Storage(id="after"))
    events = talk.run(starter_folder, TASK, "onnx-runtime", SIMILARITY, threads=1)
    talk.end("after")

    assert size_of(talk, "free", "artefacts") == 0
    report = only(events, Finished).report
    assert report is not None
    assert not report.timing.prepare_cached


def test_while_a_model_runs_nothing_is_freed(talk: Talk, starter_folder: Path) -> None:
    name = talk.send(starter_folder, TASK, "eager", SIMILARITY, threads=1, calls=0)
    talk.until(lambda event: event.id == name and isinstance(event, Samples))
    talk.client.send(FreeUp(id="free"))
    refused = talk.end("free")

    assert isinstance(refused, Failed)
    assert refused.failure.code == "EngineBusy"
    talk.client.stop(name)
    assert isinstance(talk.end(name), Finished)
