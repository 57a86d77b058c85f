"""torch.compile: two graphs for all shapes, nothing run by plain PyTorch in silence, nothing left behind."""

import gc
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
import transformers
from torch._dynamo.utils import counters
from torch._inductor import cpu_vec_isa

from engine import task
from engine.cpu import read as cpu
from engine.evidence import inductor
from engine.models import calibration
from engine.models.arrays import arrays
from engine.models.calibration import Texts
from engine.modes import eager, torch_compile
from engine.modes.torch_compile import backends
from engine.store import storage
from engine.wire.errors import ModeUnavailable, NotForThisModel
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.trying import assert_agrees, ended, prepared, tokens

Tiny = Callable[[str, str], Path]

needs_compiler = pytest.mark.skipif(torch_compile.available() is not None, reason="no C++ compiler here")
needs_sh = pytest.mark.skipif(sys.platform == "win32", reason="a compiler made of a shell script")


@pytest.fixture(autouse=True, scope="module")
def compiled_code(compiled_once: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCHINDUCTOR_CACHE_DIR", str(compiled_once))
        yield


def graphs() -> int:
    """How many graphs this process has compiled."""
    return int(counters["stats"]["unique_graphs"])


def live_bytes() -> int:
    """Of all tensors in this process, the packed ones included."""
    gc.collect()
    tensors = (thing for thing in gc.get_objects() if type(thing) in (torch.Tensor, torch.nn.Parameter))
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def cosine(precision: str, reference: Any, model: Any, inputs: dict[str, torch.Tensor]) -> float:
    """Of all outputs, the worst row."""
    outputs = arrays(reference(**inputs)), arrays(model(**inputs))
    rows = [True] * len(inputs["input_ids"])
    return task.agreement(precision, [outputs[0]], [outputs[1]], [inputs], rows).cosine_worst


@pytest.mark.slow
@needs_compiler
def test_two_graphs_serve_all_shapes_and_answer_as_eager_does(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("bert", "TokenClassification")
    job = make_job(folder, "TokenClassification", tokens(folder, 1, 11))
    _, reference = prepared(eager, job)
    before, at_first_bytes = graphs(), live_bytes()
    events, model = prepared(torch_compile, job)

    assert [stage.stage for stage in ended(events)] == ["load", "prepare"]
    assert graphs() == before + 1
    for length in (11, 2, 16, 33, 70):
        inputs = tokens(folder, 1, length)
        assert list(model.adapt(inputs)) == []
        assert_agrees(reference(**inputs), model(**inputs), inputs)
    assert graphs() == before + 1

    assert "prepare" in [stage.stage for stage in ended(list(model.adapt(tokens(folder, 2, 24))))]
    assert graphs() == before + 2
    for shape in ((2, 24), (3, 24), (3, 70), (8, 8)):
        inputs = tokens(folder, *shape)
        assert_agrees(reference(**inputs), model(**inputs), inputs)  # without adapt: no shape needs it any more
    assert graphs() == before + 2
    assert counters["graph_break"] == {}

    _assert_explained(model, tokens(folder, 3, 24))
    assert live_bytes() > at_first_bytes + 100_000
    model.close()
    assert live_bytes() < at_first_bytes + 10_000
    assert psutil.Process().children() == []


def _assert_explained(model: Any, inputs: dict[str, torch.Tensor]) -> None:
    """Kernels that join operators, each once a layer or more; and the C++ of both graphs, kept and listed."""
    told = model.explain(inputs)
    assert told.precision_executed["linear"] == "fp32"
    assert any("layer norm" in name and " + " in name for name in told.fused)
    assert abs(sum(told.time_share.values()) - 1) < 1e-6
    assert set(told.isa_executed) & {"avx512_f", "avx2"} or not told.isa_executed

    code = Path(told.code_file).read_text("utf-8")
    assert "// Graph 2 of 2." in code
    assert code.count('extern "C"') == code.count("// cpp_fused_")
    assert "loadu" in code or "for(" in code.replace(" ", "")
    assert next(part for part in storage.parts() if part.id == "code").size_bytes >= len(code)
    inputs = {name: value[:1] for name, value in inputs.items()}
    before = model(**inputs)
    assert_agrees(before, model(**inputs))  # explaining left nothing behind


# Two shapes in one process and what was executed; ``tests.matrix`` has every family at every precision.
@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "head"), [("albert", "QuestionAnswering"), ("electra", "MaskedLM"), ("mpnet", "FeatureExtraction")]
)
def test_answers_as_eager_does(tiny: Tiny, agrees: Callable[..., None], family: str, head: str) -> None:
    agrees(torch_compile, tiny(family, head), head)


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize(
    ("precision", "family", "head"),
    [("bf16", "bert", "TokenClassification"), ("int8-dynamic", "mpnet", "TokenClassification")],
)
def test_lower_precisions_answer_nearly_so(
    tiny: Tiny, make_job: MakeJob, precision: str, family: str, head: str
) -> None:
    """Random weights of 32 channels are harsher than a trained model; real text is below."""
    folder = tiny(family, head)
    job = make_job(folder, head, tokens(folder, 1, 11), precision)
    _, reference = prepared(eager, make_job(folder, head, tokens(folder, 1, 11)))
    _, model = prepared(torch_compile, job)

    assert (model.mode, model.precision) == ("torch-compile", precision)
    for shape in ((1, 11), (3, 24)):
        inputs = tokens(folder, *shape)
        list(model.adapt(inputs))
        assert cosine(precision, reference, model, inputs) >= 0.98
    told = model.explain(tokens(folder, 1, 11))
    assert precision.partition("-")[0] in told.precision_executed["linear"]
    model.close()


@needs_compiler
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("precision", "least"), [("fp32", 0.999999), ("bf16", 0.999), ("int8-dynamic", 0.99)])
def test_starter_keeps_its_answers_on_real_texts(
    starter_folder: Path, make_job: MakeJob, precision: str, least: float
) -> None:
    sample = tokens(starter_folder, 1, 11)
    _, reference = prepared(eager, make_job(starter_folder, "FeatureExtraction", sample))
    job = make_job(starter_folder, "FeatureExtraction", sample, precision)
    _, model = prepared(torch_compile, job)
    worst = 1.0
    for inputs in Texts(job.facts, "", calibration.bundled("check")).batches():
        list(model.adapt(inputs))
        worst = min(worst, cosine(precision, reference, model, dict(inputs)))
    assert worst >= least
    told = model.explain(sample)
    assert precision.partition("-")[0] in told.precision_executed["linear"]
    assert sum(often for name, often in told.fused.items() if "layer norm" in name) == 13
    if precision == "int8-dynamic":
        assert "36 x aten::_int_mm" in told.details  # never onednn::qlinear_pointwise: see the module's first lines
    else:
        assert told.fused["linear + gelu"] == 6
        assert told.fused["linear + add"] == 12
    model.close()


@needs_compiler
@pytest.mark.slow
def test_int8_is_what_runs_and_a_head_stays_in_fp32(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("bert", "SequenceClassification")
    inputs = tokens(folder, 1, 11)
    _, reference = prepared(eager, make_job(folder, "SequenceClassification", inputs))
    _, model = prepared(torch_compile, make_job(folder, "SequenceClassification", inputs, "int8-dynamic"))

    told = model.explain(inputs)
    assert told.precision_executed["linear"] == "fp32, int8"
    assert cosine("int8-dynamic", reference, model, inputs) >= 0.99
    model.close()


@pytest.mark.parametrize(("backend", "runs"), [("eager", True), ("openvino", False)])
def test_backend_is_one_that_was_seen_to_run(tiny: Tiny, make_job: MakeJob, backend: str, runs: bool) -> None:
    option = next(option for option in torch_compile.card.options if option.id == "backend")
    assert (backend in option.choices) == runs
    assert (backend in option.refused) != runs
    if runs:
        folder = tiny("distilbert", "SequenceClassification")
        inputs = tokens(folder, 1, 11)
        job = make_job(folder, "SequenceClassification", inputs, backend=backend)
        _, model = prepared(torch_compile, job)
        _, reference = prepared(eager, job)
        assert_agrees(reference(**inputs), model(**inputs), inputs)
        assert model.explain(inputs).code_file == ""
        model.close()


@pytest.mark.slow
def test_models_do_not_mix_whatever_their_turn_and_their_inputs(tiny: Tiny, make_job: MakeJob) -> None:
    """Known inputs skip most of Dynamo's questions; which graph is whose must be told all the same."""
    folder = tiny("distilbert", "SequenceClassification")
    job = make_job(folder, "SequenceClassification", tokens(folder, 1, 11), backend="eager")
    models: list[tuple[Any, Any]] = [(prepared(eager, job)[1], prepared(torch_compile, job)[1]) for _ in range(2)]
    with torch.no_grad():  # the second model is another, of the same code
        for one in models[1]:
            plain = getattr(one, "_model", None) or one._inner._model
            for weight in plain.parameters():
                weight.mul_(1.1)
    for shape in ((1, 11), (3, 24), (1, 40), (1, 11)):
        inputs = tokens(folder, *shape)
        wide = {name: torch.cat([value, value], dim=1)[:, : shape[1]] for name, value in inputs.items()}
        for given in (inputs, wide, inputs):  # the second with other strides
            for _, model in models:
                list(model.adapt(given))
            (first, first_compiled), (second, second_compiled) = models
            assert_agrees(first(**given), first_compiled(**given))
            assert_agrees(second(**given), second_compiled(**given))
            assert (first(**given)["logits"] - second(**given)["logits"]).abs().max() > 1e-3
    for reference, model in models:
        model.close()
        reference.close()


def test_every_backend_is_listed_once_with_a_reason_where_it_cannot_be_chosen() -> None:
    named = set(torch._dynamo.list_backends(None))

    assert named - {*backends.CHOICES, *backends.REFUSED} == set()
    assert not set(backends.CHOICES) & set(backends.REFUSED)
    assert backends.CHOICES[0] == "inductor"
    assert all(reason.endswith(".") for reason in backends.REFUSED.values())


@needs_compiler
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_autotuned_model_answers_as_eager_does(tiny: Tiny, make_job: MakeJob) -> None:
    folder = tiny("distilbert", "SequenceClassification")
    inputs = tokens(folder, 1, 11)
    job = make_job(folder, "SequenceClassification", inputs, autotune="max")
    _, reference = prepared(eager, job)
    _, model = prepared(torch_compile, job)
    assert_agrees(reference(**inputs), model(**inputs), inputs)
    model.close()
    assert psutil.Process().children() == []


@needs_compiler
def test_model_that_cannot_be_compiled_is_refused(tmp_path: Path, make_job: MakeJob) -> None:
    config = transformers.AutoConfig.for_model(
        "longformer", hidden_size=32, num_attention_heads=4, num_hidden_layers=1, attention_window=[16]
    )
    transformers.AutoModel.from_config(config).save_pretrained(tmp_path)
    job = make_job(tmp_path, "FeatureExtraction", tokens(tmp_path, 1, 11))

    assert torch_compile.fits(job.facts, "fp32").verdict == "no"
    with pytest.raises(NotForThisModel) as refused:
        prepared(torch_compile, job)
    assert "Unsupported" in refused.value.details


def test_without_a_compiler_the_reason_and_the_remedy_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    missing = torch_compile.available()

    assert missing is not None
    assert missing.reason == "There is no C++ compiler on this computer."
    assert "Install" in missing.remedy


@needs_sh
@pytest.mark.parametrize("named", ["g++", "clang++", "c++", "my-compiler"])
def test_any_usual_compiler_and_the_one_that_cxx_names_will_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    compiler = tmp_path / named
    compiler.write_text("#!/bin/sh\nexit 0\n")
    compiler.chmod(0o755)
    if named == "my-compiler":
        monkeypatch.setenv("CXX", str(compiler))
    missing = torch_compile.available()

    assert missing is None or "header files" in missing.reason


@needs_compiler
@needs_sh
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param("no", "The C++ compiler of this computer could not compile the model.", marks=pytest.mark.slow),
        (
            "main.cpp:3:10: fatal error: omp.h: No such file or directory",
            "The C++ compiler of this computer lacks a header file that the model needs: omp.h.",
        ),
    ],
)
def test_compiler_that_fails_is_told(
    tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: str, sentence: str
) -> None:
    """It says its version as the real one does, and compiles nothing."""
    real = shutil.which("g++") or shutil.which("c++")
    broken = tmp_path / "broken-g++"
    version = f'case "$1" in --version|-dumpversion) exec {real} "$1";; esac'
    broken.write_text(f'#!/bin/sh\n{version}\necho "{words}" >&2\nexit 1\n')
    broken.chmod(0o755)
    monkeypatch.setenv("CXX", str(broken))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))
    torch.compiler.reset()
    folder = tiny("distilbert", "TokenClassification")
    with pytest.raises(ModeUnavailable) as refused:
        prepared(torch_compile, make_job(folder, "TokenClassification", tokens(folder, 1, 11)))

    assert refused.value.what_happened == sentence
    assert "broken-g++" in refused.value.details
    assert words in refused.value.details
    assert "Install" in refused.value.what_to_do
    monkeypatch.delenv("CXX")
    torch_compile.compiler.configure()
    assert cpu_vec_isa.pick_vec_isa() or not has_vectors()  # once it is mended, code has vectors again


def has_vectors() -> bool:
    return any(feature.id == "avx2" and feature.usable for feature in cpu.facts().features)


def test_kernels_are_told_by_the_operators_that_they_join() -> None:
    source = """
cpp_fused_add_native_layer_norm_transpose_view_2 = async_compile.cpp_pybinding(['float*', 'const int64_t'], r'''
#include <torch/csrc/inductor/cpp_prefix.h>
extern "C"  void  kernel(float* in_out_ptr0)
{ }
''')
cpp_fused__to_copy_3 = async_compile.cpp_pybinding(['at::BFloat16*', 'float*'], '''
extern "C"  void  kernel(float* in_out_ptr0)
{ }
''')

class Runner:
    def call(self, args):
        cpp_fused_add_native_layer_norm_transpose_view_2(buf1)
        buf5 = torch.ops.mkldnn._linear_pointwise.default(reinterpret_tensor(buf4))
        extern_kernels.bmm(a, b, out=c)
"""
    norm, convert = inductor.kernels(source)

    assert (norm.fused, norm.kind, norm.precision) == ("add + layer norm", "normalization", "fp32")
    assert (convert.fused, convert.kind, convert.precision) == ("", "layout", "bf16")
    assert inductor.calls(source) == (norm.name, "mkldnn._linear_pointwise.default", "extern_kernels.bmm")
