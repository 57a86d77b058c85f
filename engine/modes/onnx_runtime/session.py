"""A session on a graph, called like the Transformers model."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.evidence import onnx_graph
from engine.evidence.told import Told
from engine.mode import FP32, Events, Job, refusing, tensors
from engine.models.load import clean_config
from engine.models.tensors import Inputs, Outputs
from engine.wire.errors import NotForThisModel
from engine.wire.messages import Notice

MODE = "onnx-runtime"
TITLE = "ONNX Runtime"

LEVELS = {
    "all": "ORT_ENABLE_ALL",
    "extended": "ORT_ENABLE_EXTENDED",
    "basic": "ORT_ENABLE_BASIC",
    "off": "ORT_DISABLE_ALL",
}

_WARM_CALLS = 2
_PROFILED_CALLS = 5


class OnnxModel:
    """``ORTModelFor...`` on a session of ours."""

    mode = MODE

    def __init__(self, job: Job, graph: Path, notices: tuple[Notice, ...] = ()) -> None:
        """Opens ``graph`` and calls it once with the sample, in the profiler: that tells the precision executed.

        ``notices`` hold for every run of it. Raises NotForThisModel.
        """
        self._job = job
        self._graph = graph
        with refusing(TITLE, job.facts):
            self._model, outputs, executed = _profiled(job, graph, lambda model: tensors(model(**job.sample)))
        if any(str(output.dtype) != "torch.float32" for output in outputs.values()):
            raise NotForThisModel(f"The ONNX graph of {job.facts.folder.name} is not in full precision (fp32).")
        self._names = _names(self._model.session, outputs)
        self.precision = onnx_graph.precision_of(executed)
        self._notices = (*notices, *_told(job.precision, self.precision))

    def adapt(self, inputs: Inputs) -> Events:
        yield from self._notices

    def __call__(self, **inputs: Any) -> Outputs:
        """Straight to the session where Optimum's class has nothing to add: its checks take 20 us of a call."""
        import torch

        given, returned = self._names
        if not given or not inputs.keys() >= given:
            return tensors(self._model(**inputs))
        values = self._model.session.run(returned, {name: inputs[name].numpy() for name in given})
        return dict(zip(returned, map(torch.from_numpy, values), strict=True))

    def explain(self, inputs: Inputs) -> Told:
        """By a second session, since a profile is of a whole session and slows it."""

        def call(model: Any) -> None:
            for _ in range(_WARM_CALLS + _PROFILED_CALLS):
                model(**inputs)

        with refusing(TITLE, self._job.facts):
            _, _, executed = _profiled(self._job, self._graph, call, _WARM_CALLS)
        return onnx_graph.told(executed, _PROFILED_CALLS)

    def close(self) -> None:
        self._model = None


def _names(session: Any, outputs: Outputs) -> tuple[frozenset[str], tuple[str, ...]]:
    """Of the graph's inputs and of those of its outputs that Optimum's class returns; none where it converts them."""
    given, returned = session.get_inputs(), {output.name for output in session.get_outputs()}
    if any(each.type != "tensor(int64)" for each in given) or not outputs.keys() <= returned:
        return frozenset(), ()
    return frozenset(each.name for each in given), tuple(outputs)


def _profiled(
    job: Job, graph: Path, call: Callable[[Any], Any], skipped_calls: int = 0
) -> tuple[Any, Any, list[onnx_graph.Operator]]:
    """A model, what ``call`` returned of it, and what ran meanwhile. The profiler is off afterwards, its file gone."""
    import optimum.onnxruntime

    with tempfile.TemporaryDirectory(prefix="fastpath-profile-") as folder:
        session = _open(graph, job, Path(folder) / "profile")
        try:
            # Input/output binding saves nothing on a CPU: 31.03 ms against 30.97 (MiniLM, 128 tokens).
            model_class = getattr(optimum.onnxruntime, f"ORTModelFor{job.auto_class}")
            model = model_class(config=clean_config(job.facts), session=session, use_io_binding=False)
            returned = call(model)
        finally:
            profile = Path(session.end_profiling())
        return model, returned, onnx_graph.operators(profile, skipped_calls)


def _open(graph: Path, job: Job, profile: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = job.threads
    options.inter_op_num_threads = 1
    options.enable_profiling = True
    options.profile_file_prefix = str(profile)
    # By default its threads spin on for 45 ms after a call and take the cores from whatever alternates with it: eager
    # took 65 ms instead of 24 (two threads). Stopping them with each call made ONNX Runtime itself unsteady (p90 of 24
    # to 28 ms against 17 to 19). Spinning for a millisecond, as OpenMP's threads may here, keeps both times.
    options.add_session_config_entry("session.intra_op.spin_duration_us", "1000")
    level = LEVELS[job.options.get("optimization") or "all"]
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _told(asked: str, executed: str) -> tuple[Notice, ...]:
    if executed == asked:
        return ()
    if executed == FP32.id:
        return (Notice(text="ONNX Runtime ran every matrix product in fp32: nothing of int8 was left in its graph."),)
    return (Notice(text=f"The model's own ONNX graph computes in lower precision ({executed})."),)
