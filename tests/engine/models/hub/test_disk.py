"""Downloads onto a disk that is full, fills or cannot be written."""

import random
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.wire import errors
from tests.engine.models.hub.asking import ranges, refused
from tests.engine.models.hub.conftest import IMPATIENT, WEIGHTS, Got
from tests.hub_server import COMMIT, Hub, Repo


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[Path]:
    """A cache on a file system of 4 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "fastpath-test", str(place)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small file system")
    monkeypatch.setenv("HF_HOME", str(place))
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_too_small_a_disk_is_told_before_anything_is_fetched(small_disk: Path, hub: Hub, repo: Repo, get: Got) -> None:
    repo.files[WEIGHTS] = bytes(3_000_000)  # it would fit, but not with half of it as head-room
    error = refused(errors.DiskFull, get)

    assert "4.5 MB" in error.what_happened
    assert hub.asked("/resolve/") == []


@pytest.mark.parametrize(("bytes_per_s", "says"), [(0, "full"), (400_000, "getting full")])
def test_a_disk_that_fills_meanwhile_ends_it_and_what_came_is_kept(
    small_disk: Path, hub: Hub, repo: Repo, get: Got, bytes_per_s: int, says: str
) -> None:
    repo.bytes_per_s = bytes_per_s
    repo.stalls[WEIGHTS] = [] if bytes_per_s else [100_000]  # long enough for the other program to fill the disk
    filler = small_disk / "filler"

    def fill() -> None:
        hub.until_asked(f"/resolve/{COMMIT}/{WEIGHTS}")
        filler.write_bytes(bytes(3_300_000))

    other_program = threading.Thread(target=fill, daemon=True)
    other_program.start()
    error = refused(errors.DiskFull, get, limits=IMPATIENT)
    other_program.join()
    kept = next(small_disk.glob("hub/models--org--name/blobs/*.incomplete")).stat().st_size
    filler.unlink()
    hub.seen.clear()
    repo.bytes_per_s = 0
    folder = get()

    assert says in error.what_happened
    assert "is kept" in error.what_to_do
    assert ranges(hub) == [f"bytes={kept}-"]
    assert (folder / WEIGHTS).read_bytes() == repo.content(WEIGHTS)


def test_what_is_whole_already_is_not_counted_as_still_to_come(
    small_disk: Path, hub: Hub, repo: Repo, get: Got
) -> None:
    repo.files[WEIGHTS] = random.Random(2).randbytes(2_200_000)
    get()
    repo.refs["main"] = "b" * 40
    repo.files["tokenizer.json"] = bytes(200_000)
    repo.bytes_per_s = 130_000  # longer than the second after which the disk is looked at
    folder = get()

    assert folder.name == "b" * 40
    assert shutil.disk_usage(small_disk).free < repo.size(WEIGHTS)


@pytest.mark.parametrize("gone", ["a link to nowhere", "a file"])
def test_a_cache_whose_disk_is_not_there(
    tmp_path: Path, repo: Repo, get: Got, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    place = tmp_path / "elsewhere"
    if gone == "a file":
        place.write_text("")
    else:
        place.symlink_to(tmp_path / "unplugged")
    monkeypatch.setenv("HF_HOME", str(place))

    assert "cannot be reached" in refused(errors.DataFolder, get).what_happened


def test_a_cache_that_cannot_be_written(tmp_path: Path, repo: Repo, get: Got, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "read-only"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m,ro", "fastpath-test", str(place)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a read-only file system")
    monkeypatch.setenv("HF_HOME", str(place))
    try:
        assert "HF_HOME" in refused(errors.DataFolder, get).what_to_do
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
