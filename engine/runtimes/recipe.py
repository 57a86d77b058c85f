"""What an installation puts into the runtime, and the Python that it is made from."""

import dataclasses
import shutil
import sys
from pathlib import Path

from engine.runtimes import ipex, packaged
from engine.wire.errors import ModeUnavailable

VENV = "Install Python's venv (on Debian and Ubuntu: apt install python3-venv), then try again."
_PYTHONS = ("python3.11", "python3.12", "python3.13")


@dataclasses.dataclass(frozen=True, slots=True)
class Recipe:
    """What is installed, and with which Python. ``plain_bytes``: what the plain wheels take to download and on disk;
    the CPU index's take a tenth.
    """

    python: Path
    requirements: tuple[str, ...]
    torch: str
    cpu_index: str
    plain_bytes: tuple[int, int]


def usual() -> Recipe:
    """IPEX with the running program's own light needs. Raises ModeUnavailable where there is no Python for it."""
    return Recipe(
        python=_python(),
        requirements=(
            f"intel_extension_for_pytorch=={ipex.IPEX}",
            *(f"{name}=={version}" for name, version in ipex.light().items()),
        ),
        torch=ipex.TORCH,
        cpu_index=ipex.CPU_INDEX,
        plain_bytes=(ipex.DOWNLOAD_BYTES, ipex.DISK_BYTES),
    )


def _python() -> Path:
    """Where the packaged program is no Python for others, one of the system's has to serve."""
    if packaged.has_python():
        return Path(sys.executable)
    found = next(filter(None, map(shutil.which, _PYTHONS)), None)
    if found is None:
        raise ModeUnavailable("IPEX needs Python 3.11, 3.12 or 3.13, and none is installed.", VENV)
    return Path(found)
