"""BetterTransformer: the same answers from packed tokens and from the fused layer, at three precisions."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
import transformers

from engine.mode import Prepared
from engine.models import calibration
from engine.models.calibration import Texts
from engine.models.look import look
from engine.modes import better_transformer, eager
from engine.wire.errors import NotForThisModel
from engine.wire.messages import Notice
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.trying import FAMILIES, HEADS, ended, prepared, tokens

Tiny = Callable[[str, str], Path]

SHAPES = ((1, 11), (3, 24), (1, 1), (4, 9))
PER_TOKEN = ("start_logits", "end_logits")


def gaps(expected: Any, got: Any, mask: torch.Tensor) -> tuple[float, float]:
    """The largest difference and the smallest cosine of a row, padding left out."""
    difference, cosine = 0.0, 1.0
    assert set(got) == set(expected)
    for name, value in expected.items():
        assert got[name].shape == value.shape, name
        for row in range(len(value)):
            kept = mask[row].bool() if value.dim() > 2 or name in PER_TOKEN else ...
            one, other = (side[name][row][kept].float().flatten() for side in (expected, got))
            difference = max(difference, float((one - other).abs().max()))
            cosine = min(cosine, float(torch.cosine_similarity(one, other, dim=0)))
    return difference, cosine


EVERYDAY = {("bert", head) for head in HEADS} | {(family, "FeatureExtraction") for family in FAMILIES}
CELLS = [
    pytest.param(family, head, marks=() if (family, head) in EVERYDAY else pytest.mark.slow)
    for family in FAMILIES
    for head in HEADS
]


@pytest.mark.parametrize("way", ["packed", "fused"])
@pytest.mark.parametrize(("family", "head"), CELLS)
def test_every_family_and_head_answers_as_eager_does(
    tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, family: str, head: str, way: str
) -> None:
    if way == "fused" and family in ("albert", "mpnet"):
        pytest.skip("the fused layer knows neither its activation nor its relative positions")
    monkeypatch.setattr(better_transformer, "_fastest_s", lambda *calls: [1.0, 0.1 if way == "fused" else 10.0])
    folder = tiny(family, head)
    job = make_job(folder, head, tokens(folder, 1, 11))
    _, reference = prepared(eager, job)
    events, model = prepared(better_transformer, job)
    for shape in SHAPES:
        inputs = tokens(folder, *shape)
        assert list(model.adapt(inputs)) == []
        assert gaps(reference(**inputs), model(**inputs), inputs["attention_mask"])[0] <= 1e-4, shape
        bare = {"input_ids": inputs["input_ids"].clamp(min=10)}
        assert gaps(reference(**bare), model(**bare), torch.ones(shape))[0] <= 1e-4, shape
    assert [stage.stage for stage in ended(events)] == ["load", "prepare"]
    assert (model.mode, model.precision) == ("better-transformer", "fp32")


@pytest.mark.parametrize(("precision", "least"), [("bf16", 0.999), ("int8-dynamic", 0.99)])
@pytest.mark.parametrize("family", FAMILIES)
def test_lower_precisions_stay_near(tiny: Tiny, make_job: MakeJob, family: str, precision: str, least: float) -> None:
    for head in ("FeatureExtraction", "MaskedLM"):
        folder = tiny(family, head)
        _, reference = prepared(eager, make_job(folder, head, tokens(folder, 1, 11)))
        _, model = prepared(better_transformer, make_job(folder, head, tokens(folder, 1, 11), precision))
        for shape in SHAPES:
            inputs = tokens(folder, *shape)
            list(model.adapt(inputs))
            assert gaps(reference(**inputs), model(**inputs), inputs["attention_mask"])[1] >= least, (head, shape)
        assert model.precision == precision


@pytest.mark.slow
@pytest.mark.parametrize("head", ["SequenceClassification", "TokenClassification", "QuestionAnswering"])
@pytest.mark.parametrize("precision", ["bf16", "int8-dynamic"])
def test_heads_of_few_numbers_stay_near(tiny: Tiny, make_job: MakeJob, head: str, precision: str) -> None:
    for family in FAMILIES:
        folder = tiny(family, head)
        _, reference = prepared(eager, make_job(folder, head, tokens(folder, 1, 11)))
        _, model = prepared(better_transformer, make_job(folder, head, tokens(folder, 1, 11), precision))
        inputs = tokens(folder, 3, 24)
        assert gaps(reference(**inputs), model(**inputs), inputs["attention_mask"])[0] <= 0.6, family


def real_cosines(folder: Path, make_job: MakeJob, precision: str) -> tuple[float, float]:
    sample = tokens(folder, 1, 12)
    _, reference = prepared(eager, make_job(folder, "FeatureExtraction", sample))
    _, model = prepared(better_transformer, make_job(folder, "FeatureExtraction", sample, precision))
    found = []
    for batch in Texts(look(folder), "", calibration.bundled("check")).batches():
        found.append(gaps(reference(**batch), model(**batch), batch["attention_mask"]))
    assert len(found) == 16
    return max(one for one, _ in found), min(one for _, one in found)


def test_real_model_keeps_its_answers_on_real_texts(starter_folder: Path, make_job: MakeJob) -> None:
    assert real_cosines(starter_folder, make_job, "fp32")[0] <= 1e-3
    assert real_cosines(starter_folder, make_job, "bf16")[1] >= 0.999
    assert real_cosines(starter_folder, make_job, "int8-dynamic")[1] >= 0.995


def test_int8_without_a_compiler_is_told_and_right(
    starter_folder: Path, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    job = make_job(starter_folder, "FeatureExtraction", tokens(starter_folder, 1, 12), "int8-dynamic")
    events, model = prepared(better_transformer, job)

    assert better_transformer.available() is None
    assert any(isinstance(event, Notice) and "compiler" in event.text for event in events)
    assert any(isinstance(event, Notice) for event in model.adapt(job.sample))
    assert real_cosines(starter_folder, make_job, "int8-dynamic")[1] >= 0.995


def test_one_preparation_serves_any_batch(tiny: Tiny, make_job: MakeJob) -> None:
    """Also without being adapted to it, and in any order."""
    folder = tiny("roberta", "FeatureExtraction")
    job = make_job(folder, "FeatureExtraction", tokens(folder, 1, 11), "int8-dynamic")
    _, model = prepared(better_transformer, job)
    alone = {length: model(**tokens(folder, 1, length))["last_hidden_state"] for length in (5, 40)}
    for length in (40, 5, 40):
        again = model(**tokens(folder, 1, length))["last_hidden_state"]
        assert torch.allclose(again, alone[length], atol=1e-5)
    ids = torch.full((2, 40), 1)
    ids[0, :], ids[1, :5] = tokens(folder, 1, 40)["input_ids"][0], tokens(folder, 1, 5)["input_ids"][0]
    together = model(input_ids=ids, attention_mask=(torch.arange(40) < torch.tensor([[40], [5]])).long())
    assert torch.allclose(together["last_hidden_state"][1, :5], alone[5][0], atol=0.05)
    assert not together["last_hidden_state"][1, 5:].any()


def changed(folder: Path, target: Path, **settings: Any) -> Path:
    shutil.copytree(folder, target)
    config = json.loads((target / "config.json").read_text()) | settings
    (target / "config.json").write_text(json.dumps(config))
    return target


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"position_embedding_type": "relative_key"}, "relative positions"),
        ({"hidden_act": "silu"}, "silu"),
        ({"is_decoder": True}, "decoder"),
        ({"is_decoder": True, "add_cross_attention": True}, "decoder"),
        ({"chunk_size_feed_forward": 4}, "chunks"),
    ],
)
def test_settings_that_are_not_covered_are_refused(
    tiny: Tiny, make_job: MakeJob, tmp_path: Path, settings: dict[str, Any], word: str
) -> None:
    folder = changed(tiny("bert", "FeatureExtraction"), tmp_path / "model", **settings)
    job = make_job(folder, "FeatureExtraction", tokens(folder, 1, 11))
    fit = better_transformer.fits(job.facts, "fp32")

    assert fit.verdict == "no"
    assert word in fit.reason
    with pytest.raises(NotForThisModel):
        prepared(better_transformer, job)


@pytest.mark.parametrize("activation", ["relu", "gelu_new", "quick_gelu", "gelu_pytorch_tanh"])
@pytest.mark.parametrize("precision", ["fp32", "int8-dynamic"])
def test_other_activations_are_right(
    tiny: Tiny, make_job: MakeJob, tmp_path: Path, activation: str, precision: str
) -> None:
    folder = changed(tiny("bert", "FeatureExtraction"), tmp_path / "model", hidden_act=activation)
    job = make_job(folder, "FeatureExtraction", tokens(folder, 1, 11))
    _, reference = prepared(eager, job)
    _, model = prepared(better_transformer, make_job(folder, "FeatureExtraction", tokens(folder, 1, 11), precision))
    inputs = tokens(folder, 3, 24)
    difference, cosine = gaps(reference(**inputs), model(**inputs), inputs["attention_mask"])

    assert cosine >= (0.99999 if precision == "fp32" else 0.99)
    assert difference <= (1e-4 if precision == "fp32" else 1.0)


def test_a_family_that_is_not_covered_says_which_are(make_job: MakeJob, tmp_path: Path, tiny: Tiny) -> None:
    config = transformers.DebertaV2Config(
        vocab_size=300, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    transformers.DebertaV2Model(config).save_pretrained(tmp_path)
    for file in tiny("bert", "FeatureExtraction").glob("*token*"):
        shutil.copy(file, tmp_path)
    fit = better_transformer.fits(make_job(tmp_path, "FeatureExtraction", {}).facts, "fp32")

    assert fit.verdict == "no"
    assert "deberta-v2" in fit.reason
    assert all(row.family in fit.reason for row in better_transformer.card.supported)


def test_a_layer_mapped_wrongly_is_found_before_a_run(
    tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.kernels import packed

    right = packed.one_weight
    folder = tiny("bert", "FeatureExtraction")
    monkeypatch.setattr(packed, "one_weight", lambda query, key, value: right(value, key, query))
    for precision in ("fp32", "bf16", "int8-dynamic"):
        with pytest.raises(NotForThisModel):
            prepared(better_transformer, make_job(folder, "FeatureExtraction", tokens(folder, 1, 11), precision))


def test_what_ran_is_told(starter_folder: Path, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(better_transformer, "_fastest_s", lambda *calls: [1.0, 10.0])
    inputs = tokens(starter_folder, 3, 24)
    told = {}
    for precision in ("fp32", "int8-dynamic"):
        _, model = prepared(better_transformer, make_job(starter_folder, "FeatureExtraction", inputs, precision))
        told[precision] = model.explain(inputs)
        padding = int((inputs["attention_mask"] == 0).sum())
        assert f"{padding} of padding removed" in told[precision].details
        assert told[precision].fused["q, k and v in one linear"] == 6
    assert told["fp32"].precision_executed["linear"] == "fp32"
    assert told["int8-dynamic"].precision_executed["linear"] == "int8"


def live_bytes() -> int:
    import gc

    gc.collect()
    found = (thing for thing in gc.get_objects() if type(thing) in (torch.Tensor, torch.nn.Parameter))
    return sum(tensor.numel() * tensor.element_size() for tensor in found if tensor.layout == torch.strided)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8-dynamic"])
def test_preparing_takes_little_memory(make_job: MakeJob, tiny: Tiny, tmp_path: Path, precision: str) -> None:
    """The process grows by the layers as they are, not by two of all: peak below three times the weights."""
    import threading

    config = transformers.BertConfig(vocab_size=1000, num_hidden_layers=12)
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    for file in tiny("bert", "FeatureExtraction").glob("*token*"):
        shutil.copy(file, tmp_path)
    size = (tmp_path / "model.safetensors").stat().st_size
    job = make_job(tmp_path, "FeatureExtraction", tokens(tmp_path, 1, 11), precision)
    prepared(
        better_transformer, make_job(tiny("bert", "FeatureExtraction"), "FeatureExtraction", job.sample, precision)
    )
    process, peak, over = psutil.Process(), [0], threading.Event()
    before = process.memory_info().rss

    def watch() -> None:
        while not over.wait(0.005):
            peak[0] = max(peak[0], process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        _, model = prepared(better_transformer, job)
    finally:
        over.set()
        watcher.join()
    assert peak[0] <= 3 * size
    model.close()


def test_closing_gives_memory_back(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("bert", "MaskedLM")
    before = live_bytes()
    model: Prepared
    _, model = prepared(better_transformer, make_job(folder, "MaskedLM", tokens(folder, 1, 11)))
    model.close()
    del model

    assert live_bytes() <= before + 200_000
