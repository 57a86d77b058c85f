"""TorchScript: right on every shape, traced ahead of the timed calls, within bounds."""

import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
import transformers

from engine.cpu import read as cpu
from engine.mode import attention_of
from engine.models.load import load_eager
from engine.models.look import look
from engine.modes import eager, torchscript
from engine.modes.torchscript.traced import padded_length
from engine.wire.errors import NotForThisModel
from engine.wire.messages import Notice
from tests import tiny as maker
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.trying import FAMILIES, HEADS, assert_agrees, ended, prepared, tokens

Tiny = Callable[[str, str], Path]

EVERYDAY = [("roberta", "SequenceClassification"), ("albert", "QuestionAnswering"), ("mpnet", "MaskedLM")]
REST = [pair for pair in itertools.product(FAMILIES, HEADS) if pair not in EVERYDAY]


@pytest.mark.parametrize(
    ("family", "head"), [*EVERYDAY, *(pytest.param(*pair, marks=pytest.mark.slow) for pair in REST)]
)
def test_answers_as_eager_does(tiny: Tiny, agrees: Callable[..., None], family: str, head: str) -> None:
    agrees(torchscript, tiny(family, head), head)


@pytest.mark.slow
def test_starter_answers_as_eager_does(starter_folder: Path, agrees: Callable[..., None]) -> None:
    agrees(torchscript, starter_folder, "FeatureExtraction")


@pytest.mark.parametrize("most", [0, 30, 512])
def test_padded_length_adds_little_and_stays_in_bounds(most: int) -> None:
    lengths = range(1, (most or 600) + 1)
    padded = [padded_length(tokens, most) for tokens in lengths]

    assert all(tokens <= length <= tokens + 15 for tokens, length in zip(lengths, padded, strict=True))
    assert all(length <= 1.25 * tokens for tokens, length in zip(lengths, padded, strict=True) if tokens >= 16)
    assert max(padded) <= (most or 608)
    assert len(set(padded)) <= 50


def test_call_after_adapt_does_not_trace(tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny("bert", "MaskedLM")
    _, model = prepared(torchscript, make_job(folder, "MaskedLM", tokens(folder, 1, 11)))
    events = list(model.adapt(tokens(folder, 1, 40)))

    assert [stage.stage for stage in ended(events)] == ["prepare"]
    monkeypatch.setattr(torch.jit, "trace", None)
    assert list(model.adapt(tokens(folder, 1, 38))) == []
    assert model(**tokens(folder, 1, 38))["logits"].shape[:2] == (1, 38)
    with pytest.raises(NotForThisModel):
        list(model.adapt(tokens(folder, 1, 60)))


@pytest.mark.parametrize(
    "family",
    [pytest.param(family, marks=() if family in ("bert", "mpnet") else pytest.mark.slow) for family in FAMILIES],
)
def test_shape_that_was_never_traced_is_right(tiny: Tiny, make_job: MakeJob, family: str) -> None:
    folder = tiny(family, "QuestionAnswering")
    job = make_job(folder, "QuestionAnswering", tokens(folder, 1, 11))
    _, reference = prepared(eager, job)
    _, model = prepared(torchscript, job)
    for inputs in (tokens(folder, 3, 37), tokens(folder, 1, 90), tokens(folder, 3, 37)):
        for _ in range(4):  # TorchScript optimises by what it saw in the calls before
            assert_agrees(reference(**inputs), model(**inputs), inputs)


def test_inputs_without_a_mask_are_right(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("roberta", "TokenClassification")
    inputs = {"input_ids": tokens(folder, 1, 13)["input_ids"]}
    job = make_job(folder, "TokenClassification", inputs)
    _, reference = prepared(eager, job)
    _, model = prepared(torchscript, job)

    assert_agrees(reference(**inputs), model(**inputs), inputs)


def test_least_recently_used_trace_goes_first(tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.modes.torchscript.traced.MOST_TRACES", 2)
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
    for shape in ((1, 30), (1, 60), (1, 30)):  # a shape that was seen before says so again: it may be another run's
        inputs = tokens(folder, *shape)
        notices += [event for event in model.adapt(inputs) if isinstance(event, Notice)]
        for _ in range(3):
            assert_agrees(reference(**inputs), model(**inputs), inputs)

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
        assert_agrees(reference(**inputs), model(**inputs), inputs)


def test_padding_stays_within_the_positions(make_job: MakeJob, tmp_path: Path, agrees: Callable[..., None]) -> None:
    folder = maker.make("bert", "TokenClassification", tmp_path / "short", max_position_embeddings=21)

    agrees(torchscript, folder, "TokenClassification", ((1, 21), (2, 18)))


def test_labels_as_many_as_padded_tokens_are_not_cut(tmp_path: Path, agrees: Callable[..., None]) -> None:
    labels = {number: f"label {number}" for number in range(12)}
    folder = maker.make(
        "bert", "SequenceClassification", tmp_path / "m", id2label=labels, label2id={v: k for k, v in labels.items()}
    )

    agrees(torchscript, folder, "SequenceClassification", ((1, 11), (2, 9)))


def test_texts_of_unlike_length_are_right(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("bert", "TokenClassification")
    inputs = tokens(folder, 5, 60)
    for row, length in enumerate((60, 30, 16, 16, 3)):
        inputs["attention_mask"][row] = (torch.arange(60) < length).long()
    job = make_job(folder, "TokenClassification", inputs)
    _, reference = prepared(eager, job)
    _, model = prepared(torchscript, job)
    expected, got = reference(**inputs)["logits"], model(**inputs)["logits"]

    kept = inputs["attention_mask"].bool()
    assert got.shape == expected.shape
    assert (got - expected)[kept].abs().max() <= 1e-4


@pytest.mark.parametrize(
    ("family", "head"),
    [
        ("bert", "FeatureExtraction"),
        ("mpnet", "FeatureExtraction"),
        *(
            pytest.param(family, head, marks=pytest.mark.slow)
            for family, head in itertools.product(FAMILIES, ("FeatureExtraction", "QuestionAnswering", "MaskedLM"))
            if (family, head) not in (("bert", "FeatureExtraction"), ("mpnet", "FeatureExtraction"))
        ),
    ],
)
def test_bf16_answers_as_bf16_weights_do(tiny: Tiny, make_job: MakeJob, family: str, head: str) -> None:
    """Held against the same weights in plain PyTorch: what bf16 itself costs is judged by a run."""
    folder = tiny(family, head)
    plain = load_eager(look(folder), head, attention_of(look(folder)), "bf16")
    _, model = prepared(torchscript, make_job(folder, head, tokens(folder, 1, 11), "bf16"))
    for shape in ((1, 11), (1, 40), (3, 24)):
        inputs = tokens(folder, *shape)
        list(model.adapt(inputs))
        kept = inputs["attention_mask"].bool()
        for name, value in model(**inputs).items():
            one, other = value[kept].double().flatten(), plain(**inputs)[name][kept].double().flatten()
            assert value.dtype == torch.bfloat16
            assert float(one @ other / (one.norm() * other.norm())) >= 0.999

    assert (model.mode, model.precision) == ("torchscript", "bf16")


def test_bf16_of_a_real_model_is_near_and_its_kernels_are_bf16(starter_folder: Path, make_job: MakeJob) -> None:
    inputs = tokens(starter_folder, 1, 24)
    _, reference = prepared(eager, make_job(starter_folder, "FeatureExtraction", inputs))
    _, model = prepared(torchscript, make_job(starter_folder, "FeatureExtraction", inputs, "bf16"))
    one, other = (each(**inputs)["last_hidden_state"].double() for each in (model, reference))

    assert float((one * other).sum() / (one.norm() * other.norm())) >= 0.999
    assert str(torch.jit.last_executed_optimized_graph()).count("oneDNNFusionGuard") >= 18
    assert "bf16" in model.explain(inputs).precision_executed["linear"]


def test_a_logarithm_is_not_fused_in_bf16(tiny: Tiny, make_job: MakeJob) -> None:
    """MPNet's bucket of a distance would be another, and the change small enough to be taken for rounding."""
    folder = tiny("mpnet", "FeatureExtraction")
    inputs = tokens(folder, 1, 30)
    events, model = prepared(torchscript, make_job(folder, "FeatureExtraction", inputs, "bf16"))
    model(**inputs)

    assert [event.text for event in events if isinstance(event, Notice)] == [
        "oneDNN cannot fuse the graph of this model rightly, so it runs unfused."
    ]
    assert "oneDNNFusionGuard" not in str(torch.jit.last_executed_optimized_graph())


def test_every_precision_is_there_or_says_why_not() -> None:
    cards = {precision.id: precision for precision in torchscript.card.precisions}
    order = ["fp32", "bf16", "bf16-autocast", "int8-dynamic", "int8-static", "int8-weights"]

    assert list(cards) == order
    assert [name for name, precision in cards.items() if precision.available] == ["fp32", "bf16"]
    assert all(precision.available != bool(precision.reason) for precision in cards.values())


def test_bf16_is_called_slow_where_the_processor_lacks_it(
    starter_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, here = look(starter_folder), cpu.facts()
    without = tuple(
        msgspec.structs.replace(feature, usable=False) if "bf16" in feature.id else feature for feature in here.features
    )
    monkeypatch.setattr(cpu, "facts", lambda *_: msgspec.structs.replace(here, features=without))

    assert torchscript.fits(facts, "bf16").verdict == "slower"
    assert "emulated" in torchscript.fits(facts, "bf16").reason
    assert torchscript.fits(facts, "fp32").verdict == "fits"


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
