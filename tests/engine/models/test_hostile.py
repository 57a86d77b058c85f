"""Every hostile folder is refused with its sentence, at once, and before anything heavy is imported."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.models.look import look, look_at_tokenizer
from engine.wire.errors import FastpathError, UnsafeWeights
from engine.wire.messages import Describe, Failed, Ready
from tests.engine.models.folders import CONFIG, write
from tests.hostile import HOSTILE, make_all, snapshot
from tests.talk import talking

HEAVY = ("torch", "transformers", "optimum", "onnxruntime", "onnx", "safetensors", "tokenizers", "numpy", "jinja2")
MOST_S = 1.0

LOOK_AT_ALL = f"""
import json, sys, time
from pathlib import Path
from engine.models.look import look
from engine.wire.errors import failure_of
told = {{}}
for name, folder in json.load(sys.stdin).items():
    began = time.perf_counter()
    try:
        look(Path(folder))
        failure = None
    except Exception as error:
        failure = failure_of(error)
    took_s = time.perf_counter() - began
    told[name] = [failure and failure.code, failure and failure.what_happened, failure and failure.what_to_do, took_s]
print(json.dumps({{"told": told, "heavy": sorted(set({HEAVY}) & set(sys.modules))}}))
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_all(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def looked(folders: dict[str, Path]) -> dict[str, Any]:
    """What a fresh process says of all of them."""
    given = json.dumps({name: str(folder) for name, folder in folders.items()})
    done = subprocess.run(
        [sys.executable, "-c", LOOK_AT_ALL], input=given, capture_output=True, text=True, cwd=Path(__file__).parents[3]
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_its_sentence(looked: dict[str, Any], folders: dict[str, Path], name: str):
    code, what_happened, what_to_do, took_s = looked["told"][name]
    case = HOSTILE[name]

    assert code == case.failure, what_happened
    assert case.words in what_happened
    assert what_happened.endswith(".")
    assert what_to_do.endswith(".")
    assert what_happened.isprintable()
    assert took_s <= MOST_S
    assert not list(folders[name].parent.glob("opened"))


def test_nothing_heavy_is_imported_to_refuse_them(looked: dict[str, Any]):
    assert looked["heavy"] == []


def test_the_desk_refuses_them_and_lives(folders: dict[str, Path]):
    """Through a real client: one failure each, the desk is the same process afterwards and maps no torch."""
    with talking() as talk:
        for name, folder in folders.items():
            talk.client.send(Describe(id=name, ref=str(folder)))
        for name in folders:
            end = talk.end(name, 30)
            assert isinstance(end, Failed), name
            assert end.failure.code == HOSTILE[name].failure
        desks = [event.pid for event in talk.heard if isinstance(event, Ready) and event.role == "desk"]

        assert len(desks) == 1
        if sys.platform == "linux":
            assert "libtorch" not in Path(f"/proc/{desks[0]}/maps").read_text()


@pytest.mark.parametrize("name", ["own tokenizer", "endless template", "linked tokenizer", "a tokenizer of a gigabyte"])
def test_a_hostile_folder_lends_no_tokenizer(folders: dict[str, Path], name: str, starter_folder: Path):
    with pytest.raises(FastpathError, match=HOSTILE[name].words):
        look_at_tokenizer(folders[name])
    with talking() as talk:
        talk.client.send(Describe(id="d", ref="starter", tokenizer=str(folders[name])))
        end = talk.end("d")
        run = talk.end(
            talk.send(starter_folder, "feature-extraction", "eager", {"inputs": "x"}, tokenizer=str(folders[name]))
        )

    for last in (end, run):
        assert isinstance(last, Failed)
        assert last.failure.code == HOSTILE[name].failure


HONEST: dict[str, dict[str, Any]] = {
    "flash attention": {"_attn_implementation": "flash_attention_2"},
    "flash attention 3": {"attn_implementation": "flash_attention_3"},
    "flexible attention": {"_attn_implementation_internal": "flex_attention", "_attn_implementation_autoset": True},
    "paged attention": {"attn_implementation": "paged|sdpa"},
    "no attention": {"attn_implementation": None},
    "own code of a known family": {"auto_map": {"AutoModel": "mine.Model"}},
    "no trust": {"trust_remote_code": False},
    "a kernel of a convolution": {"conv_kernel_size": 9},
    "a tokenizer of Transformers": {"tokenizer_class": "XLMRobertaTokenizer"},
    "half precision": {"torch_dtype": "float16"},
    "no quantization": {"quantization_config": None},
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_configuration_is_taken(tmp_path: Path, name: str):
    assert look(write(tmp_path / "m", config={**CONFIG, **HONEST[name]})).model_type == "bert"


def test_honest_files_beside_the_model_are_nobodys_concern(tmp_path: Path):
    template = "{% for message in messages %}{% for i in range(3) %}{{ message }}{% endfor %}{% endfor %}"
    folder = write(
        tmp_path / "m", tokenizer_config={"chat_template": template, "special_tokens_map_file": "/home/x/y.json"}
    )
    (folder / "results.json").write_text('{"a": 1}\n{"a": 2}\n')
    (folder / "more.json").write_text("[" * 100 + "]" * 100)
    (tmp_path / "notes.md").write_text("x")
    (folder / "notes.md").symlink_to(tmp_path / "notes.md")
    (folder / "runs").symlink_to(tmp_path)
    (folder / "weights").mkdir()
    (folder / "model-link.safetensors").symlink_to("model.safetensors")

    assert look(folder).model_type == "bert"


def test_a_snapshot_of_the_hub_links_to_its_own_blobs(tmp_path: Path):
    assert look(snapshot(tmp_path)).weights == "safetensors"


def test_a_hostile_graph_beside_good_weights_is_refused_and_a_broken_one_passed_over(
    folders: dict[str, Path], tmp_path: Path
):
    folder = write(tmp_path / "m")
    (folder / "model.onnx").write_bytes(b"\xff" * 100)
    assert look(folder).onnx_file == ""

    (folder / "model.onnx").write_bytes((folders["onnx parent"] / "model.onnx").read_bytes())
    with pytest.raises(UnsafeWeights):
        look(folder)
