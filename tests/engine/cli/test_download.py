"""``fastpath run`` with a model of the Hub that is not on this computer yet."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hub_server import COMMIT, Hub, Repo, serving
from tests.talk import gone_within

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "gui", "run", "--mode", "eager", "--repeat", "3"]
WORDS = ("--task", "text-classification", "--input", "I like it.")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: Callable[[str, str], Path]) -> Iterator[Hub]:
    folder = tiny("bert", "SequenceClassification")
    files: dict[str, bytes | Path] = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    with serving({"org/name": Repo(files), "org/words": Repo(files | {"config.json": b"{}"})}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        yield hub


def run(*words: str, status: int = 0) -> tuple[str, str]:
    done = subprocess.run([*PROGRAM, *WORDS, *words], capture_output=True, timeout=120, cwd=ROOT)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


def test_model_and_tokenizer_are_downloaded_once_and_then_run(hub: Hub) -> None:
    words = ("--model", f"{hub.url}/org/name/tree/main", "--tokenizer", "org/words", "--json")
    out, err = run(*words)
    asked = len(hub.seen)
    again, quiet = run(*words)

    assert json.loads(out)["model"]["commit"] == COMMIT
    assert json.loads(again)["output"] == json.loads(out)["output"]
    assert "Downloading org/words..." in err
    assert "Downloading" not in quiet
    assert len(hub.seen) == asked
    assert not [one for one in hub.seen if "org/words" in one.path and "safetensors" in one.path]


def test_a_model_that_is_not_there_is_one_document(hub: Hub) -> None:
    out, _ = run("--model", "org/other", "--json", status=1)

    assert json.loads(out)["error"]["code"] == "ModelNotFound"


def test_interrupt_keeps_what_came(hub: Hub, own_home: Path) -> None:
    hub.repos["org/name"].bytes_per_s = 50_000
    words = [*PROGRAM, *WORDS, "--model", "org/name", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        hub.until_asked("model.safetensors")
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=10)

    assert process.returncode == 130
    assert json.loads(out)["error"]["code"] == "Stopped"
    assert gone_within(own_home, 2) == []
    hub.repos["org/name"].bytes_per_s = 0
    hub.seen.clear()
    run("--model", "org/name", "--json")
    assert [one.range.rstrip("-0123456789") for one in hub.asked("model.safetensors")] == ["bytes="]


@pytest.mark.slow
def test_a_folder_is_meant_from_where_the_person_is(
    tiny: Callable[[str, str], Path], hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny("bert", "SequenceClassification")
    environment = {"PYTHONPATH": str(ROOT)}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    words = [*PROGRAM, *WORDS, "--model", f"./{folder.name}", "--json"]
    done = subprocess.run(words, capture_output=True, timeout=120, cwd=folder.parent)

    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["model"]["folder"] == str(folder)
    assert hub.seen == []
