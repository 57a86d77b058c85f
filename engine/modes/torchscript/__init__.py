"""TorchScript: the model traced into a fixed graph, whose operations oneDNN fuses; and that graph as a program.

``traced`` is what runs here; ``program`` what is saved for others; ``graph`` how both are recorded.
"""

import contextlib
from collections.abc import Generator
from typing import BinaryIO

from engine.mode import (
    BF16,
    BF16_AUTOCAST,
    FP32,
    INT8_DYNAMIC,
    INT8_STATIC,
    INT8_WEIGHTS,
    NO_CAP_FP32,
    Fit,
    Job,
    Prepared,
    Unavailable,
    attention_of,
    fits_bf16,
    fits_graph,
    stage,
    without,
)
from engine.models.facts import ModelFacts
from engine.models.load import load_eager
from engine.modes.torchscript import program
from engine.modes.torchscript.traced import Traced
from engine.ragged import Ragged
from engine.wire.messages import Event
from engine.wire.values import ModeCard

card = ModeCard(
    id="torchscript",
    title="TorchScript",
    plain="Records the model once as a fixed graph and joins its operations; ready in a second or two.",
    precisions=(
        FP32,
        BF16,
        without(
            BF16_AUTOCAST,
            "A trace holds each of autocast's conversions as an operation of its own; bf16 does without them.",
        ),
        without(
            INT8_DYNAMIC,
            "PyTorch's int8 layers for TorchScript scale a whole tensor by one number, which changes the answers of "
            "small models (cosine 0.79 on MiniLM).",
        ),
        without(INT8_STATIC, "PyTorch's calibration for TorchScript is deprecated, and no longer looked after."),
        without(INT8_WEIGHTS, "oneDNN's fusion in TorchScript has no product with int8 weights."),
    ),
    capped=("bf16",),
    no_cap=NO_CAP_FP32,
    offers=("export",),
)


_MOST_GROUPS = 4
"""Of a ragged batch. Each needs a trace, which takes a second or more; eight texts of 16 to 128 tokens are 1,024 tokens
padded, 688 in three groups, 640 in four and 576 singly."""

_TRACES_TO_MEASURE = 2
"""The whole batch and its shortest text."""


def available() -> Unavailable | None:
    """Always: it is a part of PyTorch."""
    return None


def fits(facts: ModelFacts, precision: str) -> Fit:
    """Every model with PyTorch weights that can be traced."""
    fit = fits_graph(facts)
    return fits_bf16(fit) if precision == BF16.id else fit


def prepare(job: Job) -> Generator[Event, None, Prepared]:
    """Loads, and traces for the sample's shape. Raises NotForThisModel where tracing fails."""
    attention = attention_of(job.facts)
    model = yield from stage("load", lambda: load_eager(job.facts, job.auto_class, attention, job.precision))
    inner = Traced(job, model)
    groups = min(_MOST_GROUPS, inner.most_traces - _TRACES_TO_MEASURE)
    prepared = Ragged(inner, job, most_groups=groups, singly=False) if groups > 1 else inner
    yield from prepared.adapt(job.sample)
    return prepared


def export(job: Job) -> Generator[Event, None, tuple[BinaryIO, str]]:
    """The model as a program: the content of its file, and how it is run, in a sentence. Raises NotForThisModel."""
    attention = attention_of(job.facts)
    model = yield from stage("load", lambda: load_eager(job.facts, job.auto_class, attention, job.precision))
    with contextlib.ExitStack() as until_given:  # the caller may go no further
        content = yield from stage("prepare", lambda: until_given.enter_context(program.program_of(job, model)))
        until_given.pop_all()
        return content, program.HOW
