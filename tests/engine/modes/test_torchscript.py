"""TorchScript: right on every shape, traced ahead of the timed calls, within bounds."""

import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from engine.models.load import load_eager
from engine.modes import eager, torchscript
from engine.wire.errors import NotForThisModel
from engine.wire.messages import Notice
from tests import tiny as maker
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.trying import FAMILIES, HEADS, assert_agrees, ended, prepared, tokens

Tiny = Callable[[str, str], Path]

EVERYDAY = [*zip(FAMILIES, itertools.cycle(HEADS), strict=False), *(("bert", head) for head in HEADS[1:])]
REST = [pair for pair in itertools.product(FAMILIES, HEADS) if pair not in EVERYDAY]


@pytest.mark.parametrize(
    ("family", "head"), [*EVERYDAY, *(pytest.param(*pair, marks=pytest.mark.slow) for pair in REST)]
)
def test_answers_as_eager_does(tiny: Tiny, agrees: Callable[..., None], family: str, head: str) -> None:
    agrees(torchscript, tiny(family, head), head)


def test_starter_answers_as_eager_does(starter_folder: Path, agrees: Callable[..., None]) -> None:
    agrees(torchscript, starter_folder, "FeatureExtraction")


@pytest.mark.parametrize("most", [0, 30, 512])
def test_padded_length_adds_little_and_stays_in_bounds(most: int) -> None:
    lengths = range(1, (most or 600) + 1)
    padded = [torchscript.padded_length(tokens, most) for tokens in lengths]

    assert all(tokens <= length <= tokens + 15 for tokens, length in zip(lengths, padded, strict=True))
    assert all(length <= 1.25 * tokens for tokens, length in zip(lengths, padded, strict=True) if tokens >= 16)
    assert max(padded) <= (most or 608)
    assert len(set(padded)) <= 50


def test_call_after_adapt_does_not_trace(tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny("bert", "MaskedLM")
    _, model = prepared(torchscript, make_job(folder, "MaskedLM", tokens(folder, 1, 11)))
    events = list(model.adapt(tokens(folder, 2, 40)))

    assert [stage.stage for stage in ended(events)] == ["prepare"]
    monkeypatch.setattr(torch.jit, "trace", None)
    assert list(model.adapt(tokens(folder, 2, 38))) == []
    assert model(**tokens(folder, 2, 38))["logits"].shape[:2] == (2, 38)
    with pytest.raises(NotForThisModel):
        list(model.adapt(tokens(folder, 2, 60)))


@pytest.mark.parametrize("family", FAMILIES)
def test_shape_that_was_never_traced_is_right(tiny: Tiny, make_job: MakeJob, family: str) -> None:
    folder = tiny(family, "QuestionAnswering")
    job = make_job(folder, "QuestionAnswering", tokens(folder, 1, 11))
    _, reference = prepared(eager, job)
    _, model = prepared(torchscript, job)
    for inputs in (tokens(folder, 3, 37), tokens(folder, 1, 90), tokens(folder, 3, 37)):
        for _ in range(4):  # TorchScript optimises by what it saw in the calls before
            assert_agrees(reference(**inputs), model(**inputs))


def test_inputs_without_a_mask_are_right(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("roberta", "TokenClassification")
    inputs = {"input_ids": tokens(folder, 1, 13)["input_ids"]}
    job = make_job(folder, "TokenClassification", inputs)
    _, reference = prepared(eager, job)
    _, model = prepared(torchscript, job)

    assert_agrees(reference(**inputs), model(**inputs))


def test_least_recently_used_trace_goes_first(tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torchscript, "_MOST_TRACES", 2)
    folder = tiny("bert", "TokenClassification")
    first, second, third = (tokens(folder, 1, length) for length in (11, 24, 40))
    _, model = prepared(torchscript, make_job(folder, "TokenClassification", first))
    list(model.adapt(second))
    list(model.adapt(first))
    list(model.adapt(third))

    assert list(model.adapt(first)) == []
    assert ended(list(model.adapt(second)))


def test_traces_keep_within_memory(tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """The layers of the tiny model take 66 kB, of which each trace keeps a copy."""
    monkeypatch.setattr("engine.measure.memory.total_bytes", lambda: 16 * 100_000)
    folder = tiny("bert", "TokenClassification")
    shapes = [tokens(folder, 1, length) for length in (11, 24, 40)]
    _, model = prepared(torchscript, make_job(folder, "TokenClassification", shapes[0]))
    for inputs in shapes[1:]:
        list(model.adapt(inputs))

    assert [not list(model.adapt(inputs)) for inputs in reversed(shapes)] == [True, False, False]


def test_graph_is_fused_and_the_switch_is_off_again(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("bert", "TokenClassification")
    inputs = tokens(folder, 1, 11)
    _, model = prepared(torchscript, make_job(folder, "TokenClassification", inputs))
    model(**inputs)

    assert str(torch.jit.last_executed_optimized_graph()).count("oneDNNFusionGuard") >= 6
    assert not torch.jit.onednn_fusion_enabled()


def test_lengths_that_fusing_would_change_run_unfused(tiny: Tiny, make_job: MakeJob) -> None:
    """MPNet's buckets of distances come from a logarithm; from 17 tokens on its fused rounding shows."""
    folder = tiny("mpnet", "TokenClassification")
    job = make_job(folder, "TokenClassification", tokens(folder, 1, 11))
    _, reference = prepared(eager, job)
    _, model = prepared(torchscript, job)
    notices = []
    for shape in ((2, 30), (1, 60), (2, 30)):  # a shape that was seen before says so again: it may be another run's
        inputs = tokens(folder, *shape)
        notices += [event for event in model.adapt(inputs) if isinstance(event, Notice)]
        for _ in range(3):
            assert_agrees(reference(**inputs), model(**inputs))

    unfused = "oneDNN cannot fuse the graph of this model rightly, so it runs unfused."
    assert [notice.text for notice in notices] == [unfused] * 3


def test_scripted_parts_of_a_model_are_right_before_and_after(make_job: MakeJob, tmp_path: Path) -> None:
    """DeBERTa-v2 has functions that Transformers scripts; fused, they would fail for the rest of the process."""
    settings: dict[str, Any] = {
        "vocab_size": 300,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "relative_attention": True,
        "pos_att_type": ["p2c", "c2p"],
        "position_buckets": 16,
    }
    config = transformers.AutoConfig.for_model("deberta-v2", **settings)
    transformers.AutoModelForTokenClassification.from_config(config).save_pretrained(tmp_path)
    job = make_job(tmp_path, "TokenClassification", tokens(tmp_path, 1, 11))
    _, reference = prepared(eager, job)
    _, model = prepared(torchscript, job)
    for shape in ((1, 11), (2, 40)):
        inputs = tokens(tmp_path, *shape)
        list(model.adapt(inputs))
        assert_agrees(reference(**inputs), model(**inputs))


def test_padding_stays_within_the_positions(make_job: MakeJob, tmp_path: Path, agrees: Callable[..., None]) -> None:
    folder = maker.make("bert", "TokenClassification", tmp_path / "short", max_position_embeddings=21)

    agrees(torchscript, folder, "TokenClassification", ((1, 21), (2, 18)))


def test_labels_as_many_as_padded_tokens_are_not_cut(tmp_path: Path, agrees: Callable[..., None]) -> None:
    labels = {number: f"label {number}" for number in range(12)}
    folder = maker.make(
        "bert", "SequenceClassification", tmp_path / "m", id2label=labels, label2id={v: k for k, v in labels.items()}
    )

    agrees(torchscript, folder, "SequenceClassification", ((1, 11), (2, 9)))


def test_model_that_cannot_be_traced_is_refused(tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny("bert", "TokenClassification")

    class Talkative(torch.nn.Module):  # type: ignore[misc]
        """Returns what no trace can hold."""

        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner, self.config = inner, inner.config

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> dict[str, Any]:
            outputs = self.inner(input_ids, attention_mask, token_type_ids)
            return {"logits": outputs.logits, "said": "a word"}

    monkeypatch.setattr("engine.modes.torchscript.load_eager", lambda *words: Talkative(load_eager(*words)))
    with pytest.raises(NotForThisModel) as refused:
        prepared(torchscript, make_job(folder, "TokenClassification", tokens(folder, 1, 11)))

    assert refused.value.what_happened == f"TorchScript cannot take {folder.name}."
    assert "traced function" in refused.value.details


def test_longformer_does_not_fit(tmp_path: Path, make_job: MakeJob) -> None:
    config = transformers.AutoConfig.for_model("longformer", hidden_size=32, num_attention_heads=4, num_hidden_layers=1)
    transformers.AutoModel.from_config(config).save_pretrained(tmp_path)
    fit = torchscript.fits(make_job(tmp_path, "FeatureExtraction", {}).facts, "fp32")

    assert fit.verdict == "no"
    assert "Longformer" in fit.reason


def test_nothing_is_printed_about_deprecation(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("distilbert", "TokenClassification")
    job = make_job(folder, "TokenClassification", tokens(folder, 1, 11))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prepared(torchscript, job)
