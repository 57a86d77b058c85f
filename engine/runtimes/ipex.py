"""The runtime of Intel Extension for PyTorch: what goes into it, where it can run, and in which state it is.

IPEX 2.8.0, the last one, works with PyTorch 2.8 alone, so both live in an environment of their own.
"""

import os
import sys
from collections.abc import Collection
from importlib import metadata
from pathlib import Path

import msgspec

from engine.runtimes import own_wheel
from engine.runtimes.packages import broken, missing, plain_name
from engine.runtimes.place import Manifest, Place
from engine.wire.errors import DataFolder, ModeUnavailable
from engine.wire.values import RuntimeCard

ID = "ipex"
TITLE = "Intel Extension for PyTorch (IPEX)"
PLAIN = "A Python environment of its own with PyTorch 2.8, the only one that IPEX works with."
INSTALL = "Install it in Settings, or with: fastpath runtimes install ipex"
REPAIR = "Repair it in Settings, or with: fastpath runtimes repair ipex"

TORCH = "2.8.0"
IPEX = "2.8.0"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_LIGHT = (
    *("transformers", "tokenizers", "safetensors", "huggingface-hub"),
    *("numpy", "msgspec", "psutil", "platformdirs"),
)
"""What the engine needs beside, in the versions of the environment that runs now."""

DOWNLOAD_BYTES = 4_000_000_000
DISK_BYTES = 7_400_000_000
"""Of the plain wheels, which bring CUDA's libraries (measured). PyTorch's own index for CPUs has far smaller ones."""


def obstacle(usable: Collection[str], system: str = sys.platform, machine: str = "") -> str:
    """Why it can never run on this computer, or "". ``usable``: ids of CPU features."""
    machine = machine or (os.uname().machine if hasattr(os, "uname") else "")
    if not system.startswith("linux") or machine not in ("x86_64", "AMD64"):
        return "IPEX exists only for Linux on x86-64 processors."
    if "avx2" not in usable:
        return "IPEX needs a processor with AVX2."
    return ""


def light() -> dict[str, str]:
    """Versions by name."""
    return {name: metadata.version(name) for name in _LIGHT}


def is_here() -> bool:
    """Whether this very process runs in the runtime."""
    try:
        return Path(sys.prefix).resolve() == Place(ID).folder.resolve()
    except DataFolder:
        return False


def damage(place: Place, *, thorough: bool = False) -> str | None:
    """Why what lies there cannot be used; "" where it can; None where nothing is installed.

    ``thorough``: with a look at every file, a second or less; else a few milliseconds.
    """
    try:
        manifest = place.manifest()
    except (msgspec.MsgspecError, OSError) as error:
        return f"Its manifest cannot be read ({type(error).__name__})."
    if manifest is None:
        return None
    if manifest.damage:
        return manifest.damage
    if not place.python.exists() or str(place.python.resolve()) != manifest.python:
        return f"The Python that it was made from is gone: {manifest.python}."
    lost = (
        broken(place.packages, manifest.packages, manifest.files)
        if thorough
        else missing(place.packages, manifest.packages)
    )
    if lost:
        return f"Packages are missing or damaged: {', '.join(lost[:5])}{' ...' if len(lost) > 5 else ''}."
    if older := outdated(manifest):
        return f"It was made for another version of Fastpath: {', '.join(older)}."
    return ""


def note_damage(place: Place) -> bool:
    """Looks at every file; what is lost makes the runtime a damaged one for all. True where that is new."""
    if damage(place) != "":
        return False
    found = damage(place, thorough=True)
    manifest = place.manifest()
    if not found or manifest is None:
        return False
    with place.working():
        place.write(msgspec.structs.replace(manifest, damage=found))
    return True


def outdated(manifest: Manifest) -> list[str]:
    """Packages whose version is no longer the one that is wanted."""
    wanted = {plain_name(name): version for name, version in light().items()}
    wanted |= {"torch": TORCH, "intel-extension-for-pytorch": IPEX}
    there = {name: version.partition("+")[0] for name, version in manifest.packages.items()}
    return [f"{name} {there.get(name, 'missing')}" for name, version in wanted.items() if there.get(name) != version]


def card(usable: Collection[str]) -> RuntimeCard:
    """For a person: its state, found by a look at every file."""
    known = RuntimeCard(
        id=ID,
        title=TITLE,
        plain=PLAIN,
        state="not installed",
        download_bytes=DOWNLOAD_BYTES,
        disk_bytes=DISK_BYTES,
        versions={"torch": TORCH, "intel-extension-for-pytorch": IPEX},
    )
    if never := obstacle(usable):
        return msgspec.structs.replace(known, state="cannot run here", reason=never, download_bytes=0, disk_bytes=0)
    place = Place(ID)
    found = damage(place, thorough=True)
    if found is None:
        return known
    try:
        manifest = place.manifest()
    except (msgspec.MsgspecError, OSError):
        manifest = None
    return msgspec.structs.replace(
        known,
        state="damaged" if found else "installed",
        reason=found,
        used_bytes=manifest.disk_bytes if manifest else 0,
        versions={name: manifest.packages.get(name, "") for name in known.versions} if manifest else known.versions,
    )


def interpreter() -> Path:
    """Its Python, with this program's own code in it. Raises ModeUnavailable, EngineBusy, DataFolder.

    Own code that has changed is renewed on the way, offline.
    """
    place = Place(ID)
    found = damage(place)
    if found is None:
        raise ModeUnavailable("IPEX is not installed.", INSTALL)
    if found:
        raise ModeUnavailable(f"IPEX's runtime is damaged. {found}", REPAIR)
    renew_own_code(place)
    return place.python


def renew_own_code(place: Place) -> None:
    """Where it is not this program's; a fraction of a second."""
    manifest = place.manifest()
    if manifest is None or place.packages is None:
        return
    if manifest.own_digest == own_wheel.digest() and (place.packages / "engine" / "__main__.py").exists():
        return
    with place.working():
        own_wheel.install(own_wheel.build(), place.packages)
        place.write(msgspec.structs.replace(manifest, own_digest=own_wheel.digest()))
