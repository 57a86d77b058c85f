"""Whether the packages of an environment are whole, told from the lists that their installer left. Nothing is
imported, and no file is read but these lists."""

import contextlib
import csv
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path


def plain_name(name: str) -> str:
    """The name by which indexes and folders know a package (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def lists(packages: Path) -> Iterator[tuple[str, str, Path]]:
    """(plain name, version, folder) of each ``.dist-info``."""
    for folder in packages.glob("*.dist-info"):
        name, _, version = folder.name.removesuffix(".dist-info").rpartition("-")
        yield plain_name(name), version, folder


def missing(packages: Path | None, wanted: Mapping[str, str]) -> list[str]:
    """Names in ``wanted`` (versions by plain name) that are not there, or at another version. A fraction of a
    millisecond each.
    """
    there = {name: version for name, version, _ in lists(packages)} if packages else {}
    return [name for name, version in wanted.items() if there.get(name) != version]


def fingerprints(packages: Path, names: Collection[str]) -> dict[str, str]:
    """By plain name, how many files a package has and of what size in all: a look at every file.

    The sizes in a package's own list will not do: some wheels are published with a wrong one.
    """
    return {name: _fingerprint(folder) for name, _, folder in lists(packages) if name in names}


def broken(packages: Path | None, wanted: Mapping[str, str], whole: Mapping[str, str]) -> list[str]:
    """As ``missing``, and those whose fingerprint is no longer the one in ``whole``."""
    lost = missing(packages, wanted)
    if packages is None:
        return lost
    now = fingerprints(packages, wanted.keys() - set(lost))
    return [*lost, *(name for name, found in now.items() if found != whole.get(name))]


def remove(folder: Path) -> None:
    """A package by its ``.dist-info``: what its list names beside it, then the list."""
    beside = folder.parent.resolve()
    for name in _listed(folder):
        file = folder.parent / name
        if file.parent.resolve().is_relative_to(beside):
            file.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _fingerprint(folder: Path) -> str:
    sizes = []
    for name in _listed(folder):
        with contextlib.suppress(OSError):
            sizes.append((folder.parent / name).stat().st_size)
    return f"{len(sizes)} files, {sum(sizes)} bytes"


def _listed(folder: Path) -> list[str]:
    """Files with a size: what Python compiled has none. Empty where the list is gone or cannot be read."""
    try:
        with (folder / "RECORD").open(newline="", encoding="utf-8") as file:
            return [row[0] for row in csv.reader(file) if len(row) == 3 and row[2]]
    except (OSError, ValueError, csv.Error):
        return []
