"""OpenVINO's graphs on the shelf: made once, shared, made anew where they must be, within the memory and the time."""

import dataclasses
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine import folders
from engine.models.calibration import Texts
from engine.modes import eager, openvino_runtime
from engine.modes.openvino_runtime import calibrated, libraries
from engine.wire.errors import BadInput, NotForThisModel
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.near import assert_near
from tests.engine.modes.trying import ended, prepared, tokens

Tiny = Callable[[str, str], Path]
openvino = libraries.openvino()


def test_starter_is_exported_once_and_right(starter_folder: Path, make_job: MakeJob, own_home: Path) -> None:
    inputs = tokens(starter_folder, 2, 24)
    job = make_job(starter_folder, "FeatureExtraction", inputs)
    _, reference = prepared(eager, job)
    first, model = prepared(openvino_runtime, job)
    second, again = prepared(openvino_runtime, job)

    assert_near("FeatureExtraction", inputs, reference(**inputs), model(**inputs))
    assert torch.equal(model(**inputs)["last_hidden_state"], again(**inputs)["last_hidden_state"])
    assert [(stage.stage, stage.cached) for stage in ended(first)] == [("load", False), ("prepare", False)]
    assert [(stage.stage, stage.cached) for stage in ended(second)] == [("load", False), ("prepare", True)]
    assert list(folders.part("openvino").iterdir())


def test_precisions_that_run_one_graph_share_it(tiny: Tiny, make_job: MakeJob, own_home: Path) -> None:
    folder = tiny("bert", "TokenClassification")
    inputs = tokens(folder, 1, 11)
    cached = []
    for precision in ("bf16", "fp32", "int8-weights", "int8-dynamic"):
        events, _ = prepared(openvino_runtime, make_job(folder, "TokenClassification", inputs, precision))
        cached.append(ended(events)[1].cached)

    assert cached == [False, True, False, True]


@pytest.mark.slow
def test_other_texts_calibrate_anew(tiny: Tiny, make_job: MakeJob, own_home: Path) -> None:
    folder = tiny("bert", "TokenClassification")
    job = make_job(folder, "TokenClassification", tokens(folder, 1, 11), "int8-static")
    others = Texts(job.facts, "", tuple(f"The cat sat on mat {number}." for number in range(12)))
    cached = [
        ended(prepared(openvino_runtime, one)[0])[1].cached
        for one in (job, job, dataclasses.replace(job, calibration=others))
    ]

    assert cached == [False, True, False]
    alike = dataclasses.replace(job, calibration=Texts(job.facts, "", ("The same text.",) * 20))
    with pytest.raises(BadInput):
        prepared(openvino_runtime, alike)


def test_damaged_graph_is_made_anew(tiny: Tiny, make_job: MakeJob, own_home: Path) -> None:
    folder = tiny("roberta", "TokenClassification")
    inputs = tokens(folder, 2, 24)
    job = make_job(folder, "TokenClassification", inputs)
    _, reference = prepared(openvino_runtime, job)
    (weights,) = folders.part("artefacts").rglob("model.bin")
    content = bytearray(weights.read_bytes())
    content[1000:1100] = bytes(100)
    weights.write_bytes(content)
    events, model = prepared(openvino_runtime, job)

    assert not ended(events)[1].cached
    assert torch.equal(model(**inputs)["logits"], reference(**inputs)["logits"])


def test_damaged_compiled_graph_harms_nothing(tiny: Tiny, make_job: MakeJob, own_home: Path) -> None:
    folder = tiny("bert", "TokenClassification")
    inputs = tokens(folder, 2, 24)
    job = make_job(folder, "TokenClassification", inputs)
    expected = prepared(openvino_runtime, job)[1](**inputs)["logits"]
    for blob in folders.part("openvino").iterdir():
        blob.chmod(0o600)
        blob.write_bytes(b"\xff" * 500)
    again = prepared(openvino_runtime, job)[1]

    assert torch.equal(again(**inputs)["logits"], expected)


def test_changed_model_gets_a_graph_of_its_own(tiny: Tiny, make_job: MakeJob, tmp_path: Path) -> None:
    folder = tmp_path / "changing"
    shutil.copytree(tiny("bert", "TokenClassification"), folder)
    inputs = tokens(folder, 1, 11)
    before = prepared(openvino_runtime, make_job(folder, "TokenClassification", inputs))[1](**inputs)["logits"]
    import safetensors.torch

    weights = safetensors.torch.load_file(folder / "model.safetensors")
    weights["classifier.weight"] = -weights["classifier.weight"]
    safetensors.torch.save_file(weights, folder / "model.safetensors", {"format": "pt"})
    job = make_job(folder, "TokenClassification", inputs)
    _, reference = prepared(eager, job)
    after = prepared(openvino_runtime, job)[1](**inputs)

    assert_near("TokenClassification", inputs, reference(**inputs), after)
    assert not torch.allclose(before, after["logits"])


@pytest.mark.parametrize(("precision", "failing"), [("fp32", openvino), ("int8-dynamic", calibrated)])
def test_failed_export_leaves_nothing(
    tiny: Tiny, make_job: MakeJob, own_home: Path, monkeypatch: pytest.MonkeyPatch, precision: str, failing: Any
) -> None:
    def fails(*_words: Any, **_named: Any) -> None:
        raise RuntimeError("cannot be had")

    monkeypatch.setattr(failing, "save_model" if failing is openvino else "compressed", fails)
    folder = tiny("bert", "TokenClassification")
    job = make_job(folder, "TokenClassification", tokens(folder, 1, 11), precision)
    with pytest.raises(NotForThisModel, match="OpenVINO") as failure:
        prepared(openvino_runtime, job)

    assert "cannot be had" in failure.value.details
    assert list(folders.part("artefacts").iterdir()) == []


PREPARE = """
import sys
import time
from pathlib import Path
from engine.measure import memory
from engine.mode import Job
from engine.models import calibration
from engine.models.look import look
from engine.modes import openvino_runtime
from engine.store.artefacts import Shelf
from tests.engine.modes.trying import ended, prepared, tokens


def prepare(folder, precision):
    facts = look(folder)
    texts = calibration.Texts(facts, "", calibration.bundled("calibrate"))
    shelf = Shelf(facts.content_key, "a CPU")
    job = Job(facts, "FeatureExtraction", precision, {}, 1, tokens(folder, 1, 24), shelf, texts)
    began = time.process_time()  # not by the clock: another test may run beside this one
    ended(prepared(openvino_runtime, job)[0])
    return time.process_time() - began, facts.size_bytes


model, tiny, precision, first = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
if first == "memory":
    prepare(tiny, precision)
before = memory.now_bytes()
memory.reset_peak()
seconds, size_bytes = prepare(model, precision)
print((memory.peak_mb() * 1e6 - before) / size_bytes, seconds)
"""


def in_fresh_process(*words: object) -> tuple[float, float]:
    """Peak of memory over what was there before, in sizes of the weights; and seconds of preparing that it computed."""
    command = [sys.executable, "-c", PREPARE, *map(str, words)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    peak, seconds = printed.split()[-2:]
    return float(peak), float(seconds)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "int8-dynamic", "int8-static"])
def test_second_preparation_is_short(starter_folder: Path, tiny: Tiny, own_home: Path, precision: str) -> None:
    small = tiny("bert", "FeatureExtraction")
    (_, first_s), *later = (in_fresh_process(starter_folder, small, precision, "time") for _ in range(3))

    assert min(again_s for _, again_s in later) <= 0.25 * first_s


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "int8-dynamic", "int8-static"])
def test_preparing_is_lean(starter_folder: Path, tiny: Tiny, own_home: Path, precision: str) -> None:
    """The libraries' own memory is taken by a tiny model before."""
    peak, _ = in_fresh_process(starter_folder, tiny("bert", "FeatureExtraction"), precision, "memory")

    assert peak <= 3
