"""torch.compile: the model made into C++ by Inductor and compiled on this computer.

``freezing`` makes the weights constants, so that oneDNN gets them packed; ``dynamic=True`` gives one graph
for all lengths, and in fp32 a faster one, because with fixed shapes Inductor packs for MKL instead. There are
two graphs: for one input and for batches. Inductor keeps no frozen graph on disk, only the compiled C++.
"""

from collections.abc import Generator
from typing import Any

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
from engine.modes.torch_compile import compiler
from engine.modes.torch_compile.backends import CHOICES, REFUSED, settings
from engine.modes.torch_compile.compiled import Compiled
from engine.modes.torch_compile.quantized import quantize
from engine.ragged import Ragged
from engine.wire.messages import Event
from engine.wire.values import ModeCard, Option

AUTOTUNE = "autotune"
BACKEND = "backend"

card = ModeCard(
    id="torch-compile",
    title="Compiled (torch.compile)",
    plain="Translates the model to C++ and compiles it for this CPU, which takes its time at every start.",
    precisions=(
        FP32,
        BF16,
        without(
            BF16_AUTOCAST,
            "Compiled, autocast only adds conversions between the joined operations; bf16 does without them.",
        ),
        INT8_DYNAMIC,
        without(
            INT8_STATIC,
            "PyTorch's calibrated int8 wants its own export of the model, which serves no two lengths of text alike.",
        ),
        without(
            INT8_WEIGHTS,
            "Inductor turns int8 weights back into floating point at each call on this kind of CPU: no gain here.",
        ),
    ),
    capped=("bf16", "int8-dynamic"),
    no_cap=NO_CAP_FP32,
    compiles=True,
    options=(
        Option(
            id=AUTOTUNE,
            title="Try more kernels (max-autotune)",
            plain="Has the compiler try several kernels for each product and keep the fastest, which takes minutes.",
            choices=("off", "max"),
        ),
        Option(
            id=BACKEND,
            title="Compiler (backend)",
            plain="What makes code of the captured graph.",
            choices=CHOICES,
            refused=REFUSED,
        ),
    ),
    offers=("show_compiler",),
)


def available() -> Unavailable | None:
    """Needs a C++ compiler and the header files of Python, which the compiled code includes."""
    return compiler.missing()


def fits(facts: ModelFacts, precision: str) -> Fit:
    """Every model with PyTorch weights that can be made one graph."""
    fit = fits_graph(facts)
    return fits_bf16(fit) if precision == BF16.id else fit


def prepare(job: Job) -> Generator[Event, None, Prepared]:
    """Loads, and compiles for the sample. Raises NotForThisModel, ModeUnavailable."""
    model = yield from stage("load", lambda: _loaded(job))
    how = settings(job.options.get(BACKEND, ""), job.options.get(AUTOTUNE, "off") == "max")
    prepared = Ragged(Compiled(job, card.id, card.title, model, how), job)
    yield from prepared.adapt(job.sample)
    return prepared


def _loaded(job: Job) -> Any:
    model = load_eager(job.facts, job.auto_class, attention_of(job.facts), job.precision)
    return quantize(model) if job.precision == INT8_DYNAMIC.id else model
