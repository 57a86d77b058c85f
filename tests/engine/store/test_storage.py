"""What the data folder holds, told by kind, and what freeing leaves."""

from pathlib import Path

import pytest

from engine import folders
from engine.store import outputs, storage, times
from engine.store.artefacts import Shelf


@pytest.fixture(autouse=True)
def _home(own_home: Path) -> None:
    """A data folder for each test alone."""


def fill() -> None:
    Shelf("content", "cpu").keep("onnx-runtime", "fp32", {}, lambda place: _write(place / "model.onnx", 5_000))
    times.remember_stage("a run", "load", 1.5)
    _write(folders.part("inductor", "ab", "cd") / "kernel.so", 3_000)
    _write(folders.part("window") / "settings.json", 200)


def _write(file: Path, size_bytes: int) -> None:
    file.write_bytes(b"x" * size_bytes)


def sizes() -> dict[str, int]:
    return {part.id: part.size_bytes for part in storage.parts()}


def test_each_kind_is_told_with_all_its_files() -> None:
    fill()
    found = sizes()

    assert found["artefacts"] > 5_000
    assert found["inductor"] == 3_000
    assert found["outputs"] == 0
    assert found["rest"] == 200
    assert sum(found.values()) == sum(file.stat().st_size for file in folders.home().rglob("*") if file.is_file())


def test_freeing_leaves_settings_and_consents_alone() -> None:
    fill()
    consents = folders.home() / "consents.json"
    _write(consents, 30)
    storage.free_up()
    left = {part.id: part.size_bytes for part in storage.parts()}

    assert {name for name, size_bytes in left.items() if size_bytes} == {"rest"}
    assert (folders.part("window") / "settings.json").stat().st_size == 200
    assert consents.exists()
    assert [part.id for part in storage.parts() if not part.goes] == ["runtimes", "history", "rest"]


def test_what_was_freed_is_made_again() -> None:
    fill()
    storage.free_up()
    shelf = Shelf("content", "cpu")

    assert shelf.find("onnx-runtime", "fp32", {}) is None
    fill()
    assert shelf.find("onnx-runtime", "fp32", {}) is not None
    assert outputs.find("unknown") is None


def test_a_link_out_of_the_folder_is_neither_followed_nor_emptied(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    _write(outside / "precious", 10_000)
    (folders.part("outputs") / "link").symlink_to(outside)

    assert sizes()["outputs"] < 10_000
    storage.free_up()
    assert (outside / "precious").exists()
