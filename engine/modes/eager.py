"""Plain PyTorch: the model as Transformers runs it. What every other mode is measured against."""

from collections.abc import Generator
from typing import Any

from engine.evidence import torch_kernels
from engine.evidence.told import Told
from engine.kernels.passes import GENERATED, Passes, Plain, passes
from engine.kernels.quantized import quantize_linears
from engine.mode import (
    BF16,
    BF16_AUTOCAST,
    FP32,
    INT8_DYNAMIC,
    INT8_STATIC,
    INT8_WEIGHTS,
    NO_CAP_FP32,
    Events,
    Fit,
    Job,
    Prepared,
    Unavailable,
    attention_of,
    fits_bf16,
    fits_pytorch,
    no_events,
    refusing,
    stage,
    tensors,
    without,
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
    precisions=(
        FP32,
        BF16,
        BF16_AUTOCAST,
        INT8_DYNAMIC,
        without(INT8_STATIC, "Its int8 layers find the range of each token as it passes; nothing is calibrated."),
        without(INT8_WEIGHTS, "Its int8 layers take the activations in 8 bits too."),
    ),
    capped=("bf16", "bf16-autocast", "int8-dynamic"),
    no_cap=NO_CAP_FP32,
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
    fit = fits_pytorch(facts)
    return fits_bf16(fit) if precision in (BF16.id, BF16_AUTOCAST.id) else fit


def prepare(job: Job) -> Generator[Event, None, Prepared]:
    """Loads; in int8 replaces the linear layers of the body, heads stay as they are. Raises NotForThisModel."""
    attention = "eager" if job.options.get("attention") == "eager" else attention_of(job.facts)
    weights = BF16.id if job.precision == BF16.id else FP32.id
    model = yield from stage("load", lambda: load_eager(job.facts, job.auto_class, attention, weights))
    prepared = _Eager(model, job.precision)
    if job.precision == INT8_DYNAMIC.id:
        yield from stage("prepare", lambda: _quantize(job, model, prepared))
    return prepared


def _quantize(job: Job, model: Any, prepared: "_Eager") -> None:
    """Calls once too: some families read the weights of their layers by other ways than calling them."""
    prepared.passes = passes()
    quantize_linears(model.base_model, prepared.passes)
    with refusing("int8 in plain PyTorch", job.facts):
        prepared(**{name: value[:1, :16] for name, value in job.sample.items()})


class _Eager:
    mode = card.id

    def __init__(self, model: Any, precision: str) -> None:
        self._model = model
        self.precision = precision
        self.passes: Passes = Plain()

    def adapt(self, inputs: Inputs) -> Events:
        return no_events()

    def __call__(self, **inputs: Any) -> Outputs:
        import torch

        autocast = torch.autocast("cpu", torch.bfloat16, enabled=self.precision == BF16_AUTOCAST.id)
        with torch.inference_mode(), autocast:
            return tensors(self._model(**inputs))

    def explain(self, inputs: Inputs) -> Told:
        with self.passes.watched():
            return torch_kernels.observe(lambda: self(**inputs), GENERATED)

    def close(self) -> None:
        self._model = None
