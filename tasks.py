#!/usr/bin/env python3
"""What is done in this repository, on any machine that has Python 3.11 to 3.13 and a network.

    python3 tasks.py run [-- WORDS]          open the window, or give WORDS to the command line
    python3 tasks.py test [--all] [-- ARGS]  lint, then the tests (--all: slow ones too); ARGS go to pytest
    python3 tasks.py lint                    ruff, mypy and the import contracts
    python3 tasks.py bench [-- ARGS]         the benchmarks
    python3 tasks.py matrix                  README.md's tables of what runs where, found anew
    python3 tasks.py screenshots             a picture of every page and state, in build/screenshots
    python3 tasks.py package [--check]       the installer for this system, in dist (--check: tried in a bare one)
    python3 tasks.py lock [-- ARGS]          remake requirements.lock; ARGS go to uv (--upgrade)

Each first makes .venv as requirements.lock says, and does nothing where that was done before.
Only the standard library is used here, and nothing newer than Python 3.8: an old one can say what it lacks.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent
PROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "set-up.stamp"
ON_WINDOWS = sys.platform == "win32"
ON_LINUX = sys.platform.startswith("linux")
BIN = VENV / ("Scripts" if ON_WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if ON_WINDOWS else "python")
PYTHONS = ("3.11", "3.12", "3.13")
UV = "uv==0.13.9"  # makes the lock
# Alone without hashes there, since its build differs from machine to machine: the CPU's, or CUDA's.
TORCH_IN_LOCK = re.compile(r"^(torch==[^\s;\\]+).*\n(?:    --hash.*\n)*", re.M)
# The tests that take longest and hold no clock, so that two processes may go through them side by side.
LANES = (
    (
        "tests/matrix",
        "tests/engine/report/test_script.py",
        "tests/engine/modes/test_openvino.py",
        "tests/engine/modes/test_openvino_own_graph.py",
        "tests/engine/modes/test_better_transformer.py",
        "tests/engine/modes/test_eager.py",
        "tests/engine/evidence",
        "tests/engine/tasks",
        "tests/engine/ragged",
        "tests/engine/kernels",
        "tests/engine/wire",
        "tests/engine/test_bad_input.py",
        "tests/engine/test_calibrated_runs.py",
        "tests/engine/test_data_folder.py",
        "tests/engine/test_fuzz_input.py",
        "tests/engine/test_notices.py",
        "tests/engine/test_permitted.py",
        "tests/engine/test_threads.py",
        "tests/engine/test_together.py",
    ),
    (
        "tests/bench/test_by_hand.py",
        "tests/engine/modes/test_torch_compile.py",
        "tests/engine/modes/test_torchscript.py",
        "tests/engine/modes/test_onnx_int8.py",
        "tests/engine/modes/test_onnx_runtime.py",
        "tests/engine/modes/test_openvino_kept.py",
        "tests/engine/test_every_mode.py",
        "tests/engine/test_real_text.py",
        "tests/engine/test_export.py",
        "tests/engine/test_old_cpu.py",
    ),
)
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


class TaskFailed(Exception):
    """What happened and what to do about it, for a person to read."""


# --- Commands, and what is said about them -------------------------------------------------------


def say(text: str, end: str = "\n") -> None:
    """On stderr: stdout belongs to the program that is started."""
    print(text, end=end, file=sys.stderr, flush=True)


def end_with_parent() -> None:
    """In a child on Linux, before it starts: it ends when tasks.py does, however that ends."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1: PR_SET_PDEATHSIG


BOUND_TO_US = end_with_parent if ON_LINUX else None


def step(title: str, *command: str | Path, hold: Sequence[int] = ()) -> None:
    """Run one command quietly: one line with its seconds, and its last lines if it fails.

    The descriptors in `hold` stay open in the command and in what it starts.
    """
    say(f"{title} ... ", end="")
    began_s = time.monotonic()
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=hold,
        preexec_fn=BOUND_TO_US,
    )
    if done.returncode:
        say("failed")
        lines = "\n".join("    " + line for line in done.stdout.strip().splitlines()[-15:])
        raise TaskFailed(f"{lines}\n{title} ended with status {done.returncode}. {remedy(done.stdout)}")
    say(f"{time.monotonic() - began_s:.1f} s")


def remedy(output: str) -> str:
    """What a person can do about a command that failed with `output`."""
    if "No space left" in output:
        return "The disk is full: free some space, then run the same command again."
    if re.search(r"resolve|connection|timed out|proxy|certificate|No matching distribution", output, re.I):
        return "Look at the network and its proxy settings, then run the same command again: it goes on."
    return "Mend what the lines above name, then run the same command again: it goes on."


def write(path: Path, text: str) -> None:
    """Whole or not at all."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def split_at_dashes(words: list[str]) -> tuple[list[str], list[str]]:
    """The words before and after the first `--`."""
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


# --- Set-up: .venv as the lock says --------------------------------------------------------------


def set_up() -> None:
    """Make .venv what the lock and pyproject.toml say; at once where it is so already.

    The stamp is taken away first and written last. A .venv without one was cut in the middle and may hold
    half a package that pip takes for a whole one, so it is made anew (pip keeps what was downloaded).
    """
    if stamp() == [made_with(), made_of()]:
        return
    with only_one() as hold:
        if stamp() == [made_with(), made_of()]:
            return  # by the one we waited for
        if stamp()[:1] == [made_with()]:
            STAMP.unlink()
        else:
            make_venv(hold)
        try:
            install(hold)
        except TaskFailed:
            if all((info / "INSTALLER").is_file() for info in site_packages().glob("*.dist-info")):
                write(STAMP, made_with() + "\nnot every package, but each whole\n")
            raise
        write(STAMP, f"{made_with()}\n{made_of()}\n")


def stamp() -> list[str]:
    """The lines of the stamp: what .venv was made with, and of what. None where it was cut in the middle."""
    return STAMP.read_text(encoding="utf-8").splitlines() if STAMP.is_file() else []


def made_with() -> str:
    """The Python that .venv was made with and the folder it lies in: both are written into its files."""
    config = VENV / "pyvenv.cfg"
    if not (config.is_file() and PYTHON.exists()):
        return "nothing"
    return digest(config.read_bytes(), str(PYTHON.resolve()).encode(), str(ROOT).encode())


def made_of() -> str:
    """The two files that say what .venv holds."""
    return digest(LOCK.read_bytes(), PROJECT.read_bytes())


def digest(*parts: bytes) -> str:
    """One hash of several things."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


@contextlib.contextmanager
def only_one() -> Iterator[list[int]]:
    """Wait for our turn. Gives the descriptors that a command of set-up is to hold.

    With them a command that outlives tasks.py keeps its turn, so that no two ever write to .venv together.
    """
    with (ROOT / ".venv.lock").open("a") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                with contextlib.suppress(OSError):  # it gives up after ten seconds
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
            yield []
        else:
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("Another set-up is under way in this folder: waiting for it to end.")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield [file.fileno()]


def make_venv(hold: Sequence[int]) -> None:
    """An empty .venv in place of whatever is there."""
    python = suitable_python()
    if subprocess.run([python, "-c", "import ensurepip"], stderr=subprocess.DEVNULL).returncode:
        install_system_packages(["ensurepip"])
    if STAMP.exists():
        STAMP.unlink()
    if VENV.exists():
        shutil.rmtree(VENV)
    step("Virtual environment", python, "-m", "venv", VENV, hold=hold)


def suitable_python() -> str:
    """A Python that the locked packages are made for: this one, else the first on PATH."""
    this = ".".join(map(str, sys.version_info[:2]))
    if this in PYTHONS:
        return getattr(sys, "_base_executable", "") or sys.executable  # not that of a .venv we may remove
    where = "import sys; print(sys.executable)"
    for version in PYTHONS:
        for words in (["python" + version], ["py", "-" + version]):
            with contextlib.suppress(OSError, subprocess.CalledProcessError):  # pyenv's stand-ins fail
                return subprocess.check_output([*words, "-c", where], stderr=subprocess.DEVNULL).decode().strip()
    raise TaskFailed(
        f"Fastpath needs Python {', '.join(PYTHONS[:-1])} or {PYTHONS[-1]}: this is {this}, and none of them "
        "is on PATH. Install one, then run the same command with it."
    )


def install(hold: Sequence[int]) -> None:
    """Everything in the lock, torch, the project itself; then bytecode for all of it."""
    torch, others = split_off_torch(LOCK.read_text(encoding="utf-8"))
    without_torch = VENV / "lock-without-torch.txt"
    write(without_torch, others)
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"]
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", *options]
    step("Packages", *pip, "--no-deps", "--require-hashes", "-r", without_torch, hold=hold)
    install_torch(torch, pip, hold)
    step("Fastpath itself", *pip, "--no-deps", "--no-build-isolation", "--editable", ROOT, hold=hold)
    # By all cores, and here: where PYTHONDONTWRITEBYTECODE is set, importing torch would take twice as long.
    compile_all = "import compileall, sys; compileall.compile_dir(sys.argv[1], quiet=2, workers=0)"
    step("Bytecode", PYTHON, "-c", compile_all, site_packages(), hold=hold)


def split_off_torch(locked: str) -> tuple[str, str]:
    """The requirement `torch==...` of a lock, and the lock without it."""
    found = TORCH_IN_LOCK.search(locked)
    if found is None:
        raise TaskFailed(f"{LOCK.name} names no torch. Remake it: python3 tasks.py lock")
    return found.group(1), TORCH_IN_LOCK.sub("", locked)


def install_torch(torch: str, pip: Sequence[str | Path], hold: Sequence[int]) -> None:
    """The CPU build where there is one. What it needs is there already; a CUDA build brings more along."""
    if ON_LINUX and answers(f"{TORCH_CPU_INDEX}/torch/", within_s=3.0):
        with contextlib.suppress(TaskFailed):
            step(f"{torch}, CPU build", *pip, "--index-url", TORCH_CPU_INDEX, torch, hold=hold)
            return
    step(torch, *pip, torch, hold=hold)


def answers(url: str, within_s: float) -> bool:
    """Whether `url` is there. In a thread, since looking up a name has no time limit of its own."""
    replies: list[int] = []

    def ask() -> None:
        import urllib.request

        with contextlib.suppress(Exception), urllib.request.urlopen(url, timeout=within_s) as reply:
            replies.append(reply.status)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(within_s)
    return replies == [200]


def site_packages() -> Path:
    """Where .venv keeps its packages."""
    if ON_WINDOWS:
        return VENV / "Lib" / "site-packages"
    return next((VENV / "lib").glob("python3*")) / "site-packages"


# --- What the system must have: Linux alone ------------------------------------------------------

# A library as ldd names it, or a thing that is needed: its package in Debian and Ubuntu, and in Arch.
PACKAGES = {
    "libEGL.so.1": ("libegl1", "libglvnd"),
    "libGL.so.1": ("libgl1", "libglvnd"),
    "libX11-xcb.so.1": ("libx11-xcb1", "libx11"),
    "libX11.so.6": ("libx11-6", "libx11"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": ("libfreetype6", "freetype2"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libgthread-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libstdc++.so.6": ("libstdc++6", "gcc-libs"),
    "libwayland-client.so.0": ("libwayland-client0", "wayland"),
    "libwayland-cursor.so.0": ("libwayland-cursor0", "wayland"),
    "libwayland-egl.so.1": ("libwayland-egl1", "wayland"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-render.so.0": ("libxcb-render0", "libxcb"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
    "libxcb-shm.so.0": ("libxcb-shm0", "libxcb"),
    "libxcb-sync.so.1": ("libxcb-sync1", "libxcb"),
    "libxcb-util.so.1": ("libxcb-util1", "xcb-util"),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb"),
    "libxcb.so.1": ("libxcb1", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
    "libz.so.1": ("zlib1g", "zlib"),
    "libzstd.so.1": ("libzstd1", "zstd"),
    "Xvfb": ("xvfb", "xorg-server-xvfb"),
    "a C++ compiler": ("g++", "gcc"),
    "a font": ("fonts-dejavu-core", "ttf-dejavu"),
    "ensurepip": ("python3-venv", "python"),
    "dbus-run-session": ("dbus-daemon", "dbus"),
    "an accessibility bus": ("at-spi2-core", "at-spi2-core"),
    "pyatspi": ("python3-pyatspi", "python-atspi"),
}
# Fedora and openSUSE install a library by the library's own name; these are the rest.
RPM_PACKAGES = {
    "Xvfb": "xorg-x11-server-Xvfb",
    "a C++ compiler": "gcc-c++",
    "ensurepip": "python3",
    "dbus-run-session": "dbus-daemon",
    "an accessibility bus": "at-spi2-core",
    "pyatspi": "python3-pyatspi",
}
ACCESSIBILITY_BUS = ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher")
FOLDERS_OF_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


def missing_libraries(plugin: str = "libqxcb.so") -> list[str]:
    """The system's libraries that one of Qt's platform plugins lacks: Qt would blame another, and abort."""
    path = site_packages() / "PySide6" / "Qt" / "plugins" / "platforms" / plugin
    if not (ON_LINUX and path.exists() and shutil.which("ldd")):
        return []
    told = subprocess.run(["ldd", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return not_found(told.decode(errors="replace"))


def not_found(ldd_output: str) -> list[str]:
    """The libraries that ldd looked for in vain."""
    return sorted(set(re.findall(r"(\S+) => not found", ldd_output)))


def missing_for_tests(slow: bool = False) -> list[str]:
    """What tests want of the system besides Qt's libraries, and it has not; the slow ones want a screen reader's."""
    wanted = {
        "Xvfb": shutil.which("Xvfb"),
        "a C++ compiler": shutil.which("g++"),
        "a font": any(any(Path(name).expanduser().rglob("*.[ot]t[fc]")) for name in FOLDERS_OF_FONTS),
    }
    if slow:
        wanted["dbus-run-session"] = shutil.which("dbus-run-session")
        wanted["an accessibility bus"] = any(Path(name).exists() for name in ACCESSIBILITY_BUS)
        wanted["pyatspi"] = any(Path("/usr/lib").glob("python3*/**/pyatspi/__init__.py"))
    return [name for name, there in wanted.items() if not there] if ON_LINUX else []


def installing_command(missing: Sequence[str], os_release: str) -> list[str]:
    """What installs the missing on the distribution that /etc/os-release names; empty where it is another."""
    told = dict(re.findall(r'^(ID|ID_LIKE)="?([^"\n]*)', os_release, re.M))
    families = set(f"{told.get('ID', '')} {told.get('ID_LIKE', '')}".split())
    known = [PACKAGES[name] for name in missing if name in PACKAGES]
    if families & {"debian", "ubuntu"}:
        return [
            "apt-get",
            "install",
            "-y",
            "--no-install-recommends",
            *sorted({debian for debian, _ in known}),
        ]
    if "arch" in families:
        return ["pacman", "-S", "--needed", *sorted({arch for _, arch in known})]
    suse = any("suse" in family for family in families)
    if suse or families & {"fedora", "rhel"}:
        names = {**RPM_PACKAGES, "a font": "dejavu-fonts" if suse else "dejavu-sans-fonts"}
        packages = sorted({names.get(name, f"{name}()(64bit)") for name in missing})
        return ["zypper" if suse else "dnf", "install", *packages]
    return []


def install_system_packages(missing: Sequence[str]) -> None:
    """Install what is missing where we may (apt, as root or in CI); else fail with the command for it."""
    release = Path("/etc/os-release")
    command = installing_command(missing, release.read_text(encoding="utf-8") if release.exists() else "")
    lacks = "This system lacks " + ", ".join(missing)
    if not command:
        raise TaskFailed(f"{lacks}: install the packages that hold them, then run the same command again.")
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if command[0] == "apt-get" and (not sudo or os.environ.get("CI") == "true"):
        quiet = [*sudo, *(["-n"] if sudo else []), "env", "DEBIAN_FRONTEND=noninteractive"]
        try:
            step(f"System packages ({len(missing)} things missing)", *quiet, *command)
        except TaskFailed:  # apt's lists are old, or there are none
            step("apt-get update", *quiet, "apt-get", "update")
            step("System packages", *quiet, *command)
        return
    words = " ".join(shlex.quote(word) for word in [*sudo, *command])
    raise TaskFailed(f"{lacks}. This command installs it; then run the same again:\n    {words}")


# --- Lint and tests ------------------------------------------------------------------------------


def lint(_words: list[str]) -> int:
    """Every linter, also after one that found something. What they find is shown in full."""
    failed = 0
    for words in ("ruff check --output-format=concise", "ruff format --check", "mypy", "lint-imports"):
        began_s = time.monotonic()
        name, *options = words.split()
        done = subprocess.run(
            [BIN / name, *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        say(f"{words} ... {'failed' if done.returncode else f'{time.monotonic() - began_s:.1f} s'}")
        if done.returncode:
            say(done.stdout)
            failed = 1
    return failed


def test(words: list[str]) -> int:
    """Lint, then the tests on a screen of their own. The status is that of the tests' process."""
    if lint([]):
        return 1
    ours, theirs = split_at_dashes(words)
    wanted = ["-m", ""] if "--all" in ours else []
    pytest: list[str | Path] = [
        PYTHON,
        "-m",
        "pytest",
        *wanted,
        *(word for word in ours if word != "--all"),
        *theirs,
    ]
    with screen(slow="--all" in ours) as environment:
        if set(words) <= {"--all"}:
            status = run_in_lanes(pytest, environment)
        else:
            status = subprocess.run(pytest, cwd=ROOT, env=environment, preexec_fn=BOUND_TO_US).returncode
    if status < 0:
        say(f"Failed: signal {-status} ended the tests' process, whatever it had printed.")
        return 1
    if status == 5:
        say("Failed: no test was run.")
    return status


def run_in_lanes(pytest: list[str | Path], environment: dict[str, str]) -> int:
    """LANES side by side, then all other tests alone. The worst status of the three, a signal before all others."""
    patient = {**environment, "OMP_WAIT_POLICY": "passive"}  # else each lane spins where the other could compute
    with tempfile.TemporaryFile() as printed:
        beside = subprocess.Popen(
            [*pytest, *LANES[1]],
            cwd=ROOT,
            env=patient,
            stdout=printed,
            stderr=subprocess.STDOUT,
            preexec_fn=BOUND_TO_US,
        )
        first = subprocess.run([*pytest, *LANES[0]], cwd=ROOT, env=patient, preexec_fn=BOUND_TO_US).returncode
        second = beside.wait()
        printed.seek(0)
        sys.stdout.write(printed.read().decode(errors="replace"))
        sys.stdout.flush()
    others = [f"--ignore={path}" for lane in LANES for path in lane]
    third = subprocess.run([*pytest, *others], cwd=ROOT, env=environment, preexec_fn=BOUND_TO_US).returncode
    statuses = (first, second, third)
    return min(statuses) if min(statuses) < 0 else max(statuses)


@contextlib.contextmanager
def screen(slow: bool = False) -> Iterator[dict[str, str]]:
    """The environment for tests: an X server of their own, or Qt's offscreen platform where that can't be."""
    environment = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
    missing = [*missing_libraries(), *missing_for_tests(slow)]
    try:
        if missing:
            install_system_packages(missing)
    except TaskFailed as failed:
        say(str(failed))
    if missing_libraries() or not shutil.which("Xvfb"):
        say("There is no X server for the tests here: they draw without a screen (Qt's offscreen platform).")
        yield {**environment, "QT_QPA_PLATFORM": "offscreen"}
        return
    with x_server() as display:
        yield {**environment, "QT_QPA_PLATFORM": "xcb", "DISPLAY": display}


@contextlib.contextmanager
def x_server() -> Iterator[str]:
    """An X server with a screen in memory, as long as this lasts; the DISPLAY it chose."""
    ours, its = os.pipe()  # there it tells the free number it took, once it is ready
    options = ["-displayfd", str(its), "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(["Xvfb", *options], pass_fds=[its], stdout=quiet, stderr=quiet, preexec_fn=BOUND_TO_US)
    os.close(its)
    try:
        with os.fdopen(ours) as told:
            number = told.readline().strip()
        if not number:
            raise TaskFailed("Xvfb ended at its start. It says why here: Xvfb -displayfd 1")
        yield ":" + number
    finally:
        server.terminate()
        server.wait()


# --- The other tasks -----------------------------------------------------------------------------


def run(words: list[str]) -> int:
    """The program. For a window, Qt's libraries are looked at first, since Qt aborts without them."""
    ours, theirs = split_at_dashes(words)
    plugins = {"DISPLAY": "libqxcb.so", "WAYLAND_DISPLAY": "libqwayland.so"}
    missing = [missing_libraries(plugin) for name, plugin in plugins.items() if os.environ.get(name)]
    if missing and all(missing) and not [*ours, *theirs]:
        install_system_packages(missing[0])
    program = [str(BIN / "fastpath"), *ours, *theirs]
    if not ON_WINDOWS:  # where it would return to the shell at once
        os.execv(program[0], program)
    return subprocess.run(program).returncode


def bench(words: list[str]) -> int:
    """The benchmarks in tests/bench."""
    ours, theirs = split_at_dashes(words)
    return subprocess.run([PYTHON, "-m", "tests.bench", *ours, *theirs], cwd=ROOT).returncode


def matrix(words: list[str]) -> int:
    """Try every family in every mode at every precision, and write what was found into README.md."""
    ours, theirs = split_at_dashes(words)
    environment = {**os.environ, "FASTPATH_WRITE_MATRIX": "1"}
    pytest: list[str | Path] = [PYTHON, "-m", "pytest", "-m", "", "tests/matrix", *ours, *theirs]
    return subprocess.run(pytest, cwd=ROOT, env=environment).returncode


def screenshots(_words: list[str]) -> int:
    """Pictures of every page and state; those that README and docs show go to resources/screenshots."""
    with screen() as environment:
        return subprocess.run([PYTHON, "-m", "tests.screenshots"], cwd=ROOT, env=environment).returncode


def package(words: list[str]) -> int:
    """What a person installs, built as resources/packaging tells; --check tries it in a bare system too."""
    return subprocess.run([PYTHON, "-m", "resources.packaging", *words], cwd=ROOT).returncode


def lock(words: list[str]) -> int:
    """Remake requirements.lock from pyproject.toml with uv, for every system and Python at once.

    A version that is in it stays if it still fits.
    """
    ours, theirs = split_at_dashes(words)
    with tempfile.TemporaryDirectory() as name:
        programs, new = Path(name) / BIN.name, Path(name) / LOCK.name
        step("Virtual environment", suitable_python(), "-m", "venv", name)
        step(UV, programs / "python", "-m", "pip", "install", "--disable-pip-version-check", UV)
        if LOCK.exists():
            shutil.copyfile(LOCK, new)
        how = ["--universal", f"--python-version={PYTHONS[0]}", "--generate-hashes"]
        groups = ["--group=build", "--group=dev", "--group=starter"]
        told = "--custom-compile-command=python3 tasks.py lock"
        uv: list[str | Path] = [
            programs / "uv",
            "pip",
            "compile",
            PROJECT.name,
            *how,
            *groups,
            told,
            "--output-file",
            new,
        ]
        step("Lock", *uv, *ours, *theirs)
        write(LOCK, TORCH_IN_LOCK.sub(r"\1\n", new.read_text(encoding="utf-8")))
    return 0


TASKS = {
    "run": run,
    "test": test,
    "lint": lint,
    "bench": bench,
    "matrix": matrix,
    "screenshots": screenshots,
    "package": package,
    "lock": lock,
}


def main(words: list[str]) -> int:
    """Do what the first word says; the exit status."""
    if not words or words[0] not in TASKS:
        say(__doc__ or "")
        return 0 if words in (["-h"], ["--help"]) else 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exception, so that what is open is closed
    try:
        if words[0] != "lock":
            set_up()
        return TASKS[words[0]](words[1:])
    except (TaskFailed, OSError) as failed:
        say(str(failed))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
