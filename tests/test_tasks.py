"""tasks.py: what a set-up does again and what it does not, and what it tells a person."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import tasks

ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="flock and signals")


class Place:
    """A folder with a lock and a project file, whose set-up is only written down in `done`."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.done: list[str] = []
        self.outcome: BaseException | None = None
        self.dist_info = root / ".venv" / "lib" / "python3.11" / "site-packages" / "a-1.dist-info"
        for name in ("LOCK", "PROJECT"):
            path = root / getattr(tasks, name).name
            path.write_text("torch==1\n")
            monkeypatch.setattr(tasks, name, path)
        monkeypatch.setattr(tasks, "ROOT", root)
        monkeypatch.setattr(tasks, "VENV", root / ".venv")
        monkeypatch.setattr(tasks, "STAMP", root / ".venv" / "set-up.stamp")
        monkeypatch.setattr(tasks, "PYTHON", root / ".venv" / "python")
        monkeypatch.setattr(tasks, "site_packages", lambda: self.dist_info.parent)
        monkeypatch.setattr(tasks, "make_venv", self.make_venv)
        monkeypatch.setattr(tasks, "install", self.install)

    def make_venv(self, _hold: object) -> None:
        self.done.append("made")
        self.dist_info.mkdir(parents=True, exist_ok=True)
        (self.root / ".venv" / "pyvenv.cfg").write_text("version = 3.11.7\n")
        (self.root / ".venv" / "python").touch()

    def install(self, _hold: object) -> None:
        self.done.append("installed")
        if self.outcome is not None:
            raise self.outcome

    def set_up(self) -> list[str]:
        """What one call did."""
        self.done.clear()
        tasks.set_up()
        return list(self.done)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


# --- Set-up ---


def test_second_set_up_does_nothing(place: Place) -> None:
    assert place.set_up() == ["made", "installed"]
    assert place.set_up() == []


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_changed_lock_or_project_is_installed_into_the_same_venv(place: Place, changed: str) -> None:
    place.set_up()
    (place.root / changed).write_text("torch==2\n")

    assert place.set_up() == ["installed"]
    assert place.set_up() == []


@pytest.mark.parametrize("changed", ["pyvenv.cfg", "python"])
def test_venv_of_another_python_is_made_anew(place: Place, changed: str) -> None:
    place.set_up()
    if changed == "python":
        tasks.PYTHON.unlink()
    else:
        (tasks.VENV / changed).write_text("version = 3.12.1\n")

    assert place.set_up() == ["made", "installed"]


def test_venv_of_a_moved_folder_is_made_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.set_up()
    elsewhere = place.root / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(tasks, "ROOT", elsewhere)

    assert place.set_up() == ["made", "installed"]


def test_set_up_cut_in_the_middle_is_made_anew(place: Place) -> None:
    place.outcome = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        place.set_up()
    place.outcome = None

    assert place.set_up() == ["made", "installed"]
    assert place.set_up() == []


def test_update_cut_in_the_middle_is_made_anew(place: Place) -> None:
    place.set_up()
    tasks.LOCK.write_text("torch==2\n")
    place.outcome = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        place.set_up()
    place.outcome = None

    assert place.set_up() == ["made", "installed"]


@pytest.mark.parametrize(("whole", "next_call"), [(True, ["installed"]), (False, ["made", "installed"])])
def test_failed_set_up_goes_on_only_if_each_package_is_whole(place: Place, whole: bool, next_call: list[str]) -> None:
    place.outcome = tasks.TaskFailed("no network")
    place.make_venv(None)
    if whole:
        (place.dist_info / "INSTALLER").touch()
    with pytest.raises(tasks.TaskFailed):
        place.set_up()
    place.outcome = None

    assert place.set_up() == next_call


HOLD = """
import subprocess, sys, time
from pathlib import Path
import tasks
tasks.ROOT = Path(sys.argv[1])
with tasks.only_one() as hold:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=hold)
    print(child.pid, flush=True)
    time.sleep(60)
"""


@ON_POSIX
def test_second_set_up_waits_for_a_command_that_outlived_the_first(tmp_path: Path) -> None:
    with _holding(tmp_path) as (first, its_command):
        first.kill()
        first.wait()
        with _holding(tmp_path) as (second, none_yet):
            assert none_yet is None
            os.kill(its_command or 0, signal.SIGKILL)
            assert second.stdout is not None
            os.kill(int(second.stdout.readline()), signal.SIGKILL)


@contextlib.contextmanager
def _holding(root: Path) -> Iterator[tuple[subprocess.Popen[str], int | None]]:
    """A process that has its turn, or says that it waits: with the command it started, or None."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)],
        cwd=Path(tasks.__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield process, None if line.startswith("Another set-up is under way") else int(line)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


# --- Python ---


def test_unfit_python_is_told_which_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    monkeypatch.setenv("PATH", "")

    with pytest.raises(tasks.TaskFailed, match=r"needs Python 3\.11, 3\.12 or 3\.13: this is 3\.9"):
        tasks.suitable_python()


@ON_POSIX
def test_unfit_python_takes_the_first_on_path_that_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, body in {"python3.11": "exit 127", "python3.12": "echo /there/python3.12"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert tasks.suitable_python() == "/there/python3.12"


# --- The lock ---


def test_lock_has_hashes_for_all_but_torch() -> None:
    torch, others = tasks.split_off_torch(tasks.LOCK.read_text(encoding="utf-8"))
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^ *#.*\n", "", others, flags=re.M).strip())

    assert re.fullmatch(r"torch==[\d.]+", torch)
    assert not [entry for entry in entries if "--hash=sha256:" not in entry]
    assert not [entry for entry in entries if re.match(r"torch[^a-z]|nvidia|sentence-transformers", entry)]


def test_lock_names_no_place_to_take_packages_from() -> None:
    text = tasks.LOCK.read_text(encoding="utf-8")

    assert not re.findall(r"https?:|file:|--index|--extra-index|--find-links|/\w+/\w+/", text)


def test_lock_was_remade_after_the_last_change_of_the_dependencies() -> None:
    project = tomllib.loads(tasks.PROJECT.read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    pinned = [re.sub(r"\[.*\]", "", name).lower() for group in groups for name in group if "==" in name]
    locked = re.findall(r"^([a-z0-9-]+==[^\s;]+)", tasks.LOCK.read_text(encoding="utf-8"), re.M)

    assert set(pinned) - set(locked) == set()


# --- torch ---


@pytest.mark.parametrize(
    ("there", "works", "indexes"),
    [(True, True, ["cpu"]), (True, False, ["cpu", "pip's own"]), (False, True, ["pip's own"])],
)
def test_torch_is_the_cpu_build_where_that_is_to_be_had(
    monkeypatch: pytest.MonkeyPatch, there: bool, works: bool, indexes: list[str]
) -> None:
    tried: list[str] = []

    def step(_title: str, *command: str, hold: object) -> None:
        tried.append("cpu" if tasks.TORCH_CPU_INDEX in command else "pip's own")
        if not works and tried == ["cpu"]:
            raise tasks.TaskFailed

    monkeypatch.setattr(tasks, "ON_LINUX", True)
    monkeypatch.setattr(tasks, "answers", lambda _url, within_s: there)
    monkeypatch.setattr(tasks, "step", step)
    tasks.install_torch("torch==1", ["pip"], [])

    assert tried == indexes


def test_silent_index_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began_s = time.monotonic()

        assert not tasks.answers(f"http://127.0.0.1:{silent.getsockname()[1]}/", within_s=0.2)
        assert time.monotonic() - began_s < 2


# --- The system's packages ---

LDD = """
\tlibGL.so.1 => /lib/x86_64-linux-gnu/libGL.so.1 (0x00007f)
\tlibxcb-keysyms.so.1 => not found
\tlibxcb-icccm.so.4 => not found
\tlibxcb-icccm.so.4 => not found
"""


def test_every_missing_library_is_found_once() -> None:
    assert tasks.not_found(LDD) == ["libxcb-icccm.so.4", "libxcb-keysyms.so.1"]


@pytest.mark.parametrize(
    ("os_release", "command"),
    [
        ("ID=debian\n", "apt-get install -y --no-install-recommends libxcb-icccm4 xvfb"),
        (
            'ID=linuxmint\nID_LIKE="ubuntu debian"\n',
            "apt-get install -y --no-install-recommends libxcb-icccm4 xvfb",
        ),
        ("ID=fedora\n", "dnf install libxcb-icccm.so.4()(64bit) xorg-x11-server-Xvfb"),
        (
            'ID="rocky"\nID_LIKE="rhel centos fedora"\n',
            "dnf install libxcb-icccm.so.4()(64bit) xorg-x11-server-Xvfb",
        ),
        ("ID=manjaro\nID_LIKE=arch\n", "pacman -S --needed xcb-util-wm xorg-server-xvfb"),
        (
            'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n',
            "zypper install libxcb-icccm.so.4()(64bit) xorg-x11-server-Xvfb",
        ),
        ("ID=haiku\nVERSION_ID=1\n", ""),
    ],
    ids=["Debian", "Mint", "Fedora", "Rocky", "Manjaro", "openSUSE", "another"],
)
def test_missing_things_are_named_in_one_command(os_release: str, command: str) -> None:
    assert " ".join(tasks.installing_command(["libxcb-icccm.so.4", "Xvfb"], os_release)) == command


@ON_POSIX
def test_person_without_rights_is_given_a_command_to_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(tasks, "installing_command", lambda *_: ["dnf", "install", "libX.so.1()(64bit)"])

    with pytest.raises(tasks.TaskFailed) as failed:
        tasks.install_system_packages(["libX.so.1"])

    assert str(failed.value).splitlines()[-1].strip() == "sudo dnf install 'libX.so.1()(64bit)'"


# --- Commands, tests and their screen ---


def test_failed_step_shows_its_last_lines_and_what_to_do() -> None:
    speak = "import sys; print(*range(40), 'No space left on device', sep='\\n'); sys.exit(3)"

    with pytest.raises(tasks.TaskFailed) as failed:
        tasks.step("Packages", sys.executable, "-c", speak)

    assert str(failed.value).splitlines()[:2] == ["    26", "    27"]
    assert str(failed.value).endswith("The disk is full: free some space, then run the same command again.")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("def test_fine(): pass", 0),
        ("def test_wrong(): assert False", 1),
        ("import atexit, os\ndef test_fine(): atexit.register(os.abort)", 1),
        ("", 5),
    ],
    ids=["passed", "failed", "passed, then aborted", "no test"],
)
def test_status_is_that_of_the_process_not_of_the_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, status: int
) -> None:
    (tmp_path / "test_one.py").write_text(text)
    monkeypatch.setattr(tasks, "ROOT", tmp_path)
    monkeypatch.setattr(tasks, "PYTHON", sys.executable)
    monkeypatch.setattr(tasks, "lint", lambda _: 0)
    monkeypatch.setattr(tasks, "screen", lambda slow: contextlib.nullcontext(dict(os.environ)))

    assert tasks.test(["--", "-p", "no:cacheprovider"]) == status


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="no Xvfb")
def test_x_server_is_there_as_long_as_it_is_asked_for() -> None:
    with tasks.x_server() as display:
        assert _answers(display)
    assert not _answers(display)


def _answers(display: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(f"/tmp/.X11-unix/X{display[1:]}") == 0


def test_unknown_word_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert tasks.main(["rnu"]) == 2
    assert set(re.findall(r"tasks\.py (\w+)", capsys.readouterr().err)) == set(tasks.TASKS)
