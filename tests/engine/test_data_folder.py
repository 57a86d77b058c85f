"""No room, no data folder, others at the same time: a clear failure or the right answer, and nothing half made."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from engine.wire.messages import Answer, Failed, Finished, ListHistory, Samples, Update
from tests import tiny as maker
from tests.engine.cli.test_commands import PROGRAM, ROOT, document
from tests.engine.telling import cut_weights, failure
from tests.talk import Talk, only, talking

Tiny = Callable[[str, str], Path]
FEATURES = "feature-extraction"


LINUX_ROOT = sys.platform == "linux" and os.geteuid() == 0


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    """One engine for all: it must live on after whatever it was given."""
    with talking() as talk:
        yield talk


# --- the data folder --------------------------------------------------------------------------------------


@contextlib.contextmanager
def small_disk(place: Path, size: str, *, closed: bool = False) -> Iterator[Path]:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)], check=True)
    try:
        if closed:
            subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def can_mount() -> bool:
    if not LINUX_ROOT or not shutil.which("mount"):
        return False
    place = Path(os.environ["FASTPATH_HOME"]).with_name("mount-try")
    try:
        with small_disk(place, "1m"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False
    finally:
        with contextlib.suppress(OSError):
            place.rmdir()


needs_mount = pytest.mark.skipif(not can_mount(), reason="only root may mount a small disk")


def parts_left(home: Path) -> list[Path]:
    return list(home.rglob("*.part*"))


@pytest.mark.slow
@needs_mount
def test_no_room_for_an_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_folder: Path) -> None:
    with small_disk(tmp_path / "disk", "8m") as home:
        monkeypatch.setenv("FASTPATH_HOME", str(home))
        with talking() as talk:
            found = failure(talk, talk.send(starter_folder, FEATURES, "onnx-runtime", {"inputs": "x"}))
            assert found.code == "DiskFull"
            assert str(home) in found.what_happened
            assert parts_left(home) == []
            assert list((home / "artefacts").iterdir()) == []
            # Nothing is lost: what needs no room still runs in the same engine.
            talk.run(starter_folder, FEATURES, "eager", {"inputs": "x"}, calls=1)


@needs_mount
@pytest.mark.slow
def test_no_room_for_what_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: Tiny) -> None:
    with small_disk(tmp_path / "disk", "64k") as home:
        monkeypatch.setenv("FASTPATH_HOME", str(home))
        with talking() as talk:
            name = talk.send(tiny("bert", "FeatureExtraction"), FEATURES, "torch-compile", {"inputs": "x"}, calls=1)
            assert failure(talk, name).code == "DiskFull"
            assert parts_left(home) == []


def closed_disk(tmp_path: Path) -> contextlib.AbstractContextManager[Path]:
    return small_disk(tmp_path / "disk", "1m", closed=True)


@contextlib.contextmanager
def file_in_its_place(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "file").touch()
    yield tmp_path / "file"


@contextlib.contextmanager
def below_a_file(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "file").touch()
    yield tmp_path / "file" / "home"


@pytest.mark.parametrize("place", [pytest.param(closed_disk, marks=needs_mount), file_in_its_place, below_a_file])
def test_a_data_folder_that_cannot_be_used(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: Callable[[Path], contextlib.AbstractContextManager[Path]],
) -> None:
    with place(tmp_path) as home:
        monkeypatch.setenv("FASTPATH_HOME", str(home))
        assert document("cpu")["brand"]
        assert document("modes")["modes"]
        error = document("run", "--model", "starter", "--task", FEATURES, "--input", "x", status=1)["error"]

    assert error["code"] == "DataFolder"
    assert str(home) in error["what_happened"]
    assert "FASTPATH_HOME" in error["what_to_do"]


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """A model whose features for a long text are too large to cross inline, so that each call writes a file."""
    return maker.make("bert", "FeatureExtraction", tmp_path / "wide", hidden_size=256)


def test_a_data_folder_that_goes_away_during_a_run(own_home: Path, wide: Path) -> None:
    long = {"inputs": "time " * 600}
    with talking() as talk:
        name = talk.send(wide, FEATURES, "eager", long, calls=0)
        talk.until(lambda event: event.id == name and isinstance(event, Samples))
        shutil.rmtree(own_home, ignore_errors=True)
        talk.client.send(Update(id=name, fields={"inputs": "house " * 600}, revision=1))
        answer = talk.until(lambda event: event.id == name and isinstance(event, Answer) and event.revision == 1)
        assert isinstance(answer, Answer)
        assert Path(answer.result.array_file).is_file()

        while not own_home.is_file():  # the run makes it again as long as it can
            shutil.rmtree(own_home, ignore_errors=True)
            with contextlib.suppress(OSError):
                own_home.touch()
        assert failure(talk, name).code == "DataFolder"

        own_home.unlink()
        talk.run(wide, FEATURES, "eager", {"inputs": "x"}, calls=1)  # and the engine lives on


@pytest.mark.slow
def test_a_data_folder_lost_before_an_engine_is_started_for_a_run(own_home: Path, tiny: Tiny) -> None:
    model = tiny("bert", "FeatureExtraction")
    with talking() as talk:
        talk.run(model, FEATURES, "eager", {"inputs": "x"}, calls=1, threads=1)
        talk.client.send(ListHistory(id="kept"))  # the run is in it once this is answered
        talk.end("kept")
        shutil.rmtree(own_home, ignore_errors=True)
        own_home.touch()
        name = talk.send(model, FEATURES, "eager", {"inputs": "x"}, threads=2)

        assert failure(talk, name).code == "DataFolder"

        own_home.unlink()
        talk.run(model, FEATURES, "eager", {"inputs": "x"}, calls=1, threads=2)


# --- others at the same time ------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_programs_export_the_same_model_at_once(own_home: Path, tiny: Tiny) -> None:
    words = ["run", "--model", str(tiny("bert", "FeatureExtraction")), "--task", FEATURES, "--mode", "onnx-runtime"]
    command = [*PROGRAM, *words, "--input", "A cat sat.", "--repeat", "1", "--json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) for _ in range(2)]
    told = [json.loads(run.communicate(timeout=180)[0]) for run in both]

    assert [run.returncode for run in both] == [0, 0]
    assert [one["mode_executed"] for one in told] == ["onnx-runtime", "onnx-runtime"]
    assert [one["agreement"]["verdict"] for one in told] == ["identical", "identical"]
    assert len(list((own_home / "artefacts").iterdir())) == 1
    assert parts_left(own_home) == []
    again = document(*words, "--input", "A cat sat.", "--repeat", "1")
    assert again["timing"]["prepare_cached"]
    assert again["output"] == told[0]["output"]


def spoil(folder: Path, factor: float) -> None:
    """Other numbers in the same file, in place, as a copying program writes them."""
    tensors = {name: tensor.clone() * factor for name, tensor in load_file(folder / "model.safetensors").items()}
    beside = folder / "beside"
    save_file(tensors, beside, {"format": "pt"})
    content = beside.read_bytes()
    beside.unlink()
    with (folder / "model.safetensors").open("r+b") as stream:
        stream.write(content)


def features(talk: Talk, folder: Path, mode: str) -> Any:
    return only(talk.run(folder, FEATURES, mode, {"inputs": "A cat sat."}, calls=1), Answer).result.value[0][0]


@pytest.mark.parametrize("mode", ["eager", "onnx-runtime"])
def test_weights_replaced_between_two_runs_are_used(talk: Talk, tiny: Tiny, tmp_path: Path, mode: str) -> None:
    folder = shutil.copytree(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    before = features(talk, folder, mode)
    spoil(folder, 0.5)
    after = features(talk, folder, mode)
    spoil(folder, 2.0)

    assert after != pytest.approx(before, abs=1e-2)
    assert features(talk, folder, mode) == pytest.approx(before, abs=1e-4)


@pytest.mark.parametrize("mode", ["eager", "torchscript"])
def test_weights_replaced_or_cut_during_a_run_do_not_change_its_answers(
    talk: Talk, tiny: Tiny, tmp_path: Path, mode: str
) -> None:
    folder = shutil.copytree(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    expected = only(talk.run(folder, FEATURES, mode, {"inputs": "A dog ran."}, calls=1), Answer).result.value
    name = talk.send(folder, FEATURES, mode, {"inputs": "A cat sat."}, calls=0)
    for revision, change in enumerate((lambda: spoil(folder, 0.25), lambda: cut_weights(folder)), start=1):
        talk.until(lambda event: event.id == name and isinstance(event, Samples))
        change()
        talk.client.send(Update(id=name, fields={"inputs": "A dog ran."}, revision=revision))
        answer = talk.until(lambda event: event.id == name and isinstance(event, Answer | Failed))
        assert isinstance(answer, Answer)
        assert answer.result.value[0][0] == pytest.approx(expected[0][0], abs=1e-4)
    talk.client.stop(name)

    assert isinstance(talk.end(name), Finished)
    assert failure(talk, talk.send(folder, FEATURES, mode, {"inputs": "x"})).code == "ModelBroken"
