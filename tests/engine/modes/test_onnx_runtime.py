"""ONNX Runtime: the same answers, exported once, never a file from outside the model's folder, no network."""

import dataclasses
import itertools
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest
import torch
import transformers

from engine.modes import eager, onnx_runtime
from engine.wire.errors import ModelBroken, NotForThisModel, UnsafeWeights
from engine.wire.messages import Notice
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.trying import FAMILIES, HEADS, assert_agrees, ended, prepared, tokens, with_own_graph

Tiny = Callable[[str, str], Path]

EVERYDAY = [*zip(FAMILIES, itertools.cycle(HEADS), strict=False), *(("bert", head) for head in HEADS[1:])]
REST = [pair for pair in itertools.product(FAMILIES, HEADS) if pair not in EVERYDAY]


@pytest.fixture
def own_graph(tiny: Tiny, make_job: MakeJob, tmp_path: Path) -> Path:
    """A folder with PyTorch weights, and a graph of its own for token classification."""
    folder = tiny("bert", "TokenClassification")
    job = make_job(folder, "TokenClassification", tokens(folder, 1, 11))
    return with_own_graph(folder, job, tmp_path / "own")


@pytest.mark.parametrize(
    ("family", "head"), [*EVERYDAY, *(pytest.param(*pair, marks=pytest.mark.slow) for pair in REST)]
)
def test_answers_as_eager_does(tiny: Tiny, agrees: Callable[..., None], family: str, head: str) -> None:
    agrees(onnx_runtime, tiny(family, head), head)


@pytest.mark.parametrize("level", ["extended", "basic", "off"])
def test_every_level_of_optimisation_is_right(tiny: Tiny, make_job: MakeJob, level: str) -> None:
    folder = tiny("bert", "QuestionAnswering")
    inputs = tokens(folder, 2, 19)
    job = make_job(folder, "QuestionAnswering", inputs, optimization=level)
    _, reference = prepared(eager, job)
    _, model = prepared(onnx_runtime, job)

    assert_agrees(reference(**inputs), model(**inputs), inputs)


def test_starter_is_exported_once_and_right(starter_folder: Path, make_job: MakeJob) -> None:
    inputs = tokens(starter_folder, 2, 24)
    job = make_job(starter_folder, "FeatureExtraction", inputs)
    _, reference = prepared(eager, job)
    first, model = prepared(onnx_runtime, job)
    second, again = prepared(onnx_runtime, job)
    later = [second, *(prepared(onnx_runtime, job)[0] for _ in range(2))]

    assert_agrees(reference(**inputs), model(**inputs), inputs)
    assert torch.equal(model(**inputs)["last_hidden_state"], again(**inputs)["last_hidden_state"])
    assert [(stage.stage, stage.cached) for stage in ended(first)] == [("load", False), ("prepare", False)]
    assert [(stage.stage, stage.cached) for stage in ended(second)] == [("load", False), ("prepare", True)]
    exporting_s, *opening_s = (ended(events)[1].seconds or 0.0 for events in (first, *later))
    assert 0 < min(opening_s) <= 0.25 * exporting_s


def test_weights_lie_beside_the_graph_each_once(starter_folder: Path, make_job: MakeJob) -> None:
    """So they are never in memory as the graph's bytes; ONNX Runtime maps them."""
    job = make_job(starter_folder, "FeatureExtraction", tokens(starter_folder, 1, 11))
    prepared(onnx_runtime, job)
    kept = job.artefacts.find("onnx-runtime", "fp32", {})
    assert kept is not None
    weights_bytes = (starter_folder / "model.safetensors").stat().st_size

    assert (kept / "model.onnx").stat().st_size < weights_bytes / 100
    assert (kept / "model.onnx.weights").stat().st_size == pytest.approx(weights_bytes, rel=0.02)


def test_threads_are_as_many_as_asked_and_leave_the_cores_after_a_call(
    tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []

    class Watched(onnxruntime.InferenceSession):  # type: ignore[misc]
        def __init__(self, *words: Any, **named: Any) -> None:
            super().__init__(*words, **named)
            opened.append(self)

    monkeypatch.setattr(onnxruntime, "InferenceSession", Watched)
    folder = tiny("bert", "TokenClassification")
    job = dataclasses.replace(make_job(folder, "TokenClassification", tokens(folder, 1, 11)), threads=2)
    prepared(onnx_runtime, job)
    options = opened[-1].get_session_options()

    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
    assert options.get_session_config_entry("session.intra_op.spin_duration_us") == "1000"


def test_heads_of_one_model_do_not_share_a_graph(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("bert", "MaskedLM")
    inputs = tokens(folder, 1, 11)
    names = [
        set(prepared(onnx_runtime, make_job(folder, head, inputs))[1](**inputs))
        for head in ("MaskedLM", "FeatureExtraction")
    ]

    assert names == [{"logits"}, {"last_hidden_state"}]


def test_prepares_without_the_network(tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: tried.append(address))
    folder = tiny("roberta", "TokenClassification")
    inputs = tokens(folder, 1, 11)
    for _ in range(2):
        _, model = prepared(onnx_runtime, make_job(folder, "TokenClassification", inputs))

    assert model(**inputs)["logits"].shape == (1, 11, 5)
    assert tried == []


def test_own_graph_is_run_where_there_are_no_other_weights(own_graph: Path, make_job: MakeJob) -> None:
    inputs = tokens(own_graph, 3, 24)
    _, reference = prepared(eager, make_job(own_graph, "TokenClassification", inputs))
    (own_graph / "model.safetensors").unlink()
    job = make_job(own_graph, "TokenClassification", inputs)
    events, model = prepared(onnx_runtime, job)

    assert onnx_runtime.fits(job.facts, "fp32").verdict == "fits"
    assert_agrees(reference(**inputs), model(**inputs), inputs)
    assert job.artefacts.find("onnx-runtime", "fp32", {}) is None
    assert [stage.stage for stage in ended(events)] == ["load", "prepare"]


def test_own_graph_for_another_task_is_passed_over(own_graph: Path, make_job: MakeJob) -> None:
    inputs = tokens(own_graph, 1, 11)
    job = make_job(own_graph, "FeatureExtraction", inputs)
    _, reference = prepared(eager, job)
    events, model = prepared(onnx_runtime, job)

    assert_agrees(reference(**inputs), model(**inputs), inputs)
    (told,) = [event for event in events if isinstance(event, Notice)]
    assert list(model.adapt(inputs)) == [told]  # and in every run that it is kept for
    (own_graph / "model.safetensors").unlink()
    with pytest.raises(NotForThisModel):
        prepared(onnx_runtime, make_job(own_graph, "FeatureExtraction", inputs))


def test_own_graph_in_another_precision_is_refused(own_graph: Path, make_job: MakeJob) -> None:
    graph = onnx.load(own_graph / "model.onnx")
    for node in graph.graph.node:
        node.output[:] = ["full" if name == "logits" else name for name in node.output]
    graph.graph.node.append(onnx.helper.make_node("Cast", ["full"], ["logits"], to=onnx.TensorProto.FLOAT16))
    graph.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    onnx.save(graph, own_graph / "model.onnx")
    (own_graph / "model.safetensors").unlink()
    with pytest.raises(NotForThisModel, match="fp32"):
        prepared(onnx_runtime, make_job(own_graph, "TokenClassification", tokens(own_graph, 1, 11)))


def test_damaged_own_graph_is_passed_over_or_told(own_graph: Path, make_job: MakeJob) -> None:
    inputs = tokens(own_graph, 1, 11)
    (own_graph / "model.onnx").write_bytes(b"\xff" * 500)
    job = make_job(own_graph, "TokenClassification", inputs)
    _, reference = prepared(eager, job)
    _, model = prepared(onnx_runtime, job)

    assert_agrees(reference(**inputs), model(**inputs), inputs)
    (own_graph / "model.safetensors").unlink()
    with pytest.raises(ModelBroken, match=r"model\.onnx"):
        prepared(onnx_runtime, make_job(own_graph, "TokenClassification", inputs))


def with_external_data(graph: Path, location: str) -> None:
    """Moves the graph's large tensors into ``model.data``, then names ``location`` in its place."""
    model = onnx.load(graph)
    onnx.save(model, graph, save_as_external_data=True, location="model.data", size_threshold=1000)
    model = onnx.load(graph, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    graph.write_bytes(model.SerializeToString())


def test_external_data_beside_the_graph_is_taken(own_graph: Path, make_job: MakeJob) -> None:
    inputs = tokens(own_graph, 1, 11)
    _, before = prepared(onnx_runtime, make_job(own_graph, "TokenClassification", inputs))
    with_external_data(own_graph / "model.onnx", "model.data")
    _, model = prepared(onnx_runtime, make_job(own_graph, "TokenClassification", inputs))

    assert (own_graph / "model.onnx").stat().st_size < (own_graph / "model.data").stat().st_size
    assert_agrees(before(**inputs), model(**inputs))


@pytest.mark.parametrize("kind", ["parent", "absolute", "drive", "link", "hard link"])
def test_external_data_from_outside_is_refused(own_graph: Path, make_job: MakeJob, kind: str) -> None:
    outside = own_graph.parent / "secret.data"
    places = {"parent": "../secret.data", "absolute": str(outside), "drive": "C:\\secret.data"}
    with_external_data(own_graph / "model.onnx", places.get(kind, "linked.data"))
    (own_graph / "model.data").rename(outside)
    if kind == "link":
        (own_graph / "linked.data").symlink_to(outside)
    if kind == "hard link":
        os.link(outside, own_graph / "linked.data")
    with pytest.raises(UnsafeWeights, match="outside"):
        prepared(onnx_runtime, make_job(own_graph, "TokenClassification", tokens(own_graph, 1, 11)))


def test_missing_external_data_is_told(own_graph: Path, make_job: MakeJob) -> None:
    with_external_data(own_graph / "model.onnx", "model.data")
    (own_graph / "model.data").unlink()
    (own_graph / "model.safetensors").unlink()
    with pytest.raises(ModelBroken, match=r"model\.data"):
        prepared(onnx_runtime, make_job(own_graph, "TokenClassification", tokens(own_graph, 1, 11)))


@pytest.mark.parametrize("family", ["ernie", "roberta-prelayernorm", "xlm-roberta-xl", "longformer"])
def test_family_that_cannot_be_exported_does_not_fit(tmp_path: Path, make_job: MakeJob, family: str) -> None:
    """What ``fits`` says of a family is what the export itself would say."""
    config = transformers.AutoConfig.for_model(
        family, hidden_size=32, num_attention_heads=4, num_hidden_layers=1, intermediate_size=64, vocab_size=300
    )
    transformers.AutoModel.from_config(config).save_pretrained(tmp_path)
    job = make_job(tmp_path, "FeatureExtraction", tokens(tmp_path, 1, 11))
    fit = onnx_runtime.fits(job.facts, "fp32")

    assert fit.verdict == "no"
    assert fit.reason
    with pytest.raises(NotForThisModel):
        prepared(onnx_runtime, job)
