"""OpenVINO: the same answers at the precision that was asked, one graph kept, texts beside each other, no network."""

import dataclasses
import itertools
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch

from engine import folders
from engine.cpu import read as cpu
from engine.mode import Prepared
from engine.models import calibration
from engine.models.calibration import Texts
from engine.models.look import look
from engine.modes import eager, onnx_runtime, openvino_runtime
from engine.modes.openvino_runtime import calibrated, libraries
from engine.ragged.parts import TOKEN_OUTPUTS, Part, lengths_of, singly
from engine.wire.errors import BadInput, NotForThisModel, UnsafeWeights
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.trying import FAMILIES, HEADS, TOLERANCE, ended, prepared, tokens
from tests.tiny import ALL_FAMILIES

Tiny = Callable[[str, str], Path]
openvino = libraries.openvino()

EVERYDAY = [*zip(FAMILIES, itertools.cycle(HEADS), strict=False), ("bert", "MaskedLM"), ("modernbert", HEADS[0])]
REST = [pair for pair in itertools.product(ALL_FAMILIES, HEADS) if pair not in EVERYDAY and pair[0] != "longformer"]
SHAPES = ((1, 11), (3, 24))
HAS_BF16 = any(feature.usable and feature.id in ("avx512_bf16", "amx_bf16") for feature in cpu.facts().features)
HAS_VNNI = any(feature.usable and feature.id in ("avx512_vnni", "avx_vnni") for feature in cpu.facts().features)
LOWER = ("bf16", "int8-dynamic", "int8-weights", "int8-static")


def assert_near(head: str, inputs: Any, expected: Any, got: Any, tolerance: float = TOLERANCE) -> None:
    """The same names and shapes, and the same numbers wherever a text is: what stands at padding is nobody's answer."""
    assert set(got) == set(expected)
    for name, value in got.items():
        assert value.shape == expected[name].shape, name
        kept = inputs["attention_mask"] > 0 if name in TOKEN_OUTPUTS.get(head, ()) else ...
        assert (value[kept] - expected[name][kept]).abs().max() <= tolerance, name
        assert value.numel() == 2 or value.std() > 0, name


def cosines(head: str, inputs: Iterable[Any], one: Prepared, other: Prepared) -> list[float]:
    """Of each row's raw outputs, padding left out."""
    found = []
    for batch in inputs:
        a, b = one(**batch), other(**batch)
        for row, name in itertools.product(range(len(batch["input_ids"])), a):
            kept = batch["attention_mask"][row] > 0 if name in TOKEN_OUTPUTS.get(head, ()) else ...
            pair = (a[name][row][kept].flatten().double(), b[name][row][kept].flatten().double())
            found.append(torch.nn.functional.cosine_similarity(*pair, dim=0).item())
    return found


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

    assert model.precision == precision or (precision, HAS_BF16) == ("bf16", False)
    if head != "SequenceClassification":  # of two labels' scores a cosine says nothing
        assert min(cosines(head, inputs, reference, model)) >= least


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


@pytest.fixture
def own_graph(tiny: Tiny, make_job: MakeJob, tmp_path: Path) -> Path:
    """A folder with nothing but an ONNX graph for token classification."""
    folder = tmp_path / "own"
    shutil.copytree(tiny("bert", "TokenClassification"), folder)
    job = make_job(folder, "TokenClassification", tokens(folder, 1, 11))
    prepared(onnx_runtime, job)
    kept = job.artefacts.find("onnx-runtime", "fp32", {})
    assert kept is not None
    onnx.save(onnx.load(kept / "model.onnx"), folder / "model.onnx")
    (folder / "model.safetensors").unlink()
    return folder


def test_own_graph_is_run(own_graph: Path, make_job: MakeJob, tiny: Tiny) -> None:
    inputs = tokens(own_graph, 3, 24)
    _, reference = prepared(eager, make_job(tiny("bert", "TokenClassification"), "TokenClassification", inputs))
    for precision in ("fp32", "int8-weights"):
        job = make_job(own_graph, "TokenClassification", inputs, precision)
        _, model = prepared(openvino_runtime, job)
        assert openvino_runtime.fits(job.facts, precision).verdict == "fits"
        assert min(cosines("TokenClassification", [inputs], reference, model)) >= (
            0.99 if "int8" in precision else 1 - 1e-6
        )


def test_own_graph_for_another_task_is_refused(own_graph: Path, make_job: MakeJob) -> None:
    with pytest.raises(NotForThisModel, match="start_logits"):
        prepared(openvino_runtime, make_job(own_graph, "QuestionAnswering", tokens(own_graph, 1, 11)))


def test_external_data_from_outside_is_refused(own_graph: Path, make_job: MakeJob) -> None:
    model = onnx.load(own_graph / "model.onnx")
    onnx.save(model, own_graph / "model.onnx", save_as_external_data=True, location="model.data", size_threshold=1000)
    model = onnx.load(own_graph / "model.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = "../secret.data"
    (own_graph / "model.onnx").write_bytes(model.SerializeToString())
    (own_graph / "model.data").rename(own_graph.parent / "secret.data")
    with pytest.raises(UnsafeWeights, match="outside"):
        prepared(openvino_runtime, make_job(own_graph, "TokenClassification", tokens(own_graph, 1, 11)))


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


PREPARE = """
import sys
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
    return ended(prepared(openvino_runtime, job)[0])[1].seconds, facts.size_bytes


model, tiny, precision, first = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
if first == "memory":
    prepare(tiny, precision)
before = memory.now_bytes()
memory.reset_peak()
seconds, size_bytes = prepare(model, precision)
print((memory.peak_mb() * 1e6 - before) / size_bytes, seconds)
"""


def in_fresh_process(*words: object) -> tuple[float, float]:
    """Peak of memory over what was there before, in sizes of the weights; and seconds of preparing."""
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
