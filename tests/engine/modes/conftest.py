"""What the tests of the modes share: models of Transformers' real classes, and inputs for them."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.mode import Job, Mode, Prepared
from engine.models.look import look
from engine.modes import eager
from engine.store.artefacts import Shelf
from engine.wire.messages import Event, Stage

TOLERANCE = 1e-4
FAMILIES = ("bert", "roberta", "distilbert", "albert", "electra", "mpnet")
HEADS = ("FeatureExtraction", "SequenceClassification", "TokenClassification", "QuestionAnswering", "MaskedLM")

MakeJob = Callable[..., Job]


@pytest.fixture(scope="module")
def make_job(tmp_path_factory: pytest.TempPathFactory) -> MakeJob:
    """``make_job(folder, head, sample, **options)``. Artefacts lie in a data folder of the module's own."""
    home = tmp_path_factory.mktemp("home")

    def make(folder: Path, head: str, sample: dict[str, torch.Tensor], **options: str) -> Job:
        facts = look(folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FASTPATH_HOME", str(home))
            shelf = Shelf(facts.content_key, head, "test")
        return Job(
            facts=facts,
            auto_class=head,
            precision="fp32",
            options=options,
            threads=1,
            sample=sample,
            artefacts=shelf,
        )

    return make


def tokens(batch: int, length: int, seed: int = 0) -> dict[str, torch.Tensor]:
    """Random tokens [batch, length] as a tokenizer pads them: each row shorter than the one before."""
    generator = torch.Generator().manual_seed(1000 * seed + 10 * batch + length)
    ids = torch.randint(10, 200, (batch, length), generator=generator)
    mask = torch.ones_like(ids)
    for row in range(1, batch):
        mask[row, length - min(length - 2, row * length // (batch + 1)) :] = 0
    return {"input_ids": ids, "attention_mask": mask}


def for_family(inputs: dict[str, torch.Tensor], folder: Path) -> dict[str, torch.Tensor]:
    """With the family's own padding id, and token types where it has them."""
    config = look(folder).config
    ids = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, config["pad_token_id"])
    types = {"token_type_ids": torch.zeros_like(ids)} if config.get("type_vocab_size", 0) > 1 else {}
    return inputs | {"input_ids": ids} | types


def run(events: Generator[Event, None, Any]) -> tuple[list[Event], Any]:
    """All events of a generator, and what it returned."""
    heard: list[Event] = []
    while True:
        try:
            heard.append(next(events))
        except StopIteration as done:
            return heard, done.value


def stages(events: list[Event]) -> list[str]:
    """The names of the stages that ended, in their order."""
    return [event.stage for event in events if isinstance(event, Stage) and event.seconds is not None]


def prepared(mode: Mode, job: Job) -> Prepared:
    return run(mode.prepare(job))[1]


def reference(job: Job) -> Prepared:
    return prepared(eager, job)


def assert_agrees(expected: Any, got: Any, inputs: dict[str, torch.Tensor]) -> None:
    """Same names (a mode may leave out a pooled output), same shapes, and the same numbers to 1e-4."""
    assert got
    assert set(got) <= set(expected)
    assert expected.keys() - got.keys() <= {"pooler_output"}
    assert len(next(iter(got.values()))) == len(inputs["input_ids"])
    for name, value in got.items():
        assert value.shape == expected[name].shape, name
        assert (value - expected[name]).abs().max() <= TOLERANCE, name
        assert value.std() > 0, name
