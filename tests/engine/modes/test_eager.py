"""Plain PyTorch is what Transformers does by itself."""

import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import torch
import transformers

from engine.models import calibration
from engine.models.calibration import Texts
from engine.models.look import look
from engine.modes import eager
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.trying import FAMILIES, assert_agrees, ended, prepared, tokens

Tiny = Callable[[str, str], Path]


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("family", FAMILIES)
def test_answers_as_transformers_does(tiny: Tiny, make_job: MakeJob, family: str, attention: str) -> None:
    folder = tiny(family, "TokenClassification")
    own = transformers.AutoModelForTokenClassification.from_pretrained(folder, attn_implementation="eager").eval()
    events, model = prepared(eager, make_job(folder, "TokenClassification", tokens(folder, 1, 11), attention=attention))
    for shape in ((1, 11), (3, 24)):
        inputs = tokens(folder, *shape)
        with torch.no_grad():
            expected = own(**inputs)
        assert list(model.adapt(inputs)) == []
        assert_agrees({"logits": expected.logits}, model(**inputs))
    assert [stage.stage for stage in ended(events)] == ["load"]


def test_outputs_need_no_gradients(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("bert", "SequenceClassification")
    inputs = tokens(folder, 1, 11)
    _, model = prepared(eager, make_job(folder, "SequenceClassification", inputs))

    assert not model(**inputs)["logits"].requires_grad


def test_a_model_with_an_onnx_graph_alone_does_not_fit(tiny: Tiny, make_job: MakeJob, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(tiny("bert", "TokenClassification"), folder)
    (folder / "model.safetensors").unlink()
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), folder / "model.onnx")
    fit = eager.fits(make_job(folder, "TokenClassification", {}).facts, "fp32")

    assert fit.verdict == "no"
    assert "ONNX" in fit.reason


def worst(expected: torch.Tensor, got: torch.Tensor, mask: torch.Tensor) -> float:
    """The smallest cosine of a row, padding left out."""
    pairs = [(expected[row][kept.bool()], got[row][kept.bool()].float()) for row, kept in enumerate(mask)]
    return min(float(torch.cosine_similarity(one.flatten(), other.flatten(), dim=0)) for one, other in pairs)


@pytest.mark.parametrize(
    ("precision", "least", "stages"),
    [
        ("bf16", 0.999, ["load"]),
        ("bf16-autocast", 0.999, ["load"]),
        ("int8-dynamic", 0.99, ["load", "prepare"]),
    ],
)
@pytest.mark.parametrize("family", FAMILIES)
def test_lower_precisions_stay_near(
    tiny: Tiny, make_job: MakeJob, family: str, precision: str, least: float, stages: list[str]
) -> None:
    folder = tiny(family, "MaskedLM")
    sample = tokens(folder, 1, 11)
    _, reference = prepared(eager, make_job(folder, "MaskedLM", sample))
    events, model = prepared(eager, make_job(folder, "MaskedLM", sample, precision))
    for shape in ((1, 11), (3, 24), (1, 1)):
        inputs = tokens(folder, *shape)
        expected, got = reference(**inputs), model(**inputs)
        assert set(got) == set(expected)
        assert got["logits"].shape == expected["logits"].shape
        assert worst(expected["logits"], got["logits"], inputs["attention_mask"]) >= least, shape
    assert (model.mode, model.precision) == ("eager", precision)
    assert [stage.stage for stage in ended(events)] == stages


def test_int8_keeps_a_real_models_answers(starter_folder: Path, make_job: MakeJob) -> None:
    sample = tokens(starter_folder, 1, 11)
    _, reference = prepared(eager, make_job(starter_folder, "FeatureExtraction", sample))
    _, model = prepared(eager, make_job(starter_folder, "FeatureExtraction", sample, "int8-dynamic"))
    for batch in Texts(look(starter_folder), "", calibration.bundled("check")).batches():
        expected, got = (one(**batch)["last_hidden_state"] for one in (reference, model))
        assert worst(expected, got, batch["attention_mask"]) >= 0.995


def test_int8_ran_is_told(starter_folder: Path, make_job: MakeJob) -> None:
    inputs = tokens(starter_folder, 1, 11)
    _, model = prepared(eager, make_job(starter_folder, "FeatureExtraction", inputs, "int8-dynamic"))

    assert model.explain(inputs).precision_executed["linear"] == "int8"


def test_all_six_precisions_are_listed_with_reasons_for_those_it_lacks() -> None:
    ids = [precision.id for precision in eager.card.precisions]

    assert ids == ["fp32", "bf16", "bf16-autocast", "int8-dynamic", "int8-static", "int8-weights"]
    assert all(precision.available or precision.reason for precision in eager.card.precisions)
