"""Modes tried on real models: inputs as a tokenizer makes them, and a judgement against eager."""

import shutil
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import torch

from engine.mode import Job, Mode, Prepared
from engine.models.look import look
from engine.modes import onnx_runtime
from engine.wire.messages import Event, Stage

TOLERANCE = 1e-4
FAMILIES = ("bert", "roberta", "distilbert", "albert", "electra", "mpnet")
HEADS = ("FeatureExtraction", "SequenceClassification", "TokenClassification", "QuestionAnswering", "MaskedLM")


def tokens(folder: Path, batch: int, length: int) -> dict[str, torch.Tensor]:
    """Random tokens [batch, length] for the model in ``folder``, each row shorter than the one before and padded."""
    config = look(folder).config
    generator = torch.Generator().manual_seed(1000 * batch + length)
    ids = torch.randint(10, 200, (batch, length), generator=generator)
    mask = torch.ones_like(ids)
    for row in range(1, batch):
        mask[row, max(2, length - row * length // (batch + 1)) :] = 0
    ids = ids.masked_fill(mask == 0, config["pad_token_id"])
    types = {"token_type_ids": torch.zeros_like(ids)} if config.get("type_vocab_size", 0) > 1 else {}
    return {"input_ids": ids, "attention_mask": mask} | types


def heard(events: Generator[Event, None, Any]) -> list[Event]:
    """All events of a generator."""
    return list(events)


def ended(events: list[Event]) -> list[Stage]:
    """The stages that ended, in their order."""
    return [event for event in events if isinstance(event, Stage) and event.seconds is not None]


def prepared(mode: Mode, job: Any) -> tuple[list[Event], Prepared]:
    """What ``prepare`` said and returned."""
    events: list[Event] = []
    generator = mode.prepare(job)
    while True:
        try:
            events.append(next(generator))
        except StopIteration as done:
            return events, done.value


def assert_agrees(expected: Any, got: Any, inputs: Mapping[str, torch.Tensor] | None = None) -> None:
    """The same names and shapes, the same numbers to 1e-4, and not all of them alike. Of ``inputs``, what stands at
    their padding counts for nothing: where it is faster it is not computed.
    """
    assert set(got) == set(expected)
    mask = inputs["attention_mask"].bool() if inputs is not None and "attention_mask" in inputs else None
    for name, value in got.items():
        assert value.shape == expected[name].shape, name
        apart = (value - expected[name]).abs()
        if mask is not None and apart.shape[:2] == mask.shape:
            apart = apart[mask]
        assert apart.max() <= TOLERANCE, name
        assert value.numel() == 2 or value.std() > 0, name


def with_own_graph(folder: Path, job: Job, target: Path) -> Path:
    """``target``: a copy of the model's folder that has its fp32 graph as model.onnx, and the PyTorch weights too."""
    import onnx

    prepared(onnx_runtime, job)
    kept = job.artefacts.find("onnx-runtime", "fp32", {})
    assert kept is not None
    shutil.copytree(folder, target)
    onnx.save(onnx.load(kept / "model.onnx"), target / "model.onnx")
    return target
