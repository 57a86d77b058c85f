"""ONNX Runtime, through Optimum: the model exported once to an ONNX graph, which ONNX Runtime optimises.

A model that brings its own graph (model.onnx) runs that one. Neither Optimum nor Transformers reads the folder
of the model by itself here: the export starts from our loaded model, the configuration is the cleaned one.
"""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec

from engine.measure import memory
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
    attention_of,
    fits_graph,
    refusing,
    stage,
    tracing_quietly,
    without,
)
from engine.models.facts import ModelFacts
from engine.models.load import load_eager
from engine.models.onnx_data import require_inside
from engine.models.tensors import Inputs
from engine.modes.onnx_runtime import exporting, quantising
from engine.modes.onnx_runtime.session import LEVELS, MODE, TITLE, OnnxModel
from engine.ragged import Ragged
from engine.wire.errors import NotForThisModel
from engine.wire.messages import Event, Notice
from engine.wire.values import ModeCard, Option

_NO_BF16 = "ONNX Runtime has no bf16 kernels for CPUs."

card = ModeCard(
    id=MODE,
    title=TITLE,
    plain="Turns the model into an ONNX graph, kept for the next time, which ONNX Runtime joins and runs.",
    precisions=(
        FP32,
        without(BF16, _NO_BF16),
        without(BF16_AUTOCAST, _NO_BF16),
        # Smoothed by what texts showed, and judged on them: here every int8 hangs on the texts.
        msgspec.structs.replace(INT8_DYNAMIC, calibrated=True),
        INT8_STATIC,
        msgspec.structs.replace(INT8_WEIGHTS, calibrated=True),
    ),
    no_cap="ONNX Runtime has no switch for the instructions that it uses.",
    options=(
        Option(
            id="optimization",
            title="Graph optimisation (graph_optimization_level)",
            plain="How far ONNX Runtime may join and replace operations before it runs the graph.",
            choices=tuple(LEVELS),
        ),
    ),
)

_WITHOUT_EXPORT = frozenset({"xlm-roberta-xl", "roberta-prelayernorm", "ernie"})
"""Families that optimum-onnx 0.1 has no export configuration for."""

_GRAPH = quantising.GRAPH


def available() -> Unavailable | None:
    """Always: it is installed with Fastpath."""
    return None


def fits(facts: ModelFacts, precision: str) -> Fit:
    """Models with a graph of their own, or of a family that Optimum exports."""
    if facts.onnx_file:
        return Fit()
    if facts.model_type in _WITHOUT_EXPORT:
        return Fit("no", f"Optimum cannot export models of the family {facts.model_type} to ONNX.")
    return fits_graph(facts)


def prepare(job: Job) -> Generator[Event, None, Prepared]:
    """Takes the model's own graph, the one exported before, or exports; in int8 the one quantised before, or
    quantises; then opens a session on it.

    A graph of its own that does not serve the task is passed over where the PyTorch weights are there too.
    Raises NotForThisModel, ModelBroken, UnsafeWeights, BadInput.
    """
    texts = quantising.rows(job)
    if job.facts.onnx_file:
        own = job.facts.folder / job.facts.onnx_file
        yield from stage("load", lambda: _check_own(own))
        try:
            return (yield from _opened(job, own, texts, "own"))
        except NotForThisModel as error:
            if job.facts.weights == "ONNX":
                raise
            passed_over = Notice(
                text="The model's own ONNX graph does not serve here.", details=error.details or error.what_happened
            )
            yield passed_over
            return (yield from _from_weights(job, texts, (passed_over,)))
    return (yield from _from_weights(job, texts))


def _from_weights(
    job: Job, texts: tuple[Inputs, ...], notices: tuple[Notice, ...] = ()
) -> Generator[Event, None, Prepared]:
    quantised = job.precision != FP32.id and quantising.kept(job, texts, "exported")
    exported = job.artefacts.find(card.id, FP32.id, {})
    if quantised or exported is not None:
        yield from stage("load", _import)
        graph = exported / _GRAPH if exported else Path()
        return (yield from _opened(job, graph, texts, "exported", notices, cached=True))
    box = [(yield from stage("load", lambda: _load(job)))]
    if job.precision == FP32.id:
        return (yield from stage("prepare", lambda: _ready(job, _export(job, box.pop()), notices)))
    # The box is empty afterwards: PyTorch's weights are gone before ONNX Runtime holds its own.
    graph = yield from stage("prepare", lambda: _export(job, box.pop()))
    memory.give_back()
    return (yield from _opened(job, graph, texts, "exported", notices))


def _opened(
    job: Job,
    graph: Path,
    texts: tuple[Inputs, ...],
    origin: str,
    notices: tuple[Notice, ...] = (),
    cached: bool = False,
) -> Generator[Event, None, Prepared]:
    """``graph``: in fp32. ``cached``: nothing is exported for it in this run."""
    if job.precision == FP32.id:
        return (yield from stage("prepare", lambda: _ready(job, graph, notices), cached=cached))
    kept = quantising.kept(job, texts, origin)
    if kept is not None:
        return (yield from stage("prepare", lambda: _ready_int8(job, kept, notices), cached=True))

    def quantise() -> Prepared:
        with refusing(TITLE, job.facts):
            folder = quantising.quantised(job, graph, texts, origin)
        return _ready_int8(job, folder, notices)

    return (yield from stage("prepare", quantise))


def _ready_int8(job: Job, folder: Path, notices: tuple[Notice, ...]) -> Prepared:
    report = quantising.report(folder)
    if report.kept_fp32:
        told = (
            f"{report.kept_fp32} of {report.products} matrix products stay in fp32, since in int8 they change answers."
        )
        notices = (*notices, Notice(text=told))
    return _ready(job, folder / _GRAPH, notices)


def _ready(job: Job, graph: Path, notices: tuple[Notice, ...]) -> Prepared:
    # Dynamically, one scale serves a whole tensor and so every text in it: a batch brought a text to a cosine of 0.987.
    return Ragged(OnnxModel(job, graph, notices), job, apart=job.precision == INT8_DYNAMIC.id)


def _import() -> None:
    """Seconds of imports belong to loading, not to preparing."""
    import optimum.onnxruntime

    optimum.onnxruntime.ORTModelForFeatureExtraction  # noqa: B018 - its modules come with the first class


def _load(job: Job) -> Any:
    _import()
    return load_eager(job.facts, job.auto_class, attention_of(job.facts))


def _check_own(graph: Path) -> None:
    _import()
    require_inside(graph)


def _export(job: Job, model: Any) -> Path:
    """The exported graph, on the shelf. Raises NotForThisModel."""

    def write(folder: Path) -> None:
        exporting.export(model, job.auto_class, folder / _GRAPH)

    with refusing(card.title, job.facts), tracing_quietly():
        return job.artefacts.keep(card.id, FP32.id, {}, write) / _GRAPH
