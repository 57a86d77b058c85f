"""The graph of a model: found on the shelf, or made from our loaded model (or its own ONNX graph) and put there."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.measure import memory
from engine.mode import (
    BF16,
    FP32,
    INT8_DYNAMIC,
    INT8_STATIC,
    INT8_WEIGHTS,
    Job,
    attention_of,
    refusing,
    tracing_quietly,
)
from engine.models.load import load_eager
from engine.models.onnx_data import require_inside
from engine.modes.openvino_runtime import calibrated, libraries
from engine.modes.openvino_runtime.converting import converted
from engine.wire.errors import NotForThisModel

MODE = "openvino"
TITLE = "OpenVINO"

Place = Path
"""The graph's file; its weights lie beside it."""

_FILE = "model.xml"
_ALIKE = {FP32.id: BF16.id, BF16.id: FP32.id, INT8_DYNAMIC.id: INT8_WEIGHTS.id, INT8_WEIGHTS.id: INT8_DYNAMIC.id}
"""Precisions that run the same graph, compiled otherwise."""
_OUTPUTS = {"FeatureExtraction": ("last_hidden_state",), "QuestionAnswering": ("start_logits", "end_logits")}


def kept(job: Job) -> Place | None:
    """The graph of an earlier run, at this precision or one that runs the same."""
    options = _options(job)
    found = job.artefacts.find(MODE, job.precision, options)
    if found is not None:
        return found / _FILE
    alike = _ALIKE.get(job.precision)
    other = job.artefacts.find(MODE, alike, options) if alike else None
    if other is None:
        return None
    return job.artefacts.keep(MODE, job.precision, options, lambda folder: _link(other, folder)) / _FILE


def source(job: Job) -> Any:
    """What a graph is made from: the full graph of an earlier run, the model's own ONNX graph, or our loaded model.

    Raises NotForThisModel, ModelBroken, UnsafeWeights.
    """
    libraries.load()
    openvino = libraries.openvino()
    if job.precision in (INT8_DYNAMIC.id, INT8_STATIC.id, INT8_WEIGHTS.id):
        libraries.nncf()
        full = job.artefacts.find(MODE, FP32.id, {})
        if full is not None:
            return openvino.Core().read_model(full / _FILE)
    if job.facts.weights == "ONNX":
        return _own(job, openvino)
    return load_eager(job.facts, job.auto_class, attention_of(job.facts))


def make(job: Job, sources: list[Any]) -> Place:
    """Makes a graph of the one thing in ``sources`` (taken out, so that nobody holds it for longer than it is needed),
    quantises it where the precision asks for it, and puts it on the shelf. Raises NotForThisModel, BadInput.
    """
    openvino = libraries.openvino()

    def write(folder: Path) -> None:
        sources.append(_graph(job, openvino, sources.pop()))
        quantised = _quantised(job, sources)
        openvino.save_model(quantised, folder / _FILE, compress_to_fp16=False)

    with refusing(TITLE, job.facts):
        return job.artefacts.keep(MODE, job.precision, _options(job), write) / _FILE


def _graph(job: Job, openvino: Any, source: Any) -> Any:
    if isinstance(source, openvino.Model):
        return source
    with tracing_quietly():
        graph = converted(openvino, source, job.auto_class)
    del source
    memory.give_back()  # the trace and the model hold each other, and quantising needs their room
    return graph


def has_logarithm(graph: Place) -> bool:
    """Whether distances are sorted into buckets by a logarithm, as DeBERTa-v2 and MPNet do: bf16 rounds some of them
    across a whole number, and so into another bucket (tried: cosines of 0.97).
    """
    return b'type="Log"' in graph.read_bytes()


def _options(job: Job) -> Mapping[str, str]:
    return {"calibration": job.calibration.digest} if job.precision == INT8_STATIC.id else {}


def _link(other: Path, folder: Path) -> None:
    """The same files under a second name: nobody writes into them."""
    for file in other.iterdir():
        try:
            os.link(file, folder / file.name)
        except OSError:  # not every file system has links
            shutil.copy(file, folder / file.name)


def _quantised(job: Job, sources: list[Any]) -> Any:
    if job.precision == INT8_STATIC.id:
        return calibrated.quantised(sources.pop(), job.calibration.batches())
    if job.precision in (INT8_DYNAMIC.id, INT8_WEIGHTS.id):
        return calibrated.compressed(sources.pop())
    return sources.pop()


def _own(job: Job, openvino: Any) -> Any:
    """The model's ONNX graph. Its outputs must be those of the task."""
    file = job.facts.folder / job.facts.onnx_file
    require_inside(file)
    with refusing(TITLE, job.facts):
        graph = openvino.Core().read_model(file)
        names = {name for port in graph.outputs for name in port.get_names()}
    wanted = _OUTPUTS.get(job.auto_class, ("logits",))
    if not names.issuperset(wanted):
        raise NotForThisModel(
            f"The ONNX graph of {job.facts.folder.name} does not give {' and '.join(wanted)}.",
            "Pick another task or another model.",
        )
    if any(str(port.get_element_type()) != "<Type: 'float32'>" for port in graph.outputs):
        raise NotForThisModel(f"The ONNX graph of {job.facts.folder.name} is not in full precision (fp32).")
    return graph
