"""ONNX Runtime, through Optimum: the model exported once to an ONNX graph, which ONNX Runtime optimises.

A model that brings its own graph (model.onnx) runs that one. Neither Optimum nor Transformers reads the folder
of the model by itself here: the export starts from our loaded model, the configuration is the cleaned one.
"""

from collections.abc import Generator
from pathlib import Path
from typing import Any

from engine.evidence.told import Told
from engine.mode import (
    FP32,
    Events,
    Fit,
    Job,
    Prepared,
    Unavailable,
    attention_of,
    fits_graph,
    refusing,
    stage,
    tensors,
    tracing_quietly,
)
from engine.models.facts import ModelFacts
from engine.models.load import clean_config, load_eager
from engine.models.onnx_data import require_inside
from engine.models.tensors import Inputs, Outputs
from engine.wire.errors import NotForThisModel
from engine.wire.messages import Event, Notice
from engine.wire.values import ModeCard, Option

card = ModeCard(
    id="onnx-runtime",
    title="ONNX Runtime",
    plain="Turns the model into an ONNX graph, kept for the next time, which ONNX Runtime joins and runs.",
    precisions=(FP32,),
    options=(
        Option(
            id="optimization",
            title="Graph optimisation (graph_optimization_level)",
            plain="How far ONNX Runtime may join and replace operations before it runs the graph.",
            choices=("all", "extended", "basic", "off"),
        ),
    ),
)

_LEVELS = {
    "all": "ORT_ENABLE_ALL",
    "extended": "ORT_ENABLE_EXTENDED",
    "basic": "ORT_ENABLE_BASIC",
    "off": "ORT_DISABLE_ALL",
}
_EXPORT_TASKS = {
    "FeatureExtraction": "feature-extraction",
    "SequenceClassification": "text-classification",
    "TokenClassification": "token-classification",
    "QuestionAnswering": "question-answering",
    "MaskedLM": "fill-mask",
}
_WITHOUT_EXPORT = frozenset({"xlm-roberta-xl", "roberta-prelayernorm", "ernie"})
"""Families that optimum-onnx 0.1 has no export configuration for."""

_GRAPH = "model.onnx"


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
    """Takes the model's own graph, the one exported before, or exports; then opens a session on it.

    A graph of its own that does not serve the task is passed over where the PyTorch weights are there too.
    Raises NotForThisModel, ModelBroken, UnsafeWeights.
    """
    if job.facts.onnx_file:
        own = job.facts.folder / job.facts.onnx_file
        yield from stage("load", lambda: _check_own(own))
        try:
            return (yield from stage("prepare", lambda: _Session(job, own)))
        except NotForThisModel as error:
            if job.facts.weights == "ONNX":
                raise
            passed_over = Notice(
                text="The model's own ONNX graph does not serve here.", details=error.details or error.what_happened
            )
            yield passed_over
            return (yield from _exported(job, (passed_over,)))
    return (yield from _exported(job))


def _exported(job: Job, notices: tuple[Notice, ...] = ()) -> Generator[Event, None, Prepared]:
    kept = job.artefacts.find(card.id, FP32.id, {})
    if kept is not None:
        yield from stage("load", _import)
        return (yield from stage("prepare", lambda: _Session(job, kept / _GRAPH, notices), cached=True))
    model = yield from stage("load", lambda: _load(job))
    return (yield from stage("prepare", lambda: _Session(job, _export(job, model), notices)))


class _Session:
    """``ORTModelFor...`` on a session of ours."""

    mode = card.id
    precision = FP32.id

    def __init__(self, job: Job, graph: Path, notices: tuple[Notice, ...] = ()) -> None:
        """Opens ``graph`` and calls it once with the sample. ``notices`` hold for every run of it. Raises
        NotForThisModel.
        """
        import optimum.onnxruntime

        self._notices = notices
        model_class = getattr(optimum.onnxruntime, f"ORTModelFor{job.auto_class}")
        with refusing(card.title, job.facts):
            session = _open(graph, job)
            # Input/output binding saves nothing on a CPU: 31.03 ms against 30.97 (MiniLM, 128 tokens).
            self._model: Any = model_class(config=clean_config(job.facts), session=session, use_io_binding=False)
            outputs = self(**job.sample)
        if any(str(output.dtype) != "torch.float32" for output in outputs.values()):
            raise NotForThisModel(f"The ONNX graph of {job.facts.folder.name} is not in full precision (fp32).")

    def adapt(self, inputs: Inputs) -> Events:
        yield from self._notices

    def __call__(self, **inputs: Any) -> Outputs:
        return tensors(self._model(**inputs))

    def explain(self, inputs: Inputs) -> Told:
        return Told(source="ONNX Runtime", not_provable=("Not read yet.",))

    def close(self) -> None:
        self._model = None


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


def _open(graph: Path, job: Job) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = job.threads
    options.inter_op_num_threads = 1
    # By default its threads spin on for 45 ms after a call and take the cores from whatever alternates with it: eager
    # took 65 ms instead of 24 (two threads). Stopping them with each call made ONNX Runtime itself unsteady (p90 of 24
    # to 28 ms against 17 to 19). Spinning for a millisecond, as OpenMP's threads may here, keeps both times.
    options.add_session_config_entry("session.intra_op.spin_duration_us", "1000")
    level = _LEVELS[job.options.get("optimization") or "all"]
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _export(job: Job, model: Any) -> Path:
    """The exported graph, on the shelf. Raises NotForThisModel."""
    import optimum.exporters.onnx
    from optimum.exporters.tasks import TasksManager

    def write(folder: Path) -> None:
        configure = TasksManager.get_exporter_config_constructor(
            exporter="onnx", model=model, task=_EXPORT_TASKS[job.auto_class], library_name="transformers"
        )
        optimum.exporters.onnx.export(model, configure(model.config), folder / _GRAPH)

    with refusing(card.title, job.facts), tracing_quietly():
        return job.artefacts.keep(card.id, FP32.id, {}, write) / _GRAPH
