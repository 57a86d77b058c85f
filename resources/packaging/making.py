"""From the sources to the package: wheels, icons, one configuration, Briefcase, what is trimmed, whose it is.

Briefcase makes its bundle below build/fastpath; all else is in build/package, the packages are in dist.
"""

import contextlib
import datetime
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from resources.packaging import configuration, debian, licences, trim, wheels
from resources.packaging.plan import BUNDLES, DIST, MOST_DISK_BYTES, MOST_DOWNLOAD_BYTES, ROOT, WORK
from tasks import ON_LINUX, ON_WINDOWS, TaskFailed, say, step

BRIEFCASE = "briefcase==0.4.7"
"""Exactly: ``run_briefcase`` replaces a method of it, and the template is written for it."""

LICENCES = "third-party-licences.txt"
FORMATS = {"linux": ("linux", "system"), "win32": ("windows", "app"), "darwin": ("macOS", "app")}
PACKAGED_AS = {"linux": "deb", "win32": "msi", "darwin": "dmg"}


def make() -> Path:
    """The package for this system, in dist. Raises TaskFailed."""
    if sys.platform not in FORMATS:
        raise TaskFailed(f"There is no package for this system ({sys.platform}).")
    if ON_LINUX:
        debian.require_suite()
        debian.ensure([*debian.BUILD_NEEDS, *debian.runtime_packages()])
    python = briefcase_python()
    requirements = wheels.gather(python)
    step("Icons", sys.executable, "-m", "resources.packaging.icons", WORK / "icons")
    with _joined(requirements) as joined:
        return _made(python, joined)


def _made(python: Path, joined: Path) -> Path:
    if BUNDLES.exists():
        shutil.rmtree(BUNDLES)
    _briefcase(python, joined, "create")
    packages = _packages()
    (WORK / LICENCES).write_text(licences.collect(packages), encoding="utf-8")
    before = trim.size(packages)
    trim.trim(packages)
    say(f"Trimmed from {before / 1e6:.0f} MB to {trim.size(packages) / 1e6:.0f} MB.")
    if ON_LINUX:
        with _compression("none"):  # the control file is completed, and the package made anew
            _briefcase(python, joined, "build")
            debian.complete(packages.parents[2], WORK / LICENCES, released())
            _briefcase(python, joined, "package", "--adhoc-sign")
        package = debian.pack(packages.parents[3], DIST)
    else:
        shutil.copy(WORK / LICENCES, packages.parent / LICENCES)
        _briefcase(python, joined, "build")
        _briefcase(python, joined, "package", "--adhoc-sign", "--packaging-format", PACKAGED_AS[sys.platform])
        package = max(DIST.glob(f"*.{PACKAGED_AS[sys.platform]}"), key=lambda file: file.stat().st_mtime)
    _weigh(package, trim.size(BUNDLES))
    return package


def briefcase_python() -> Path:
    """The Python of an environment of Briefcase's own. On Linux it must be the system's: the program runs on that."""
    place = WORK / "briefcase"
    python = place / ("Scripts/python.exe" if ON_WINDOWS else "bin/python")
    stamp = place / "stamp"
    if not (stamp.is_file() and stamp.read_text() == BRIEFCASE):
        if place.exists():
            shutil.rmtree(place)
        step("Briefcase's environment", "/usr/bin/python3" if ON_LINUX else sys.executable, "-m", "venv", place)
        step(BRIEFCASE, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", BRIEFCASE)
        stamp.write_text(BRIEFCASE)
    return python


def released() -> str:
    """The day of the last commit, else today: told in the man page and to software centres."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        words = ["git", "log", "-1", "--format=%cs"]
        return subprocess.check_output(words, cwd=ROOT, stderr=subprocess.DEVNULL).decode().strip()
    return datetime.date.today().isoformat()


def _briefcase(python: Path, joined: Path, command: str, *options: str) -> None:
    script = Path(__file__).with_name("run_briefcase.py")
    step(f"briefcase {command}", python, "-P", script, joined, command, *FORMATS[sys.platform], "--no-input", *options)


def _packages() -> Path:
    (found,) = BUNDLES.rglob("app_packages")
    return found


@contextlib.contextmanager
def _joined(requirements: list[str]) -> Iterator[Path]:
    """Briefcase's configuration, in the project's own folder: licences are looked for beside it."""
    file = ROOT / "briefcase-joined.toml"
    file.write_text(configuration.joined(requirements, released()), encoding="utf-8")
    try:
        yield file
    finally:
        file.unlink()


@contextlib.contextmanager
def _compression(kind: str) -> Iterator[None]:
    os.environ["DPKG_DEB_COMPRESSOR_TYPE"] = kind
    try:
        yield
    finally:
        del os.environ["DPKG_DEB_COMPRESSOR_TYPE"]


def _weigh(package: Path, disk_bytes: int) -> None:
    download_bytes = package.stat().st_size
    say(f"{package.relative_to(ROOT)}: {download_bytes / 1e6:.0f} MB to download, {disk_bytes / 1e6:.0f} on the disk.")
    if download_bytes > MOST_DOWNLOAD_BYTES or disk_bytes > MOST_DISK_BYTES:
        raise TaskFailed("That is more than the package may weigh (resources/packaging/plan.py).")
