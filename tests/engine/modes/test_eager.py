"""Plain PyTorch is what Transformers does by itself."""

import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import torch
import transformers

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
