"""What the package holds: the part of requirements.lock that the program itself asks for, and the starter.

What is for development, building and benchmarks alone is in the lock too, and stays out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT, SETTINGS, LOCK = ROOT / "pyproject.toml", ROOT / "briefcase.toml", ROOT / "requirements.lock"
WORK, DIST = ROOT / "build" / "package", ROOT / "dist"
BUNDLES = ROOT / "build" / "fastpath"
"""Where Briefcase makes the bundle."""

MOST_DOWNLOAD_BYTES, MOST_DISK_BYTES = 450_000_000, 2_200_000_000
ROOTS = ("fastpath (pyproject.toml)", "fastpath (pyproject.toml:starter)")
"""As uv names in the lock who asked: the dependencies themselves, and the group with the starter."""

_ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\\n]+?))?(?: \\)?$")


@dataclass(frozen=True, slots=True)
class Locked:
    """One package of the lock. ``asked_by``: names, or one of ROOTS. ``text``: its lines, with hashes."""

    name: str
    version: str
    marker: str
    asked_by: tuple[str, ...]
    text: str


def read(lock: str) -> dict[str, Locked]:
    """Every package of the lock by its name. Raises ValueError for lines that are none."""
    blocks: list[list[str]] = []
    for line in lock.splitlines():
        if line.startswith((" ", "\t")) and blocks:
            blocks[-1].append(line)
        elif line and not line.startswith("#"):
            blocks.append([line])
    return {locked.name: locked for locked in map(_locked, blocks)}


def _locked(block: list[str]) -> Locked:
    found = _ENTRY.match(block[0])
    if found is None:
        raise ValueError(f"requirements.lock has a line that names no package: {block[0]}")
    said = " ".join(line.strip().removeprefix("#").strip() for line in block if line.strip().startswith("#"))
    asked = re.findall(r"fastpath \(pyproject\.toml[^)]*\)|[A-Za-z0-9_.-]+", said.removeprefix("via"))
    return Locked(found["name"], found["version"], (found["marker"] or "").strip(), tuple(asked), "\n".join(block))


def shipped(locked: dict[str, Locked], roots: Iterable[str] = ROOTS) -> list[Locked]:
    """What the program asks for, and what that asks for, and so on; by name."""
    wanted = set(roots)
    while True:
        more = {name for name, package in locked.items() if name not in wanted and wanted & set(package.asked_by)}
        if not more:
            return [locked[name] for name in sorted(wanted & set(locked))]
        wanted |= more
