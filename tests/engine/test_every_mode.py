"""Every mode on every family, through the real engine: the same answer as eager, on two shapes each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.all_modes import MODES
from engine.wire.messages import Answer, Catalogue, Finished
from tests.talk import SIMILARITY, Talk, only, talking

FAMILIES = ("bert", "roberta", "distilbert", "albert", "electra", "mpnet")
QUICK = ("torchscript", "onnx-runtime")
"""Tried every day; of the others ``tests.matrix`` tries two families every day."""

OTHERS = tuple(mode for mode in MODES if mode != "eager")
TASKS = {
    "feature-extraction": "FeatureExtraction",
    "text-classification": "SequenceClassification",
    "token-classification": "TokenClassification",
    "question-answering": "QuestionAnswering",
    "fill-mask": "MaskedLM",
    "sentence-similarity": "FeatureExtraction",
}
SHORT = "The cat sat on the mat."
LONG = "My name is Anna and I live in Paris, where the sun is warm and the bread is good. " * 4


@pytest.fixture(params=OTHERS)
def mode(request: pytest.FixtureRequest, talk: Talk) -> str:
    """Each mode that can run on this computer."""
    cards = next(event.modes for event in talk.heard if isinstance(event, Catalogue))
    card = next(card for card in cards if card.id == request.param)
    if not card.available:
        pytest.skip(card.reason)
    return card.id


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


def fields_of(task: str, text: str) -> dict[str, Any]:
    if task == "question-answering":
        return {"question": "Where do I live?", "context": text}
    if task == "sentence-similarity":
        return {"source_sentence": text, "sentences": [SHORT, LONG[:50], "x"]}
    return {"inputs": text + " It is [MASK]." if task == "fill-mask" else text}


def agrees(talk: Talk, folder: Path, task: str, mode: str, text: str) -> None:
    events = talk.run(folder, task, mode, fields_of(task, text), calls=3, check="always")
    report = only(events, Finished).report

    assert report is not None
    assert report.mode_executed == mode, report.notices
    assert report.agreement is not None
    assert report.agreement.verdict == "identical", (task, report.agreement)
    assert only(events, Answer).result.value


@pytest.mark.parametrize("mode", QUICK)
@pytest.mark.parametrize("family", FAMILIES)
def test_family_answers_as_eager_does(talk: Talk, tiny: Callable[[str, str], Path], family: str, mode: str) -> None:
    for text in (SHORT, LONG):
        agrees(talk, tiny(family, "SequenceClassification"), "text-classification", mode, text)


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(len(FAMILIES)))
def test_every_task_in_every_mode(talk: Talk, tiny: Callable[[str, str], Path], turn: int, mode: str) -> None:
    """Each task and each family once in each mode; ``tests.matrix`` has all families at all precisions."""
    task = tuple(TASKS)[turn]
    family = FAMILIES[(turn + OTHERS.index(mode)) % len(FAMILIES)]
    for text in (SHORT, LONG):
        agrees(talk, tiny(family, TASKS[task]), task, mode, text)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_of_one_family(talk: Talk, tiny: Callable[[str, str], Path], task: str) -> None:
    agrees(talk, tiny("bert", TASKS[task]), task, "torchscript", SHORT)


@pytest.mark.parametrize(
    "mode",
    [pytest.param(mode, marks=() if mode in QUICK else pytest.mark.slow) for mode in OTHERS],
    indirect=True,
)
def test_starter_answers_as_eager_does(talk: Talk, starter_folder: Path, mode: str) -> None:
    for fields in (SIMILARITY, {"source_sentence": LONG, "sentences": [SHORT, LONG]}):
        events = talk.run(starter_folder, "sentence-similarity", mode, fields, calls=3, check="always", ratio=True)
        report = only(events, Finished).report

        assert report is not None
        assert report.mode_executed == mode
        assert report.agreement is not None
        assert report.agreement.verdict == "identical"
        assert report.ratio is not None
        assert report.ratio.n == 5
        assert report.ratio.value == pytest.approx(report.ratio.eager_ms / report.ratio.mode_ms)


def test_what_one_mode_keeps_ready_outlives_another_modes_preparation(
    talk: Talk, tiny: Callable[[str, str], Path]
) -> None:
    for mode in ("torchscript", "onnx-runtime", "openvino", "better-transformer", "torchscript", "onnx-runtime"):
        agrees(talk, tiny("electra", "SequenceClassification"), "text-classification", mode, SHORT)


def test_a_tokenizer_may_come_from_another_model(talk: Talk, tiny: Callable[[str, str], Path], tmp_path: Path) -> None:
    import shutil

    whole = tiny("roberta", "QuestionAnswering")
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copy(whole / name, bare / name)
    fields = fields_of("question-answering", LONG)
    with_own = talk.run(whole, "question-answering", "eager", fields, calls=3)
    with_other = talk.run(bare, "question-answering", "eager", fields, calls=3, tokenizer=str(whole))

    assert only(with_other, Answer).result == only(with_own, Answer).result


def test_long_context_is_read_in_windows(talk: Talk, tiny: Callable[[str, str], Path]) -> None:
    fields = {"question": "Where do I live?", "context": LONG * 20}
    events = talk.run(tiny("bert", "QuestionAnswering"), "question-answering", "onnx-runtime", fields, check="always")
    report, answer = only(events, Finished).report, only(events, Answer).result.value

    assert report is not None
    assert report.agreement is not None
    assert report.agreement.verdict == "identical"
    assert fields["context"][answer["start"] : answer["end"]] == answer["answer"]
