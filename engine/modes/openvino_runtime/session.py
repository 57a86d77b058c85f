"""A graph compiled for this CPU, as ``engine.mode.Prepared``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine import task
from engine.evidence import openvino_graph
from engine.evidence.told import Told
from engine.mode import Events, Job
from engine.models.tensors import Inputs, Outputs
from engine.modes.openvino_runtime import graphs, libraries, settings
from engine.modes.openvino_runtime.requests import Requests, fitted
from engine.ragged.parts import TOKEN_OUTPUTS, Parts
from engine.wire.messages import Notice

_STREAMS = 2
"""For texts that run beside each other, each on its share of the threads."""


class Session:
    """Texts that came as one batch can run beside each other (``together``), which ``Ragged`` asks for."""

    mode = graphs.MODE

    def __init__(self, job: Job, graph: Path, compiling: Mapping[str, Any]) -> None:
        """Compiles ``graph`` with the properties ``compiling``, and calls it once with the sample. Raises
        NotForThisModel.
        """
        self._graph = graph
        self._compiling = dict(compiling)
        self._threads = job.threads
        self._token_outputs = TOKEN_OUTPUTS.get(job.auto_class, ())
        self._core = libraries.openvino().Core()
        compiled = self._core.compile_model(graph, "CPU", self._compiling)
        self.precision = settings.executed(job.precision, _hint(compiled))
        self._lacks = job.precision if self.precision != job.precision else ""
        self._requests = Requests(compiled, self._token_outputs)
        self._beside: Requests | None = None
        task.check_outputs(self(**job.sample), job.sample)  # kernels that oneDNN lacks give nothing, and no error

    def adapt(self, inputs: Inputs) -> Events:
        """One graph serves all shapes; kernels for a new one are made within its first call, so that is now."""
        self(**inputs)
        if self._lacks:
            lacks = f"this processor has no instructions for {self._lacks} that it uses"
            yield Notice(text=f"OpenVINO ran at {self.precision}: {lacks}.")

    def __call__(self, **inputs: Any) -> Outputs:
        return self._requests(inputs)

    def together(self, inputs: Inputs, parts: Parts) -> Outputs | None:
        """The parts beside each other on streams of their own; None where that cannot be done."""
        if not self._requests.in_place:
            return None
        if self._threads < _STREAMS:
            return self._requests.together(inputs, parts)
        if self._beside is None:
            compiled = self._core.compile_model(self._graph, "CPU", self._compiling | {"NUM_STREAMS": _STREAMS})
            self._beside = Requests(compiled, self._token_outputs)
        return self._beside.together(inputs, parts)

    def explain(self, inputs: Inputs) -> Told:
        """From the same graph compiled once more, with OpenVINO's counters on."""
        import numpy as np

        profiled = self._compiling | {"PERF_COUNT": "YES", "CACHE_DIR": ""}  # from its cache it has lost the names
        compiled = self._core.compile_model(self._graph, "CPU", profiled)
        request = compiled.create_infer_request()
        names = [port.any_name for port in compiled.inputs]
        given = {name: np.ascontiguousarray(value) for name, value in zip(names, fitted(names, inputs), strict=True)}
        ran = openvino_graph.observed(compiled, lambda: request.infer(given))
        log = openvino_graph.log_of(self._graph, self._compiling, tuple(inputs["input_ids"].shape))
        return openvino_graph.told(ran, log)

    def close(self) -> None:
        self._requests.close()
        if self._beside is not None:
            self._beside.close()
        self._beside = None


def _hint(compiled: Any) -> str:
    """The precision that OpenVINO took: on a CPU without bf16 it takes another than asked."""
    name = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    return str(name)
