"""Plain PyTorch: the model as Transformers runs it. What every other mode is measured against."""

from collections.abc import Generator
from typing import Any

from engine.evidence import torch_kernels
from engine.evidence.told import Told
from engine.mode import (
    FP32,
    Events,
    Fit,
    Job,
    Prepared,
    Unavailable,
    attention_of,
    fits_pytorch,
    no_events,
    stage,
    tensors,
)
from engine.models.facts import ModelFacts
from engine.models.load import load_eager
from engine.models.tensors import Inputs, Outputs
from engine.wire.messages import Event
from engine.wire.values import ModeCard, Option

card = ModeCard(
    id="eager",
    title="None (eager)",
    plain="Plain PyTorch, one operation after another: what the other modes are compared with.",
    precisions=(FP32,),
    options=(
        Option(
            id="attention",
            title="Attention (attn_implementation)",
            plain="sdpa: one fused operation; eager: several. Families without sdpa use eager.",
            choices=("sdpa", "eager"),
        ),
    ),
)


def available() -> Unavailable | None:
    """Always."""
    return None


def fits(facts: ModelFacts, precision: str) -> Fit:
    """Every model with PyTorch weights."""
    return fits_pytorch(facts)


def prepare(job: Job) -> Generator[Event, None, Prepared]:
    """Loads; there is nothing to prepare."""
    attention = "eager" if job.options.get("attention") == "eager" else attention_of(job.facts)
    model = yield from stage("load", lambda: load_eager(job.facts, job.auto_class, attention))
    return _Eager(model)


class _Eager:
    mode = card.id
    precision = FP32.id

    def __init__(self, model: Any) -> None:
        self._model = model

    def adapt(self, inputs: Inputs) -> Events:
        return no_events()

    def __call__(self, **inputs: Any) -> Outputs:
        import torch

        with torch.inference_mode():
            return tensors(self._model(**inputs))

    def explain(self, inputs: Inputs) -> Told:
        return torch_kernels.observe(lambda: self(**inputs))

    def close(self) -> None:
        self._model = None
