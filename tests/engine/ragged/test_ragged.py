"""The wrapper: answers as the model does, whatever runs; measures once; takes the faster way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.evidence.told import Told
from engine.mode import Events, no_events
from engine.models.tensors import Inputs, Outputs
from engine.modes import eager
from engine.ragged import Ragged
from engine.wire.messages import Notice, Stage
from tests.engine.modes.trying import HEADS, prepared, tokens
from tests.engine.ragged.conftest import Clock, MakeJob

Tiny = Callable[[str, str], Path]

LENGTHS = (30, 4, 9, 30, 3, 5)


def ragged_batch(folder: Path, lengths: tuple[int, ...] = LENGTHS) -> dict[str, torch.Tensor]:
    batch = tokens(folder, len(lengths), max(lengths))
    mask = torch.zeros_like(batch["input_ids"])
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
    return batch | {"attention_mask": mask, "input_ids": batch["input_ids"].clamp(min=10) * mask}


class Counting:
    """A prepared model whose calls cost what they are told to, and are counted."""

    def __init__(
        self, inner: Any, clock: Clock, call_ms: float = 0.0, token_ms: float = 0.0, only: int | None = None
    ) -> None:
        self.mode, self.precision = inner.mode, inner.precision
        self.inner, self.clock, self.call_ms, self.token_ms, self.only = inner, clock, call_ms, token_ms, only
        self.shapes: list[tuple[int, ...]] = []
        self.adapted: list[tuple[int, ...]] = []

    def adapt(self, inputs: Inputs) -> Events:
        self.adapted.append(tuple(inputs["input_ids"].shape))
        return no_events()

    def __call__(self, **inputs: Any) -> Outputs:
        ids = inputs["input_ids"]
        if self.only is not None and len(ids) != self.only:
            raise RuntimeError("this graph is for one shape alone")
        self.shapes.append(tuple(ids.shape))
        self.clock.now_ms += self.call_ms + self.token_ms * ids.numel()
        outputs: Outputs = self.inner(**inputs)
        return outputs

    def explain(self, inputs: Inputs) -> Told:
        return Told(source="a test", details=f"explained {tuple(inputs['input_ids'].shape)}")

    def close(self) -> None:
        self.inner.close()


def assert_same_texts(expected: Outputs, got: Outputs, mask: torch.Tensor) -> None:
    assert set(got) == set(expected)
    for name, value in got.items():
        assert value.shape == expected[name].shape
        kept = mask.bool() if value.shape[:2] == mask.shape else ...
        assert (value[kept] - expected[name][kept]).abs().max() < 1e-5


@pytest.mark.parametrize("head", HEADS)
def test_answers_as_the_padded_batch_does(tiny: Tiny, make_job: MakeJob, clock: Clock, head: str) -> None:
    folder = tiny("bert", head)
    batch = ragged_batch(folder)
    job = make_job(folder, head, batch)
    _, plain = prepared(eager, job)
    model = Ragged(Counting(plain, clock, call_ms=0.1, token_ms=0.2), job)
    expected = plain(**batch)
    assert torch.equal(next(iter(model(**batch).values())), next(iter(expected.values())))  # not adapted: padded
    list(model.adapt(batch))
    got = model(**batch)

    assert_same_texts(expected, got, batch["attention_mask"])
    assert all(value.dtype == torch.float32 for value in got.values())


def test_takes_groups_of_like_length_where_they_are_fastest(tiny: Tiny, make_job: MakeJob, clock: Clock) -> None:
    folder = tiny("bert", "TokenClassification")
    batch = ragged_batch(folder)
    job = make_job(folder, "TokenClassification", batch)
    _, plain = prepared(eager, job)
    inner = Counting(plain, clock, call_ms=4.0, token_ms=0.2)
    model = Ragged(inner, job)
    events = list(model.adapt(batch))
    inner.shapes.clear()
    model(**batch)

    assert sum(rows for rows, _ in inner.shapes) == len(LENGTHS)
    assert 1 < len(inner.shapes) < len(LENGTHS)
    assert set(inner.shapes) <= set(inner.adapted)
    assert any(isinstance(event, Notice) for event in events)
    assert "parts" in model.explain(batch).details
    assert "explained (2, 30)" in model.explain(batch).details


def test_runs_padded_where_parts_are_slower(tiny: Tiny, make_job: MakeJob, clock: Clock) -> None:
    folder = tiny("distilbert", "TokenClassification")
    batch = ragged_batch(folder)
    job = make_job(folder, "TokenClassification", batch)
    _, plain = prepared(eager, job)
    inner = Counting(plain, clock, call_ms=20.0)
    model = Ragged(inner, job)
    events = list(model.adapt(batch))
    inner.shapes.clear()
    model(**batch)

    assert inner.shapes == [(6, 30)]
    assert not any(isinstance(event, Notice) for event in events)
    assert "runs padded" in model.explain(batch).details


def test_what_was_measured_is_kept_on_disk(tiny: Tiny, make_job: MakeJob, clock: Clock) -> None:
    folder = tiny("roberta", "TokenClassification")
    batch = ragged_batch(folder)
    job = make_job(folder, "TokenClassification", batch)
    _, plain = prepared(eager, job)
    list(Ragged(Counting(plain, clock, token_ms=0.2), job).adapt(batch))
    inner = Counting(plain, clock, token_ms=0.2)
    model = Ragged(inner, job)
    events = list(model.adapt(batch))

    assert inner.shapes == []  # adapted, and not called
    assert not any(isinstance(event, Stage) for event in events)
    model(**batch)
    assert len(inner.shapes) > 1


def test_little_padding_is_not_measured(tiny: Tiny, make_job: MakeJob, clock: Clock) -> None:
    folder = tiny("bert", "TokenClassification")
    batch = ragged_batch(folder, (30, 29, 28, 27))
    job = make_job(folder, "TokenClassification", batch)
    _, plain = prepared(eager, job)
    inner = Counting(plain, clock)
    model = Ragged(inner, job)
    list(model.adapt(batch))

    assert inner.shapes == []
    assert inner.adapted == [(4, 30)]


def test_a_graph_for_one_shape_alone_runs_padded(tiny: Tiny, make_job: MakeJob, clock: Clock) -> None:
    folder = tiny("albert", "TokenClassification")
    batch = ragged_batch(folder)
    job = make_job(folder, "TokenClassification", batch)
    _, plain = prepared(eager, job)
    model = Ragged(Counting(plain, clock, token_ms=0.2, only=6), job)
    list(model.adapt(batch))

    assert torch.equal(model(**batch)["logits"], plain(**batch)["logits"])


def test_a_model_that_mixes_texts_with_their_padding_is_not_cut(tiny: Tiny, make_job: MakeJob, clock: Clock) -> None:
    folder = tiny("electra", "TokenClassification")
    batch = ragged_batch(folder)
    job = make_job(folder, "TokenClassification", batch)
    _, plain = prepared(eager, job)

    class Mixing(Counting):
        def __call__(self, **inputs: Any) -> Outputs:
            outputs = super().__call__(**inputs)
            return {name: value + 0.01 * inputs["input_ids"].shape[1] for name, value in outputs.items()}

    inner = Mixing(plain, clock, token_ms=0.2)
    model = Ragged(inner, job)
    list(model.adapt(batch))
    inner.shapes.clear()
    model(**batch)

    assert inner.shapes == [(6, 30)]
