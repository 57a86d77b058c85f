"""A real classifier keeps its labels at fewer bits, on sentences that it never saw."""

from pathlib import Path

import pytest

from engine.all_modes import MODES
from engine.client import is_last
from engine.wire.messages import Answer, AnyEvent, Update
from tests.matrix import classifier
from tests.matrix.cells import DIFFERENT, pairs
from tests.matrix.conftest import RealCells
from tests.matrix.reviews import HELD_OUT
from tests.talk import Talk

KEPT = 0.95
LEARNED = 0.85
"""Of the held-out sentences eager must label so many rightly, or the classifier is none."""

INT8 = [pair for pair in pairs() if pair[1].startswith("int8")]


@pytest.fixture(scope="module")
def folder(starter_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return classifier.make(starter_folder, tmp_path_factory.mktemp("classifier") / "reviews")


@pytest.fixture(scope="module")
def of_eager(talk: Talk, folder: Path) -> list[str]:
    return labels(talk, folder, "eager", "fp32")


def labels(talk: Talk, folder: Path, mode: str, precision: str) -> list[str]:
    """The first label of each held-out sentence, one put in the other's place while the run goes on."""
    more = {"precision": precision, "runtime": MODES[mode].card.runtime, "calls": 0}
    texts = [text for text, _ in HELD_OUT]
    name = talk.send(folder, "text-classification", mode, {"inputs": texts[0]}, **more)
    found = [_label(talk, name, 0)]
    for revision, text in enumerate(texts[1:], start=1):
        talk.client.send(Update(id=name, fields={"inputs": text}, revision=revision))
        found.append(_label(talk, name, revision))
    talk.client.stop(name)
    talk.end(name)
    return found


def _label(talk: Talk, name: str, revision: int) -> str:
    def is_it(event: AnyEvent) -> bool:
        return event.id == name and (is_last(event) or (isinstance(event, Answer) and event.revision == revision))

    event = talk.until(is_it, 300)
    assert isinstance(event, Answer), event
    return str(event.result.value[0]["label"])


def share(ones: list[str], others: list[str]) -> float:
    return sum(one == other for one, other in zip(ones, others, strict=True)) / len(ones)


@pytest.mark.slow
def test_the_classifier_has_learned(of_eager: list[str]) -> None:
    assert share(of_eager, [label for _, label in HELD_OUT]) >= LEARNED


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("mode", "precision"), INT8)
def test_int8_keeps_the_labels(
    talk: Talk, real_cells: RealCells, folder: Path, of_eager: list[str], mode: str, precision: str
) -> None:
    told = real_cells(mode, precision)
    if told.kind != "works":
        pytest.skip(told.why)
    assert told.sample is not None
    if told.sample.verdict == DIFFERENT:
        pytest.skip(f"it says that its answers differ: cosine {told.sample.cosine_worst:.3f}")

    assert share(of_eager, labels(talk, folder, mode, precision)) >= KEPT
