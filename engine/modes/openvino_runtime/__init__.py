"""OpenVINO: the model as one graph, compiled for this CPU and called without anything in between.

The graph is made from our loaded model by Optimum Intel's exporter: neither Optimum nor Transformers reads the person's
folder. It is compiled and called without Optimum: a graph that is kept needs ``openvino`` alone (0.4 s to import
instead of 6.6), and a request takes tensors where they lie. A model that brings only an ONNX graph runs that one.
"""

from collections.abc import Generator

from engine.cpu import read as cpu
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
    refusing,
    stage,
    without,
)
from engine.models.facts import ModelFacts
from engine.modes.openvino_runtime import graphs, libraries, settings
from engine.modes.openvino_runtime.session import Session
from engine.ragged import Ragged
from engine.wire.errors import NotForThisModel
from engine.wire.messages import Event
from engine.wire.values import ModeCard, Option

card = ModeCard(
    id=graphs.MODE,
    title="OpenVINO",
    plain="Turns the model into one graph, kept for the next time, which OpenVINO compiles for this CPU and runs.",
    precisions=(
        FP32,
        BF16,
        without(BF16_AUTOCAST, "OpenVINO chooses operators for bf16 by itself: that is its bf16."),
        INT8_DYNAMIC,
        INT8_STATIC,
        INT8_WEIGHTS,
    ),
    no_cap="OpenVINO keeps to a cap only in parts, and gave empty answers under one.",
    options=(
        Option(
            id="group",
            title="Numbers that share a scale (DYNAMIC_QUANTIZATION_GROUP_SIZE)",
            plain="At int8, dynamic: in how large groups activations become int8. Smaller is nearer, larger is faster.",
            choices=("128", "32", "64", "256", "384"),
        ),
        Option(
            id="beside",
            title="Operators beside the int8 products (INFERENCE_PRECISION_HINT)",
            plain="At int8: what attention and the rest run in. bf16 only where this CPU has instructions for it.",
            choices=("bf16", "fp32"),
        ),
    ),
)


def available() -> Unavailable | None:
    """Always: it is installed with Fastpath."""
    return None


def fits(facts: ModelFacts, precision: str) -> Fit:
    """Models that can be made one graph, and those that bring one. Some precisions need instructions to be fast."""
    fit = Fit() if facts.weights == "ONNX" else fits_graph(facts)
    if precision == BF16.id:
        return fits_bf16(fit)
    if fit.verdict == "fits" and precision == INT8_DYNAMIC.id and not settings.quantises_activations():
        return Fit("slower", "This CPU has no int8 dot products (VNNI), so OpenVINO makes only the weights int8.")
    return fit


def prepare(job: Job) -> Generator[Event, None, Prepared]:
    """Takes the graph kept before or makes one, then compiles it. Raises NotForThisModel, ModelBroken, UnsafeWeights,
    BadInput (texts that cannot calibrate).
    """
    kept = graphs.kept(job)
    if kept is not None:
        yield from stage("load", libraries.load)
        session = yield from stage("prepare", lambda: _session(job, kept), cached=True)
        return Ragged(session, job)
    sources = [(yield from stage("load", lambda: graphs.source(job)))]
    return Ragged((yield from stage("prepare", lambda: _session(job, graphs.make(job, sources)))), job)


def _session(job: Job, graph: graphs.Place) -> Session:
    exact = graphs.has_logarithm(graph)
    if exact and job.precision == BF16.id:
        raise NotForThisModel(
            f"{job.facts.folder.name} sorts distances by a logarithm, which OpenVINO would round in bf16.",
            "Pick another precision or another acceleration.",
        )
    with refusing(card.title, job.facts):
        return Session(job, graph, settings.of(job.precision, job.options, job.threads, cpu.facts(), exact=exact))
