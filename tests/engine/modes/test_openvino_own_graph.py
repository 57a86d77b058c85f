"""OpenVINO on a model that brings its own ONNX graph."""

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from engine.modes import eager, openvino_runtime
from engine.wire.errors import NotForThisModel, UnsafeWeights
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.near import cosines
from tests.engine.modes.trying import prepared, tokens, with_own_graph

Tiny = Callable[[str, str], Path]


@pytest.fixture
def own_graph(tiny: Tiny, make_job: MakeJob, tmp_path: Path) -> Path:
    """A folder with nothing but an ONNX graph for token classification."""
    folder = tiny("bert", "TokenClassification")
    job = make_job(folder, "TokenClassification", tokens(folder, 1, 11))
    own = with_own_graph(folder, job, tmp_path / "own")
    (own / "model.safetensors").unlink()
    return own


def test_own_graph_is_run(own_graph: Path, make_job: MakeJob, tiny: Tiny) -> None:
    inputs = tokens(own_graph, 3, 24)
    _, reference = prepared(eager, make_job(tiny("bert", "TokenClassification"), "TokenClassification", inputs))
    for precision in ("fp32", "int8-weights"):
        job = make_job(own_graph, "TokenClassification", inputs, precision)
        _, model = prepared(openvino_runtime, job)
        assert openvino_runtime.fits(job.facts, precision).verdict == "fits"
        assert min(cosines("TokenClassification", [inputs], reference, model)) >= (
            0.99 if "int8" in precision else 1 - 1e-6
        )


def test_own_graph_for_another_task_is_refused(own_graph: Path, make_job: MakeJob) -> None:
    with pytest.raises(NotForThisModel, match="start_logits"):
        prepared(openvino_runtime, make_job(own_graph, "QuestionAnswering", tokens(own_graph, 1, 11)))


def test_external_data_from_outside_is_refused(own_graph: Path, make_job: MakeJob) -> None:
    model = onnx.load(own_graph / "model.onnx")
    onnx.save(model, own_graph / "model.onnx", save_as_external_data=True, location="model.data", size_threshold=1000)
    model = onnx.load(own_graph / "model.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = "../secret.data"
    (own_graph / "model.onnx").write_bytes(model.SerializeToString())
    (own_graph / "model.data").rename(own_graph.parent / "secret.data")
    with pytest.raises(UnsafeWeights, match="outside"):
        prepared(openvino_runtime, make_job(own_graph, "TokenClassification", tokens(own_graph, 1, 11)))
