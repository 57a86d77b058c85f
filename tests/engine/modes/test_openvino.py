"""OpenVINO: the same answers at the precision that was asked, one graph kept, texts beside each other, no network."""

import dataclasses
import itertools
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.cpu import read as cpu
from engine.models import calibration
from engine.models.calibration import Texts
from engine.models.look import look
from engine.modes import eager, openvino_runtime
from engine.ragged.parts import TOKEN_OUTPUTS, Part, lengths_of, singly
from engine.wire.messages import Notice
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.near import assert_near, cosines
from tests.engine.modes.trying import FAMILIES, HEADS, prepared, tokens
from tests.tiny import ALL_FAMILIES

Tiny = Callable[[str, str], Path]

EVERYDAY = [*zip(FAMILIES, itertools.cycle(HEADS), strict=False), ("bert", "MaskedLM"), ("modernbert", HEADS[0])]
REST = [pair for pair in itertools.product(ALL_FAMILIES, HEADS) if pair not in EVERYDAY and pair[0] != "longformer"]
SHAPES = ((1, 11), (3, 24))
HAS_BF16 = any(feature.usable and feature.id in ("avx512_bf16", "amx_bf16") for feature in cpu.facts().features)
HAS_VNNI = any(feature.usable and feature.id in ("avx512_vnni", "avx_vnni") for feature in cpu.facts().features)
LOWER = ("bf16", "int8-dynamic", "int8-weights", "int8-static")


@pytest.mark.parametrize(
    ("family", "head"), [*EVERYDAY, *(pytest.param(*pair, marks=pytest.mark.slow) for pair in REST)]
)
def test_answers_as_eager_does(tiny: Tiny, make_job: MakeJob, family: str, head: str) -> None:
    folder = tiny(family, head)
    job = make_job(folder, head, tokens(folder, *SHAPES[0]))
    _, reference = prepared(eager, job)
    _, model = prepared(openvino_runtime, job)
    for shape in SHAPES:
        inputs = tokens(folder, *shape)
        list(model.adapt(inputs))
        assert_near(head, inputs, reference(**inputs), model(**inputs))
    assert (model.mode, model.precision) == ("openvino", "fp32")


@pytest.mark.slow
@pytest.mark.parametrize("family", [name for name in ALL_FAMILIES if name != "longformer"])
def test_one_graph_serves_longer_texts_than_it_was_made_with(tiny: Tiny, make_job: MakeJob, family: str) -> None:
    folder = tiny(family, "TokenClassification")
    inputs = tokens(folder, 2, 300)
    job = make_job(folder, "TokenClassification", tokens(folder, 1, 11))
    _, reference = prepared(eager, job)
    _, model = prepared(openvino_runtime, job)

    assert_near("TokenClassification", inputs, reference(**inputs), model(**inputs))


@pytest.mark.parametrize(
    ("head", "precision"),
    [
        pytest.param(*pair, marks=[] if i % 6 == 0 else pytest.mark.slow)
        for i, pair in enumerate(itertools.product(HEADS, LOWER))
    ],
)
def test_lower_precisions_stay_near(tiny: Tiny, make_job: MakeJob, head: str, precision: str) -> None:
    folder = tiny("bert", head)
    # Ranges found on texts hold for texts, not for ids drawn by lot.
    inputs = texts_of(folder)[:4] if precision == "int8-static" else [tokens(folder, *shape) for shape in SHAPES]
    _, reference = prepared(eager, make_job(folder, head, inputs[0]))
    _, model = prepared(openvino_runtime, make_job(folder, head, inputs[0], precision))
    least = 0.999 if precision == "bf16" else 0.99

    emulated = (precision == "bf16" and not HAS_BF16) or (precision == "int8-dynamic" and not HAS_VNNI)
    assert model.precision == precision or emulated
    if head != "SequenceClassification":  # of two labels' scores a cosine says nothing
        assert min(cosines(head, inputs, reference, model)) >= least


def test_what_the_processor_lacks_is_told(tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_runtime.settings, "quantises_activations", lambda: False)
    folder = tiny("bert", "FeatureExtraction")
    inputs = tokens(folder, 1, 8)
    _, model = prepared(openvino_runtime, make_job(folder, "FeatureExtraction", inputs, "int8-dynamic"))

    assert model.precision == "int8-weights"
    (notice,) = list(model.adapt(inputs))
    assert isinstance(notice, Notice)
    assert "OpenVINO ran at int8-weights" in notice.text


def texts_of(folder: Path) -> list[Any]:
    facts = look(folder)
    return list(Texts(facts, "", calibration.bundled("check")).batches())


@pytest.mark.parametrize(
    ("precision", "least"),
    [
        ("int8-dynamic", 0.995),
        pytest.param("int8-weights", 0.995, marks=pytest.mark.slow),
        pytest.param("bf16", 0.999, marks=pytest.mark.slow),
        pytest.param("int8-static", 0.99, marks=pytest.mark.slow),
    ],
)
def test_real_texts_are_read_as_before(starter_folder: Path, make_job: MakeJob, precision: str, least: float) -> None:
    texts = texts_of(starter_folder)
    _, reference = prepared(eager, make_job(starter_folder, "FeatureExtraction", texts[0]))
    _, model = prepared(openvino_runtime, make_job(starter_folder, "FeatureExtraction", texts[0], precision))

    assert min(cosines("FeatureExtraction", texts, reference, model)) >= least


@pytest.mark.slow
def test_smaller_groups_are_nearer(starter_folder: Path, make_job: MakeJob) -> None:
    texts = texts_of(starter_folder)[:4]
    _, reference = prepared(eager, make_job(starter_folder, "FeatureExtraction", texts[0]))
    found = []
    for options in ({"group": "32", "beside": "fp32"}, {"group": "384"}):
        job = make_job(starter_folder, "FeatureExtraction", texts[0], "int8-dynamic", **options)
        found.append(min(cosines("FeatureExtraction", texts, reference, prepared(openvino_runtime, job)[1])))

    assert found[0] > found[1] if HAS_VNNI else found


def test_no_call_writes_into_what_another_gave(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("bert", "FeatureExtraction")
    one, other = tokens(folder, 1, 11), tokens(folder, 1, 24)
    _, model = prepared(openvino_runtime, make_job(folder, "FeatureExtraction", one))
    given = model(**one)["last_hidden_state"]
    kept = given.clone()
    for inputs in (other, one | {"input_ids": one["input_ids"] + 1}, other):
        model(**inputs)

    assert torch.equal(given, kept)


def test_what_a_tokenizer_leaves_out_is_filled_in(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("bert", "FeatureExtraction")
    inputs = tokens(folder, 1, 11)
    _, model = prepared(openvino_runtime, make_job(folder, "FeatureExtraction", inputs))
    whole = model(**inputs)["last_hidden_state"]

    assert torch.equal(model(input_ids=inputs["input_ids"])["last_hidden_state"], whole)


@pytest.mark.parametrize(
    ("head", "threads"),
    [
        *(("FeatureExtraction", 1), ("QuestionAnswering", 2), ("SequenceClassification", 2)),
        *(pytest.param(head, 2, marks=pytest.mark.slow) for head in ("FeatureExtraction", "TokenClassification")),
        pytest.param("MaskedLM", 1, marks=pytest.mark.slow),
    ],
)
def test_texts_beside_each_other_answer_as_padded_ones(tiny: Tiny, make_job: MakeJob, head: str, threads: int) -> None:
    folder = tiny("bert", head)
    inputs = tokens(folder, 12, 40)
    lengths = lengths_of(inputs)
    assert lengths
    job = dataclasses.replace(make_job(folder, head, inputs), threads=threads)
    _, reference = prepared(eager, job)
    session = prepared(openvino_runtime, job)[1]._inner  # type: ignore[attr-defined]
    groups = (Part((0, 1, 2), lengths[0]), *(Part((row,), lengths[row]) for row in range(3, 12)))
    expected = reference(**inputs)
    for parts in (groups, singly(lengths)):
        given = session.together(inputs, parts)
        assert_near(head, inputs, expected, given)
    for name in TOKEN_OUTPUTS.get(head, ()):
        assert not given[name][inputs["attention_mask"] == 0].any()


def test_ragged_batch_is_measured_and_right(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("roberta", "TokenClassification")
    inputs = tokens(folder, 8, 96)
    job = make_job(folder, "TokenClassification", inputs)
    _, reference = prepared(eager, job)
    _, model = prepared(openvino_runtime, job)
    list(model.adapt(inputs))

    assert_near("TokenClassification", inputs, reference(**inputs), model(**inputs))
    assert "measured" in model.explain(inputs).details


def test_fp32_runs_in_fp32(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("bert", "FeatureExtraction")
    inputs = tokens(folder, 1, 24)
    told = prepared(openvino_runtime, make_job(folder, "FeatureExtraction", inputs))[1].explain(inputs)

    for kind in ("linear", "attention", "normalization"):
        assert told.precision_executed[kind] == "fp32"
    assert told.fused["linear + gelu"] == 2
    assert told.fused["scaled dot-product attention"] == 2
    assert sum(told.time_share.values()) == pytest.approx(1)
    assert "FullyConnected" in told.details


@pytest.mark.skipif(not HAS_BF16, reason="this CPU has no bf16")
def test_bf16_runs_in_bf16(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("bert", "FeatureExtraction")
    inputs = tokens(folder, 1, 24)
    told = prepared(openvino_runtime, make_job(folder, "FeatureExtraction", inputs, "bf16"))[1].explain(inputs)

    assert told.precision_executed["linear"] == "bf16"
    assert "avx512_bf16" in told.isa_executed or "amx_bf16" in told.isa_executed


@pytest.mark.skipif(not HAS_VNNI, reason="this CPU has no int8 dot products")
@pytest.mark.parametrize(
    ("precision", "beside", "linear"),
    [
        ("int8-dynamic", "bf16", "int8"),
        pytest.param("int8-dynamic", "fp32", "int8", marks=pytest.mark.slow),
        pytest.param("int8-weights", "fp32", "fp32", marks=pytest.mark.slow),
        pytest.param("int8-static", "fp32", "int8", marks=pytest.mark.slow),
    ],
)
def test_int8_products_are_proved(
    starter_folder: Path, make_job: MakeJob, precision: str, beside: str, linear: str
) -> None:
    inputs = tokens(starter_folder, 1, 24)
    job = make_job(starter_folder, "FeatureExtraction", inputs, precision, beside=beside)
    told = prepared(openvino_runtime, job)[1].explain(inputs)

    assert told.precision_executed["linear"] == linear
    beside = beside if HAS_BF16 and linear == "int8" else "fp32"
    assert told.precision_executed["attention"] == ("int8" if precision == "int8-static" else beside)
    assert (linear == "int8") == bool({"avx512_vnni", "avx_vnni", "amx_int8"} & set(told.isa_executed))
    assert not any("activations" in sentence for sentence in told.not_provable)


def test_prepares_without_the_network(tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: tried.append(address))

    def looked_up(*words: Any, **_named: Any) -> list[Any]:
        tried.append(words)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    folder = tiny("distilbert", "TokenClassification")
    inputs = tokens(folder, 1, 11)
    for precision in ("fp32", "int8-weights"):
        _, model = prepared(openvino_runtime, make_job(folder, "TokenClassification", inputs, precision))

    assert model(**inputs)["logits"].shape == (1, 11, 5)
    assert tried == []


REPORTING = """
from engine.modes.openvino_runtime import libraries
libraries.openvino().convert_model
libraries.nncf()
import nncf.telemetry
import openvino.tools.ovc.telemetry_utils
print(openvino.tools.ovc.telemetry_utils.tm.__name__, type(nncf.telemetry.telemetry).__name__)
"""


def test_nothing_is_there_to_report_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    printed = subprocess.run([sys.executable, "-c", REPORTING], capture_output=True, text=True, check=True).stdout

    assert printed.split() == ["openvino.tools.ovc.telemetry_stub", "MagicMock"]
    assert not (tmp_path / "intel").exists()


def test_longformer_does_not_fit(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("longformer", "FeatureExtraction")
    for precision in ("fp32", "bf16", "int8-dynamic"):
        assert openvino_runtime.fits(look(folder), precision).verdict == "no"


CAPPED = """
import sys
from pathlib import Path
from engine.mode import Job
from engine.models.look import look
from engine.modes import openvino_runtime
from engine.store.artefacts import Shelf
from engine.wire.errors import NotForThisModel
from tests.engine.modes.trying import prepared, tokens
folder = Path(sys.argv[1])
for beside in ("bf16", "fp32"):
    job = Job(
        look(folder), "FeatureExtraction", "int8-dynamic", {"beside": beside}, 1, tokens(folder, 1, 24),
        Shelf("one", "a CPU"), None,
    )
    try:
        prepared(openvino_runtime, job)
    except NotForThisModel:
        print("refused")
"""


@pytest.mark.slow
@pytest.mark.skipif(not HAS_VNNI, reason="the cap takes nothing away")
def test_kernels_that_a_cap_takes_away_are_told(
    starter_folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenVINO chooses int8 kernels that oneDNN then refuses: a failure, and never an answer of nothing."""
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    words = [sys.executable, "-c", CAPPED, str(starter_folder)]

    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()[-2:] == ["refused"] * 2
