"""A bare Debian in a folder, as debootstrap makes it, and commands in it. Root is needed."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from resources.packaging.debian import SUITE
from resources.packaging.plan import WORK
from tasks import TaskFailed, say, step

KEPT = WORK / "bare-bookworm.tar"
"""The system just after debootstrap, so that the next check starts from it in seconds."""

PERSON, HOME = "person", "/home/person"

_IN_ITS_OWN_WORLD = """
set -e
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount --rbind /sys "$1/sys"
mkdir -p "$1/tmp/.X11-unix"
if [ -d /tmp/.X11-unix ]; then mount --bind /tmp/.X11-unix "$1/tmp/.X11-unix"; fi
root="$1"; who="$2"; folder="$3"; shift 3
exec chroot --userspec="$who" "$root" env -i -C "$folder" "$@"
"""


class Bare:
    """The system in the folder ``root``. Its mounts and processes are those of each command alone, and end with it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def home(self) -> Path:
        """The person's, seen from outside."""
        return self.root / HOME.lstrip("/")

    def words(
        self,
        words: Sequence[str],
        person: bool = False,
        network: bool = False,
        environment: Mapping[str, str] | None = None,
        folder: str = "/",
    ) -> list[str]:
        """What runs ``words`` there, by root or by the person, who has no network."""
        variables = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": HOME if person else "/root",
            "LANG": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
            **(environment or {}),
        }
        apart = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
        return [
            *("unshare", *apart, *(() if network else ("--net",))),
            *("sh", "-c", _IN_ITS_OWN_WORLD, "sh", str(self.root)),
            *(PERSON if person else "root", folder),
            *(f"{name}={value}" for name, value in variables.items()),
            *words,
        ]

    def run(self, *words: str, person: bool = False, network: bool = False, folder: str = "/", **more: str) -> str:
        """The standard output of ``words``, run there. ``more``: variables. Raises TaskFailed."""
        done = subprocess.run(
            self.words(words, person, network, more, folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            last = "\n".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-15:])
            raise TaskFailed(f"In the bare system, {' '.join(words)} ended with status {done.returncode}:\n{last}")
        return done.stdout


@contextlib.contextmanager
def bare_system() -> Iterator[Bare]:
    """A fresh one with a person in it, as long as this lasts."""
    if os.geteuid() != 0:
        raise TaskFailed("The check makes a bare system, which root alone may: run it with sudo.")
    if not KEPT.exists():
        _make()
    root = WORK / "bare"
    if root.exists():
        shutil.rmtree(root)
    root.mkdir()
    step("A bare system", "tar", "--extract", "--numeric-owner", "--file", KEPT, "--directory", root)
    system = Bare(root)
    system.run("useradd", "--create-home", "--shell", "/bin/sh", PERSON)
    try:
        yield system
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _make() -> None:
    root = WORK / "bare-new"
    if root.exists():
        shutil.rmtree(root)
    say("debootstrap fetches a bare Debian 12: a minute or two, once.")
    step("debootstrap", "debootstrap", "--variant=minbase", SUITE, root, *_mirror())
    beside = KEPT.with_suffix(".new")
    step("Kept for the next time", "tar", "--create", "--numeric-owner", "--file", beside, "--directory", root, ".")
    beside.replace(KEPT)
    shutil.rmtree(root)


def _mirror() -> list[str]:
    """Where this system takes its packages from, if it is of the same suite; else debootstrap has one of its own."""
    told = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", f"Codename: {SUITE}"]
    with contextlib.suppress(OSError):
        found = subprocess.run(told, capture_output=True, encoding="utf-8").stdout.split()
        return found[:1]
    return []
