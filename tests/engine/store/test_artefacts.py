"""Artefacts on disk: whole or not there, found again, made anew when damaged, the oldest gone first."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.store import artefacts, versions, whole
from engine.store.artefacts import Shelf
from engine.wire.errors import DataFolder, DiskFull

CONTENT = b"weights" * 1000

pytestmark = pytest.mark.usefixtures("own_home")


def fill(content: bytes = CONTENT) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "model.onnx").write_bytes(content)
        (folder / "more").mkdir()
        (folder / "more" / "data.bin").write_bytes(b"x")

    return write


def shelf(content_key: str = "model", cpu: str = "avx2") -> Shelf:
    return Shelf(content_key, cpu)


def keep(options: dict[str, str] | None = None, content: bytes = CONTENT) -> Path:
    return shelf().keep("onnx-runtime", "fp32", options or {}, fill(content))


def find() -> Path | None:
    return shelf().find("onnx-runtime", "fp32", {})


def home(own_home: Path) -> Path:
    return own_home / "artefacts"


def test_what_was_kept_is_found_by_another_shelf():
    place = keep()

    found = find()

    assert found == place
    assert (place / "model.onnx").read_bytes() == CONTENT
    assert shelf().prepared() == {("onnx-runtime", "fp32")}


def test_what_was_prepared_with_any_options_is_listed_until_it_is_damaged():
    place = shelf().keep("onnx-runtime", "int8-static", {"calibration": "abc"}, fill())
    keep()

    assert shelf().prepared() == {("onnx-runtime", "fp32"), ("onnx-runtime", "int8-static")}
    assert shelf("other").prepared() == set()
    assert shelf(cpu="other").prepared() == set()
    (place / "model.onnx").write_bytes(CONTENT + b"more")
    assert shelf().prepared() == {("onnx-runtime", "fp32")}


def test_nothing_is_found_where_nothing_was_kept():
    assert find() is None
    assert shelf().prepared() == set()


def test_another_model_mode_precision_option_or_cpu_is_another_artefact():
    keep()

    assert shelf("other").find("onnx-runtime", "fp32", {}) is None
    assert shelf(cpu="avx512").find("onnx-runtime", "fp32", {}) is None
    assert shelf().find("torchscript", "fp32", {}) is None
    assert shelf().find("onnx-runtime", "bf16", {}) is None
    assert shelf().find("onnx-runtime", "fp32", {"level": "2"}) is None


def test_the_order_of_options_does_not_matter():
    place = keep({"a": "1", "b": "2"})

    assert shelf().find("onnx-runtime", "fp32", {"b": "2", "a": "1"}) == place


def test_another_version_of_a_library_is_another_artefact(monkeypatch: pytest.MonkeyPatch):
    keep()
    monkeypatch.setattr(versions, "installed", lambda: {"torch": "0.0"})

    assert find() is None


@pytest.mark.parametrize("damage", ["cut", "changed", "missing", "manifest"])
def test_a_damaged_artefact_is_removed_and_made_anew(own_home: Path, damage: str):
    file = keep() / "model.onnx"
    if damage == "cut":
        file.write_bytes(CONTENT[:-1])
    elif damage == "changed":
        file.write_bytes(CONTENT[:-1] + b"!")
    elif damage == "missing":
        file.unlink()
    else:
        (file.parent.parent / "manifest.json").write_text("{}")

    assert find() is None
    assert list(home(own_home).iterdir()) == []
    assert (keep() / "model.onnx").read_bytes() == CONTENT


def test_damage_done_after_a_good_check_is_found_too():
    file = keep() / "model.onnx"
    os.utime(file, ns=(1, 1))
    assert find() is not None

    file.write_bytes(CONTENT[:-1] + b"!")

    assert find() is None


def test_damage_within_one_tick_of_the_clock_after_writing_is_found():
    file = keep() / "model.onnx"
    assert find() is not None
    written = file.stat().st_mtime_ns

    file.write_bytes(CONTENT[:-1] + b"!")
    os.utime(file, ns=(written, written))

    assert find() is None


def test_a_writer_that_fails_leaves_nothing(own_home: Path):
    def fails(folder: Path) -> None:
        (folder / "half").write_bytes(b"x")
        raise ValueError("no export")

    with pytest.raises(ValueError, match="no export"):
        shelf().keep("onnx-runtime", "fp32", {}, fails)

    assert list(home(own_home).iterdir()) == []


@pytest.mark.parametrize(
    ("number", "failure"), [(errno.ENOSPC, DiskFull), (errno.EROFS, DataFolder), (errno.EACCES, DataFolder)]
)
def test_a_disk_that_refuses_is_told(own_home: Path, number: int, failure: type[Exception]):
    def refused(folder: Path) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(failure):
        shelf().keep("onnx-runtime", "fp32", {}, refused)

    assert list(home(own_home).iterdir()) == []


def test_the_slower_of_two_takes_what_the_faster_kept(own_home: Path):
    def slow(folder: Path) -> None:
        keep()
        (folder / "model.onnx").write_bytes(b"late")

    place = shelf().keep("onnx-runtime", "fp32", {}, slow)

    assert (place / "model.onnx").read_bytes() == CONTENT
    assert len(list(home(own_home).iterdir())) == 1


def test_a_damaged_one_in_the_way_is_replaced():
    def slow(folder: Path) -> None:
        (keep() / "model.onnx").write_bytes(b"damaged")
        (folder / "model.onnx").write_bytes(b"good")

    assert (shelf().keep("onnx-runtime", "fp32", {}, slow) / "model.onnx").read_bytes() == b"good"


WRITER = """
import sys, time
from engine.store.artefacts import Shelf
def write(folder):
    (folder / "model.onnx").write_bytes(b"weights" * 1000)
    print("writing", flush=True)
    sys.stdin.readline()
place = Shelf("model", "avx2").keep("onnx-runtime", "fp32", {}, write)
print((place / "model.onnx").stat().st_size, flush=True)
"""


def writer() -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", WRITER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def test_two_processes_at_once_leave_one_whole_artefact(own_home: Path):
    processes = [writer() for _ in range(2)]

    outputs = [process.communicate("\n", timeout=60)[0] for process in processes]

    assert outputs == ["7000\n", "7000\n"]
    assert find() is not None
    assert len(list(home(own_home).iterdir())) == 1


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_not(own_home: Path):
    killed, living = writer(), writer()
    killed.kill()
    killed.communicate()
    assert len(list(home(own_home).iterdir())) == 2

    shelf()

    assert len(list(home(own_home).iterdir())) == 1
    assert living.communicate("\n", timeout=60)[0] == "7000\n"


def test_a_later_process_with_the_same_id_is_another_one(own_home: Path):
    left = whole.beside(home(own_home) / "0")
    earlier = left.with_name(left.name.replace(f"-{os.getpid()}-", f"-{os.getpid()}-1"))
    earlier.mkdir(parents=True)

    whole.sweep(home(own_home))

    assert not earlier.exists()


def test_the_least_recently_used_go_first():
    places = [keep({"n": str(number)}) for number in range(3)]
    for number, place in enumerate(places):
        os.utime(place.parent / "manifest.json", (number, number))
    assert shelf().find("onnx-runtime", "fp32", {"n": "0"})  # used again: now the newest
    one = artefacts.total_bytes() // 3

    artefacts.free_up(2 * one)

    assert [place.exists() for place in places] == [True, False, True]
    assert artefacts.total_bytes() == 2 * one
    artefacts.free_up(0)
    assert artefacts.total_bytes() == 0


def test_what_a_killed_process_had_aside_is_swept(own_home: Path):
    script = (
        "import os; from engine import folders; from engine.store import whole\n"
        "with whole.aside(folders.part('artefacts')) as place:\n"
        "    (place / 'model.bin').write_bytes(b'x'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert len(list(home(own_home).iterdir())) == 1

    shelf()

    assert list(home(own_home).iterdir()) == []
