"""torch.compile: two graphs for all shapes, nothing run by plain PyTorch in silence, nothing left behind."""

import gc
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import torch
import transformers
from torch._dynamo.utils import counters

from engine.modes import eager, torch_compile
from engine.wire.errors import ModeUnavailable, NotForThisModel
from tests.engine.modes.conftest import MakeJob
from tests.engine.modes.trying import FAMILIES, HEADS, assert_agrees, ended, prepared, tokens

Tiny = Callable[[str, str], Path]

needs_compiler = pytest.mark.skipif(torch_compile.available() is not None, reason="no C++ compiler here")


@pytest.fixture(autouse=True, scope="module")
def compiled_code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path_factory.mktemp("inductor")))
        yield


def graphs() -> int:
    """How many graphs this process has compiled."""
    return int(counters["stats"]["unique_graphs"])


def live_bytes() -> int:
    """Of all tensors in this process, the packed ones included."""
    gc.collect()
    tensors = (thing for thing in gc.get_objects() if type(thing) in (torch.Tensor, torch.nn.Parameter))
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


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
        assert_agrees(reference(**inputs), model(**inputs))
    assert graphs() == before + 1

    assert [stage.stage for stage in ended(list(model.adapt(tokens(folder, 2, 24))))] == ["prepare"]
    assert graphs() == before + 2
    for shape in ((2, 24), (3, 24), (3, 70), (8, 8)):
        inputs = tokens(folder, *shape)
        assert_agrees(reference(**inputs), model(**inputs))  # without adapt: no shape needs it any more
    assert graphs() == before + 2
    assert counters["graph_break"] == {}

    assert live_bytes() > at_first_bytes + 100_000
    model.close()
    assert live_bytes() < at_first_bytes + 10_000
    assert psutil.Process().children() == []


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "head"), [(family, HEADS[number % len(HEADS)]) for number, family in enumerate(FAMILIES)]
)
def test_answers_as_eager_does(tiny: Tiny, agrees: Callable[..., None], family: str, head: str) -> None:
    agrees(torch_compile, tiny(family, head), head)


@needs_compiler
@pytest.mark.slow
def test_starter_answers_as_eager_does(starter_folder: Path, agrees: Callable[..., None]) -> None:
    agrees(torch_compile, starter_folder, "FeatureExtraction")


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


@pytest.mark.skipif(sys.platform == "win32", reason="a compiler made of a shell script")
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
@pytest.mark.skipif(sys.platform == "win32", reason="a compiler made of a shell script")
def test_compiler_that_fails_is_told(
    tiny: Tiny, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It says its version as the real one does, and compiles nothing."""
    real = shutil.which("g++") or shutil.which("c++")
    broken = tmp_path / "broken-g++"
    broken.write_text(f'#!/bin/sh\ncase "$1" in --version|-dumpversion) exec {real} "$1";; esac\necho no >&2\nexit 1\n')
    broken.chmod(0o755)
    monkeypatch.setenv("CXX", str(broken))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))
    torch.compiler.reset()
    folder = tiny("distilbert", "TokenClassification")
    with pytest.raises(ModeUnavailable) as refused:
        prepared(torch_compile, make_job(folder, "TokenClassification", tokens(folder, 1, 11)))

    assert refused.value.what_happened == "The C++ compiler of this computer could not compile the model."
    assert "broken-g++" in refused.value.details
    assert "Install" in refused.value.what_to_do
