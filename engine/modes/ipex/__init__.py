"""Intel Extension for PyTorch: its graph optimisation on a traced model, in a runtime of its own.

Recipe: ``ipex.optimize(auto_kernel_selection=True)``, trace, freeze, warm calls (Intel's guide; without
``auto_kernel_selection`` its fp32 fuses no linear layer with what follows). ``recipes`` makes a model ready at each
precision, ``traced`` is what runs.
"""

from collections.abc import Generator

from engine.mode import (
    BF16,
    BF16_AUTOCAST,
    FP32,
    INT8_DYNAMIC,
    INT8_STATIC,
    INT8_WEIGHTS,
    Fit,
    Job,
    Prepared,
    Unavailable,
    fits_bf16,
    fits_graph,
    stage,
    without,
)
from engine.models.facts import ModelFacts
from engine.modes.ipex import recipes
from engine.modes.ipex.traced import Traced
from engine.ragged import Ragged
from engine.runtimes import ipex as runtime
from engine.runtimes.place import Place
from engine.wire.errors import DataFolder
from engine.wire.messages import Event
from engine.wire.values import ModeCard

card = ModeCard(
    id="ipex",
    title="Intel Extension for PyTorch",
    plain="Fuses attention, linear layers and what follows them; an archived library that needs its own PyTorch 2.8.",
    runtime=runtime.ID,
    precisions=(
        FP32,
        BF16,
        without(BF16_AUTOCAST, "IPEX's bf16 already decides by autocast which operations keep full precision."),
        INT8_DYNAMIC,
        INT8_STATIC,
        without(
            INT8_WEIGHTS,
            "IPEX multiplies int8 weights for one token at a time; on whole texts it is slower than fp32 (measured).",
        ),
    ),
    no_cap="No cap was shown to hold in Intel Extension for PyTorch.",
)


def available() -> Unavailable | None:
    """None in the runtime itself, and where it is installed and whole."""
    if runtime.is_here():
        return None
    try:
        damage = runtime.damage(Place(runtime.ID))
    except DataFolder as error:
        return Unavailable(error.what_happened, error.what_to_do)
    if damage is None:
        return Unavailable("It needs an environment of its own, which is not installed.", runtime.INSTALL)
    return Unavailable(damage, runtime.REPAIR) if damage else None


def fits(facts: ModelFacts, precision: str) -> Fit:
    """Every model with PyTorch weights that can be traced."""
    fit = fits_graph(facts)
    return fits_bf16(fit) if precision == BF16.id else fit


def prepare(job: Job) -> Generator[Event, None, Prepared]:
    """Loads, makes ready for the precision, and traces. Raises NotForThisModel, ModeUnavailable."""
    recipes.require()
    model = yield from stage("load", lambda: recipes.load(job))
    inner = yield from stage("prepare", lambda: Traced(job, *recipes.ready(job, model)))
    prepared = Ragged(inner, job)
    yield from prepared.adapt(job.sample)
    return prepared
