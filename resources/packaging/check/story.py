"""What is done with the package, from the first start to its removal. Each step raises TaskFailed where it fails."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resources.packaging import debian
from resources.packaging.check.bare import HOME, PERSON, Bare, bare_system
from resources.packaging.check.person import Asks, Window
from resources.packaging.check.report import Report
from resources.packaging.plan import BUNDLES, DIST, WORK
from tasks import PYTHON, TaskFailed, say, x_server

OLD_VERSION = "0.0.1"
DATA = f"{HOME}/.local/share/fastpath"
ROUNDS = 5
MODES = ("eager", "torchscript", "better-transformer", "onnx-runtime", "openvino")
COMPILED = "torch-compile"
COMPILER = ("g++", "python3-dev")
OBSERVER = "/var/tmp/observe.py"
OPTIONAL_LIBRARIES = re.compile(r"libgtk-3|libgdk|libpango|libcairo|libatk|libgdk_pixbuf|libharfbuzz")
"""Of Qt's plugin that looks like GTK: it is left alone where there is none."""

_TRAPS = ("engine/__init__.py", "gui/__init__.py", "msgspec.py", "psutil.py", "resources/__init__.py", "json.py")


def check() -> None:
    """All of it. Figures go to build/package/check.json and into docs/packaging.md."""
    debian.ensure(debian.CHECK_NEEDS)
    (bundle,) = BUNDLES.glob("debian/*/fastpath-*")
    package = next(DIST.glob(f"fastpath_{bundle.name.rpartition('-')[2]}_*.deb"), None)
    if package is None:
        raise TaskFailed("There is no package yet: python3 tasks.py package")
    report = Report(package, bundle)
    debian.validate(bundle)
    old = debian.pack(bundle, WORK, version=OLD_VERSION, packed=("zstd", 1))
    with x_server() as display, bare_system() as system:
        person = Person(system, display)
        report.note("apt-get install, seconds", install(system, old))
        whole_libraries(system)
        first_start(person, report)
        nothing_local_wins(person)
        kept = person.kept()
        report.note("upgrade, seconds", install(system, package))
        upgraded(person, kept)
        without_a_compiler(person)
        every_mode(person, report)
        same_answers(person, report)
        beside_the_sources(person, display, report)
        removed(system)
    debian.lint(package)
    report.write()


class Person:
    """Somebody who has the packaged program, and a home."""

    def __init__(self, system: Bare, display: str) -> None:
        self.system, self.display = system, display
        self.asks = Asks(system.words((), person=True), f"{DATA}/history/history.sqlite")
        self.entry = 0
        """The last entry of the history."""

    @contextlib.contextmanager
    def window(self, watched: bool = False) -> Iterator[Window]:
        """The program, started and in the end closed. ``watched``: its Python notes when the answer is shown."""
        bytecode = f"pycache_prefix={HOME}/.cache/fastpath/bytecode"
        observed = ["python3.11", "-I", "-S", "-X", "utf8", "-X", bytecode, OBSERVER, f"{HOME}/answered"]
        starts = observed if watched else ["fastpath"]
        words = self.system.words(starts, person=True, environment={"DISPLAY": self.display})
        window = Window(words, self.asks, self.display, os.environ)
        with closing(window):
            yield window

    def runs(self, window: Window) -> dict[str, Any]:
        """Presses Run, waits for the answer; its row of the history."""
        window.press_run(self.entry)
        row = window.answer(self.entry)
        self.entry = row["number"]
        if row["status"] != "done":
            raise TaskFailed(f"A run in {row['mode']} ended as {row['status']}: {row['note']}")
        return row

    def fastpath(self, *words: str, **more: Any) -> str:
        """What the command line prints."""
        return self.system.run("fastpath", *words, person=True, **more)

    def choose(self, mode: str) -> None:
        """As if the mode had been chosen in the window, which remembers it so."""
        file = self.system.home / ".local/share/fastpath/window/settings.json"
        settings = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(
            json.dumps({**settings, "mode": mode, "precision": "fp32"}), encoding="utf-8"
        )  # its owner stays

    def kept(self) -> dict[str, str]:
        """What must outlive an upgrade: the files of settings and prepared models, and the history's rows."""
        data = self.system.home / ".local/share/fastpath"
        files = [*(data / "artefacts").rglob("*"), data / "window" / "settings.json"]
        found = {str(file.relative_to(data)): _hashed(file) for file in files if file.is_file()}
        found["history"] = json.dumps(json.loads(self.fastpath("history", "list", "--json")), sort_keys=True)
        return found


def install(system: Bare, package: Path) -> float:
    """By apt, with what it depends on, over whatever version there is; the seconds it took."""
    shutil.copy(package, system.root / "var" / "tmp" / package.name)
    system.run("apt-get", "update", network=True)
    began_s = time.monotonic()
    system.run("apt-get", "install", "-y", "--no-install-recommends", f"/var/tmp/{package.name}", network=True)
    told = system.run("dpkg-query", "--show", "--showformat=${Version} ${db:Status-Status}", "fastpath")
    if told != f"{package.name.split('_')[1]} installed":
        raise TaskFailed(f"After the installation of {package.name} dpkg says: {told}")
    say(f"{package.name} installed.")
    return time.monotonic() - began_s


def whole_libraries(system: Bare) -> None:
    """Every library finds those that it needs, in the package or in what the package depends on."""
    script = (
        "find /usr/lib/fastpath -name '*.so*' -type f -exec ldd {} + 2>/dev/null | grep 'not found' | sort -u || true"
    )
    lacks = [line for line in system.run("sh", "-c", script).splitlines() if not OPTIONAL_LIBRARIES.search(line)]
    if lacks:
        raise TaskFailed("Libraries in the package lack others:\n" + "\n".join(lacks))


def first_start(person: Person, report: Report) -> None:
    """Nobody has started it before: no bytecode, no settings, no network."""
    shutil.copy(Path(__file__).with_name("observe.py"), person.system.root / OBSERVER.lstrip("/"))
    answered = person.system.home / "answered"
    with person.window(watched=True) as window:
        report.note("first start: window, seconds", window.shown_s())
        before_s = time.monotonic()
        person.runs(window)
        report.note("first start: from Run to the answer, seconds", float(answered.read_text()) - before_s)
        window.picture(report.picture("first-answer"))
    answered.unlink()
    person.choose("onnx-runtime")
    with person.window() as window:
        window.shown_s()
        person.runs(window)
    bytecode = person.system.home / ".cache/fastpath/bytecode"
    if not any(bytecode.rglob("*.pyc")):
        raise TaskFailed("No bytecode was kept in the person's cache folder.")
    if any((person.system.root / "usr/lib/fastpath").rglob("*.pyc")):
        raise TaskFailed("Bytecode was written beside the program.")


def nothing_local_wins(person: Person) -> None:
    """A folder full of modules that are named like ours, as the current one and in PYTHONPATH, is not looked into."""
    trap = person.system.home / "trap"
    for name in _TRAPS:
        (trap / name).parent.mkdir(parents=True, exist_ok=True)
        (trap / name).write_text("raise SystemExit('a local module was imported')\n")
    told = person.fastpath("modes", "--json", folder=f"{HOME}/trap", PYTHONPATH=f"{HOME}/trap", PYTHONSTARTUP="json.py")
    if "schema" not in json.loads(told):
        raise TaskFailed("fastpath modes --json did not answer.")
    shutil.rmtree(trap)


def upgraded(person: Person, before: dict[str, str]) -> None:
    """Settings, history and prepared models are what they were."""
    after = person.kept()
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if changed:
        raise TaskFailed(f"The upgrade changed {', '.join(changed)}.")


def without_a_compiler(person: Person) -> None:
    """torch.compile says what it needs."""
    mode = next(mode for mode in json.loads(person.fastpath("modes", "--json"))["modes"] if mode["id"] == COMPILED)
    if mode["available"] or "g++" not in mode["remedy"]:
        raise TaskFailed(f"Without a compiler torch.compile says: {mode}")


def every_mode(person: Person, report: Report) -> None:
    """The starter in each mode, from the window; in torch.compile once there is a compiler."""
    for mode in (*MODES, COMPILED):
        if mode == COMPILED:
            person.system.run("apt-get", "install", "-y", "--no-install-recommends", *COMPILER, network=True)
            with person.window() as window:  # which remembers from start to start what can run
                window.shown_s()
                person.runs(window)
        person.choose(mode)
        with person.window() as window:
            window.shown_s()
            row = person.runs(window)
            window.picture(report.picture(mode))
        if row["mode"] != mode:
            raise TaskFailed(f"{mode} was chosen, and {row['mode']} ran.")
        report.note(f"{mode}: median, ms", row["p50_ms"])
        say(f"From the window: {mode}, {row['p50_ms']:.2f} ms.")


def same_answers(person: Person, report: Report) -> None:
    """The starter's example in every mode gives plain PyTorch's answer."""
    runs = json.loads(person.fastpath("try", "--json", FASTPATH_HOME=f"{HOME}/apart"))["runs"]  # not in the history
    told = {run["mode_executed"]: run["agreement"]["verdict"] for run in runs}
    if set(told) != {*MODES, COMPILED} or set(told.values()) - {"reference", "identical", "same answers"}:
        raise TaskFailed(f"fastpath try says: {told}")
    report.told["answers"] = told


def beside_the_sources(person: Person, display: str, report: Report) -> None:
    """Starts after the first, in turns with starts from source on the same screen."""
    person.choose("eager")
    packaged, source = [], []
    with tempfile.TemporaryDirectory() as home:
        for turn in range(ROUNDS + 1):
            with person.window() as window:
                shown = window.shown_s()
            environment = {**os.environ, "DISPLAY": display, "HOME": home, "FASTPATH_HOME": f"{home}/data"}
            from_source = Window([str(PYTHON.with_name("fastpath"))], person.asks, display, environment)
            with closing(from_source):
                shown_from_source = from_source.shown_s()
            if turn:  # the first of each fills caches
                packaged.append(shown)
                source.append(shown_from_source)
    report.note("second start: window, seconds", statistics.median(packaged))
    report.note("second start from source: window, seconds", statistics.median(source))
    report.note("second start against from source", statistics.median(packaged) / statistics.median(source))
    answered = person.system.home / "answered"
    with person.window(watched=True) as window:
        window.shown_s()
        before_s = time.monotonic()
        person.runs(window)
        report.note("second start: from Run to the answer, seconds", float(answered.read_text()) - before_s)
    answered.unlink()


def removed(system: Bare) -> None:
    """Nothing is left but what is the person's."""
    system.run("dpkg", "--purge", "fastpath")
    places = "find / -xdev ( -path /proc -o -path /sys -o -path /dev ) -prune -o -ipath *fastpath* -print"
    left = [
        line
        for line in system.run(*places.split()).splitlines()
        if not line.startswith((f"{HOME}/.local/share/fastpath", f"{HOME}/.cache/fastpath", "/var/tmp/fastpath_"))
    ]
    if left:
        raise TaskFailed("After the removal there is still:\n" + "\n".join(left[:20]))
    if not (system.home / ".local/share/fastpath/history/history.sqlite").is_file():
        raise TaskFailed("The removal took the person's history away.")
    say(f"Removed: nothing is left but what is {PERSON}'s.")


@contextlib.contextmanager
def closing(window: Window) -> Iterator[None]:
    """Closes ``window`` as a person would; where something failed, at once."""
    try:
        yield
    except BaseException:
        window.kill()
        raise
    window.close()


def _hashed(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
