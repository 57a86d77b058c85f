"""IPEX: what can be held without its runtime; and the real thing where that is installed, or asked for.

``FASTPATH_TEST_IPEX=1`` installs it for the tests (gigabytes); ``FASTPATH_TEST_IPEX=FOLDER`` takes the one in that
data folder. Without, one in the person's own data folder serves.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import platformdirs
import pytest
import torch

from engine.evidence import ipex_graph
from engine.models.load import load_eager
from engine.models.look import look
from engine.modes import ipex as mode
from engine.modes.ipex import recipes, smooth
from engine.run import elsewhere
from engine.runtimes import command, ipex
from engine.store import outputs
from engine.wire.errors import BadInput, ModeUnavailable
from engine.wire.messages import Failed, Finished, InstallRuntime, ListRuntimes, Runtimes
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.trying import assert_agrees, prepared, tokens
from tests.talk import SIMILARITY, Talk, only, talking

GRAPH = """graph(%self.1 : __torch__.BertModel, %input_ids : Tensor):
  %566 : Tensor = ipex::add_layernorm(%embeddings.1, %position_embeddings.1, %9)
  %520 : Tensor = ipex_prepack::linear_run(%566, %573)
  %521 : Tensor[] = ipex::split_tensor(%520, %854)
  %431 : Tensor = ipex::mha_scores_calc_v2(%query.1, %167, %attention_mask, %18, %4)
  %570 : Tensor = ipex::matmul_outtrans(%431, %value.1)
  %560 : Tensor = ipex_prepack::linear_add_run(%189, %566, %18, %574)
  %557 : Tensor = ipex_prepack::linear_gelu_run(%560, %10, %575)
  %558 : Tensor = ipex_prepack::linear_run(%557, %576)
  %559 : Tensor = ipex::LlgaFusionGroup_0[output_layouts=[0]](%558)
  return (%559)
with ipex::LlgaFusionGroup_0 = graph(%ret.1 : QUInt8(1, 99, 384)):
  %2 : Float(1, 99, 384) = aten::dequantize[qtype="per_tensor"](%ret.1), scope: __module.encoder
  %3 : Float(384, 384) = aten::dequantize[qtype="per_channel"](%4)
  %5 : Float(1, 99, 384) = aten::linear(%2, %3, %bias)
  %6 : Float(1, 99, 384) = aten::gelu(%5, %9)
  return (%6)
"""
"""Cut from graphs that IPEX 2.8.0 made of BERT."""

PERSONS = Path(platformdirs.user_data_dir("fastpath", False))
ASKED = os.environ.get("FASTPATH_TEST_IPEX", "")
INSTALLED = Path(ASKED) if Path(ASKED).is_absolute() else PERSONS
REAL = pytest.mark.skipif(
    not ASKED and not (INSTALLED / "runtimes/ipex/fastpath-runtime.json").exists(),
    reason="IPEX's runtime is not installed; FASTPATH_TEST_IPEX=1 installs it for the tests (4 GB)",
)


def test_without_its_runtime_it_says_how_to_get_it(own_home: Path) -> None:
    missing = mode.available()

    assert missing is not None
    assert "fastpath runtimes install ipex" in missing.remedy
    with pytest.raises(ModeUnavailable):
        command.engine_command("work", ipex.ID)


def test_an_unknown_runtime_is_refused() -> None:
    with pytest.raises(BadInput):
        command.engine_command("work", "other")


@pytest.mark.parametrize(
    "content",
    [
        "import os\nprint('ERROR! needs to work with PyTorch 2.8.*')\nos.exit(127)",
        "raise ImportError('libintel-ext-pt-cpu.so: undefined symbol')",
    ],
)
def test_beside_a_wrong_pytorch_it_asks_for_repair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    (tmp_path / "intel_extension_for_pytorch.py").write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "intel_extension_for_pytorch", raising=False)

    with pytest.raises(ModeUnavailable) as caught:
        recipes.require()
    assert "repair ipex" in caught.value.what_to_do
    assert "Error" in caught.value.details


def test_smoothing_leaves_the_answers(starter_folder: Path) -> None:
    facts = look(starter_folder)
    model = load_eager(facts, "FeatureExtraction", "sdpa")
    inputs = tokens(starter_folder, 2, 20)
    with torch.no_grad():
        before = model(**inputs)["last_hidden_state"]
        weight = model.encoder.layer[0].output.dense.weight.clone()
        smooth.smooth(model, [inputs], 0.8)
        after = model(**inputs)["last_hidden_state"]

    assert (after - before).abs().max() < 1e-4
    assert not torch.equal(model.encoder.layer[0].output.dense.linear.weight, weight)


def test_fused_patterns_are_counted_from_the_graph() -> None:
    assert ipex_graph.fused(GRAPH) == {
        "multi-head attention": 1,
        "concat linear": 1,
        "linear + add": 1,
        "linear + gelu": 1,
        "add + layer norm": 1,
        "linear + gelu (int8)": 1,
    }


def test_reference_comes_from_the_main_runtime(
    starter_folder: Path, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in another runtime: a process of the main one answers, with the numbers that eager has here."""
    from engine.modes import eager

    sample = tokens(starter_folder, 2, 20)
    _, here = prepared(eager, make_job(starter_folder, "FeatureExtraction", sample))
    known_here = outputs.key("model", "task", [sample])
    told = command.environment("work", 1, runtime="elsewhere")
    for name in (command.MAIN_COMMAND, command.MAIN_TORCH):
        monkeypatch.setenv(name, told[name])
    session = cast(
        Any, SimpleNamespace(facts=look(starter_folder), task=SimpleNamespace(auto_class="FeatureExtraction"))
    )

    assert outputs.key("model", "task", [sample]) == known_here
    with elsewhere.used(elsewhere.MainEager(session)) as there:
        assert_agrees(here(**sample), there(**sample))
        assert elsewhere.way_ns(there) > 0
        process = there._process  # type: ignore[attr-defined]
    assert process.returncode is not None


def test_reference_that_cannot_be_had_is_told(
    tiny: Any, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    monkeypatch.setenv(command.MAIN_COMMAND, json.dumps([sys.executable, "-c", "pass"]))
    folder = tiny("bert", "FeatureExtraction")
    session = cast(Any, SimpleNamespace(facts=look(folder), task=SimpleNamespace(auto_class="FeatureExtraction")))

    with pytest.raises(ModeUnavailable):
        elsewhere.MainEager(session)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """A client whose data folder has the real runtime."""
    home = tmp_path_factory.mktemp("ipex")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FASTPATH_HOME", str(home))
        patch.setenv("HF_HUB_OFFLINE", "0")
        if (INSTALLED / "runtimes/ipex").is_dir():
            (home / "runtimes").mkdir()
            (home / "runtimes/ipex").symlink_to(INSTALLED / "runtimes/ipex")
        with talking() as talk:
            talk.client.send(InstallRuntime(id="install", runtime=ipex.ID))
            last = talk.end("install", 1800)
            assert isinstance(last, Finished), last
            yield talk


@REAL
@pytest.mark.slow
def test_real_runtime_is_whole_and_needs_nothing_of_the_window(real: Talk) -> None:
    real.client.send(ListRuntimes(id="list"))
    real.end("list")

    assert only(real.of("list"), Runtimes).runtimes[0].state == "installed"
    python = ipex.interpreter()
    found = subprocess.run(
        [python, "-P", "-c", "import engine.work, sys; print([n for n in ('PySide6', 'optimum') if n in sys.modules])"],
        env=command.environment("work", 1),
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"


@REAL
@pytest.mark.slow
@pytest.mark.parametrize(
    ("precision", "fused"),
    [
        ("fp32", {"concat linear": 6, "linear + add": 12, "linear + gelu": 6}),
        ("bf16", {"multi-head attention": 6, "concat linear": 6, "linear + add": 12, "linear + gelu": 6}),
        ("int8-dynamic", {"add + layer norm": 13}),
        ("int8-static", {"linear (int8)": 18, "linear + add (int8)": 12, "linear + gelu (int8)": 6}),
    ],
)
def test_real_run_of_the_starter(real: Talk, starter_folder: Path, precision: str, fused: dict[str, int]) -> None:
    events = real.run(
        starter_folder,
        "sentence-similarity",
        "ipex",
        SIMILARITY,
        precision=precision,
        runtime=ipex.ID,
        check="always",
        explain=True,
        calls=5,
        threads=1,
    )
    report = only(events, Finished).report

    assert report is not None
    assert (report.mode_executed, report.precision_executed) == ("ipex", precision), report.notices
    assert report.environment["versions"]["torch"].startswith("2.8.0")
    assert report.agreement is not None
    assert report.agreement.verdict in ("identical", "same answers"), report.agreement
    assert precision == "fp32" or (report.sample_agreement and report.sample_agreement.verdict == "same answers")
    assert report.evidence is not None
    assert fused.items() <= report.evidence.fused.items()
    linear = report.evidence.precision_executed["linear"]
    assert linear == ("fp32, int8" if precision == "int8-dynamic" else precision.partition("-")[0])


@REAL
@pytest.mark.slow
@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "albert", "electra", "mpnet"])
def test_real_run_of_every_family_is_right_on_two_shapes(real: Talk, tiny: Any, family: str) -> None:
    for text in ("The cat sat on the mat.", "My name is Anna and I live in Paris. " * 6):
        events = real.run(
            tiny(family, "TokenClassification"),
            "token-classification",
            "ipex",
            {"inputs": text},
            runtime=ipex.ID,
            check="always",
            calls=3,
        )
        report = only(events, Finished).report
        assert report is not None
        assert report.mode_executed == "ipex", report.notices
        assert report.agreement is not None
        assert report.agreement.verdict == "identical"


@REAL
@pytest.mark.slow
def test_real_ratio_is_against_the_main_runtime(real: Talk, starter_folder: Path) -> None:
    events = real.run(
        starter_folder, "sentence-similarity", "ipex", SIMILARITY, runtime=ipex.ID, ratio=True, calls=3, threads=1
    )
    report = only(events, Finished).report

    assert report is not None
    assert report.ratio is not None
    assert report.ratio.eager_ms > 0


@REAL
@pytest.mark.slow
def test_real_run_can_be_stopped_while_the_reference_is_made(real: Talk, starter_folder: Path) -> None:
    fields = {"source_sentence": "A text that nobody asked about before.", "sentences": ["One.", "Two."]}
    name = real.send(
        starter_folder, "sentence-similarity", "ipex", fields, runtime=ipex.ID, check="always", calls=3, threads=1
    )
    real.until(lambda event: event.id == name and getattr(event, "stage", "") == "compare")
    real.client.stop(name)
    last = real.end(name, 5)

    assert isinstance(last, Failed | Finished)
