"""What a run says of itself, in its events and again in its report: a graph passed over, a way that was not taken."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import onnx
import pytest

from engine.wire.messages import AnyEvent, Describe, Described, Finished, Notice
from engine.wire.values import NoticeText
from tests.engine.telling import failure
from tests.talk import Talk, only, talking

Tiny = Callable[[str, str], Path]
FEATURES = "feature-extraction"
UNFUSED = "oneDNN cannot fuse the graph of this model rightly, so it runs unfused."
PASSED_OVER = "The model's own ONNX graph does not serve here."


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    """One engine for all: what it keeps ready is asked for again."""
    with talking() as talk:
        yield talk


def graph(file: Path, output: str, *inputs: str) -> None:
    """An ONNX graph that gives the ids back, as decimal numbers, under the name ``output``."""
    helper, whole = onnx.helper, onnx.TensorProto.INT64
    given = [helper.make_tensor_value_info(name, whole, ["batch", "tokens"]) for name in ("input_ids", *inputs)]
    result = helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, ["batch", "tokens"])
    cast = helper.make_node("Cast", ["input_ids"], [output], to=onnx.TensorProto.FLOAT)
    model = helper.make_model(
        helper.make_graph([cast], "g", given, [result]), ir_version=9, opset_imports=[helper.make_opsetid("", 17)]
    )
    onnx.save(model, file)


def in_report(events: list[AnyEvent]) -> tuple[NoticeText, ...]:
    """The notices of the report, which are those of the events."""
    report = only(events, Finished).report
    assert report is not None
    told = [(event.text, event.details) for event in events if isinstance(event, Notice)]
    assert [(notice.text, notice.details) for notice in report.notices] == told
    return report.notices


def test_a_graph_that_was_passed_over_is_in_every_report(talk: Talk, tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny("bert", "TokenClassification"), tmp_path / "m")
    graph(folder / "model.onnx", "logits")

    for _ in range(2):
        events = talk.run(folder, FEATURES, "onnx-runtime", {"inputs": "A cat sat."}, calls=1)
        (notice,) = in_report(events)
        assert notice.text == PASSED_OVER
        assert "last_hidden_state" in notice.details
    assert only(events, Finished).report.timing.prepare_cached  # type: ignore[union-attr]


def test_that_a_graph_runs_unfused_is_in_every_report(talk: Talk, tiny: Tiny) -> None:
    folder, long, short = tiny("mpnet", "TokenClassification"), "Maria lives in Paris. " * 12, "A cat."
    found = []
    for text in (long, long, short):
        events = talk.run(folder, "token-classification", "torchscript", {"inputs": text}, calls=1)
        found.append([notice.text for notice in in_report(events)])

    assert found == [[UNFUSED], [UNFUSED], []]


def test_a_way_not_taken_is_told_once_plain_pytorch_is_ready(talk: Talk, tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "architectures": ["BertForQuestionAnswering"]}))
    fields = {"question": "Who lives in Paris?", "context": "Maria lives in Paris."}
    name = talk.send(folder, "question-answering", "torchscript", fields, calls=1)
    found = failure(talk, name)

    assert found.code == "NotForThisModel"
    assert found.details.count("qa_outputs.weight") == 2
    assert "TorchScript was tried first: m has no weights for this task." in found.details
    assert not [event for event in talk.of(name) if isinstance(event, Notice)]


@pytest.fixture
def graph_alone(tiny: Tiny, tmp_path: Path) -> Path:
    """A classifier's configuration and tokenizer with an ONNX graph instead of its weights."""
    folder = shutil.copytree(tiny("bert", "SequenceClassification"), tmp_path / "m")
    (folder / "model.safetensors").unlink()
    graph(folder / "model.onnx", "logits")
    return folder


@pytest.mark.parametrize("mode", ["eager", "torchscript"])
def test_pytorch_cannot_run_a_graph_alone(talk: Talk, graph_alone: Path, mode: str) -> None:
    name = talk.send(graph_alone, "text-classification", mode, {"inputs": "A cat sat."}, calls=1)
    found = failure(talk, name)

    assert found.code == "NotForThisModel"
    assert "only an ONNX graph" in found.what_happened
    assert "ONNX Runtime" in found.what_to_do
    assert not [event for event in talk.of(name) if isinstance(event, Notice)]


def test_a_graph_alone_offers_what_it_serves(talk: Talk, graph_alone: Path) -> None:
    talk.client.send(Describe(id="d", ref=str(graph_alone)))
    talk.end("d")
    name = talk.send(graph_alone, FEATURES, "onnx-runtime", {"inputs": "A cat sat."}, calls=1)

    assert only(talk.of("d"), Described).model.tasks == ("text-classification",)
    assert "only the ONNX graph of a BertForSequenceClassification" in failure(talk, name).what_happened


def test_why_a_graph_alone_does_not_run_is_the_failure(talk: Talk, graph_alone: Path) -> None:
    graph(graph_alone / "model.onnx", "logits", "unheard_of")
    name = talk.send(graph_alone, "text-classification", "onnx-runtime", {"inputs": "A cat sat."}, calls=1)
    found = failure(talk, name)

    assert (found.code, found.what_happened) == ("NotForThisModel", "ONNX Runtime cannot take m.")
    assert "unheard_of" in found.details
    assert not [event for event in talk.of(name) if isinstance(event, Notice)]


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
def test_a_long_text_is_cut_where_only_the_family_says_how_long(talk: Talk, tmp_path: Path, family: str) -> None:
    from tests import tiny as maker

    folder = maker.make(family, "SequenceClassification", tmp_path / "m", max_position_embeddings=512)
    for name, key, value in (
        ("config", "max_position_embeddings", None),
        ("tokenizer_config", "model_max_length", 1e30),
    ):
        content = json.loads((folder / f"{name}.json").read_text())
        assert key in content
        content = {**content, key: value} if value else {k: v for k, v in content.items() if k != key}
        (folder / f"{name}.json").write_text(json.dumps(content))
    events = talk.run(folder, "text-classification", "eager", {"inputs": "a b c " * 500}, calls=1)

    (notice,) = in_report(events)
    assert notice.text.startswith(f"The text was cut: {510 if family == 'roberta' else 512} of its ")
