"""A cell that a work process holds: prepared once, called in rounds, and silent in between."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.wire.messages import Event, Failed, Finished, Held, Hold, Release, Rested, Round, Samples
from tests.talk import Talk, gone_within, only, talking

TASK = "sentence-similarity"
INPUTS = tuple(
    {"source_sentence": "A man is eating food.", "sentences": [f"Sentence {number} of some."] * (1 + number % 2)}
    for number in range(3)
)


@pytest.fixture
def talk(own_home: Path) -> Iterator[Talk]:
    with talking() as talk:
        yield talk
    assert gone_within(own_home, 2) == []


def held(talk: Talk, folder: Path, name: str, mode: str = "eager", **more: Any) -> Held:
    talk.client.send(Hold(id=name, folder=str(folder), task=TASK, mode=mode, inputs=INPUTS, **more))
    found = talk.until(lambda event: event.id == name and isinstance(event, Held | Failed))
    assert isinstance(found, Held), found
    return found


def rested(name: str) -> Any:
    return lambda event: event.id == name and isinstance(event, Rested)


def test_rounds_are_timed_and_the_report_holds_them_all(talk: Talk, starter_folder: Path) -> None:
    ready = held(talk, starter_folder, "one")
    for _ in range(3):
        talk.client.send(Round(id="one", calls=4))
        talk.until(rested("one"))
    talk.client.send(Release(id="one", explain=True))
    report = talk.end("one")

    assert ready.agreement is not None
    assert ready.agreement.verdict == "reference"
    assert ready.agreement.n == len(INPUTS)
    assert ready.tokens > 0
    told = [ms for event in talk.of("one") if isinstance(event, Samples) for ms in event.latency_ms]
    whole = [ms for event in talk.of("one") if isinstance(event, Rested) for ms in event.end_to_end_ms]
    assert len(told) == len(whole) == 12
    assert all(0 < model < end_to_end for model, end_to_end in zip(told, whole, strict=True))
    assert isinstance(report, Finished)
    assert report.report is not None
    assert report.report.timing.n == 12
    assert report.report.evidence is not None


def test_answers_to_all_inputs_are_compared_in_batches_too(talk: Talk, starter_folder: Path) -> None:
    held(talk, starter_folder, "eager", batch=2)
    talk.client.send(Release(id="eager"))
    talk.end("eager")
    other = held(talk, starter_folder, "other", mode="onnx-runtime", batch=2)

    assert other.agreement is not None
    assert other.agreement.verdict == "identical"
    assert other.agreement.n == len(INPUTS)
    talk.client.stop("other")
    talk.end("other")


def test_without_a_reference_nothing_is_called_the_same(talk: Talk, starter_folder: Path) -> None:
    ready = held(talk, starter_folder, "one", mode="onnx-runtime")

    assert ready.agreement is None
    talk.client.stop("one")
    assert talk.end("one")


def test_a_held_cell_sleeps_and_stops_at_once(talk: Talk, starter_folder: Path) -> None:
    held(talk, starter_folder, "one")
    process = psutil.Process(talk.work_pid())
    time.sleep(0.5)  # what OpenMP's threads still spin
    before = sum(process.cpu_times()[:2])
    time.sleep(1)

    assert sum(process.cpu_times()[:2]) - before < 0.05
    began = time.monotonic()
    talk.client.stop("one")
    last = talk.end("one", 5)
    assert time.monotonic() - began < 1
    assert isinstance(last, Failed)
    assert last.failure.code == "Stopped"


def test_a_mode_that_cannot_take_the_model_does_not_fall_back(talk: Talk, tiny: Any) -> None:
    folder = tiny("modernbert", "FeatureExtraction")
    inputs = ({"inputs": "A text."},)
    hold = Hold(id="one", folder=str(folder), task="feature-extraction", mode="better-transformer", inputs=inputs)
    talk.client.send(hold)
    last = talk.end("one")

    assert isinstance(last, Failed)
    assert last.failure.code == "NotForThisModel"
    assert not [event for event in talk.of("one") if isinstance(event, Held)]


def test_bad_input_among_many_is_told(talk: Talk, starter_folder: Path) -> None:
    inputs = (*INPUTS, {"source_sentence": "", "sentences": ["x"]})
    talk.client.send(Hold(id="one", folder=str(starter_folder), task=TASK, mode="eager", inputs=inputs))
    last: Event = talk.end("one")

    assert isinstance(last, Failed)
    assert last.failure.code == "BadInput"
    assert only(talk.of("one"), Failed)
