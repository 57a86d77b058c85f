"""A CPU as Linux tells it: /proc/cpuinfo, /sys, and the kernel's leave for AMX.

Functions take the text or the root folder, so that recorded facts of other machines can be fed in.
"""

import ctypes
import platform
from collections.abc import Iterator
from pathlib import Path

from engine.cpu.topology import Cores

_ARCH_GET_XCOMP_SUPP = 0x1021
_SYS_ARCH_PRCTL = 158
_TILE_STATES = 1 << 17 | 1 << 18  # configuration and data of the tiles

_ARM_PARTS = {
    ("0x41", "0xd03"): "Arm Cortex-A53",
    ("0x41", "0xd08"): "Arm Cortex-A72",
    ("0x41", "0xd0b"): "Arm Cortex-A76",
    ("0x41", "0xd0c"): "Arm Neoverse N1",
    ("0x41", "0xd40"): "Arm Neoverse V1",
    ("0x41", "0xd49"): "Arm Neoverse N2",
    ("0x41", "0xd4f"): "Arm Neoverse V2",
    ("0x41", "0xd84"): "Arm Neoverse V3",
    ("0xc0", "0xac3"): "Ampere-1",
    ("0xc0", "0xac4"): "Ampere-1A",
}
"""Names by implementer and part, as Arm and Ampere publish them (MIDR_EL1)."""


def words(cpuinfo: str) -> frozenset[str]:
    """The features that the first processor of /proc/cpuinfo lists."""
    return frozenset((_value(cpuinfo, "flags") or _value(cpuinfo, "Features")).split())


def brand(cpuinfo: str) -> str:
    """The CPU's name; on Arm, where the kernel gives none, from its part number."""
    if named := _value(cpuinfo, "model name"):
        return " ".join(named.split())
    implementer, part = _value(cpuinfo, "CPU implementer").lower(), _value(cpuinfo, "CPU part").lower()
    if (implementer, part) in _ARM_PARTS:
        return _ARM_PARTS[implementer, part]
    return f"Arm CPU (implementer {implementer}, part {part})" if part else ""


def _value(cpuinfo: str, key: str) -> str:
    for line in cpuinfo.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() == key:
            return value.strip()
    return ""


def tiles_allowed() -> bool:
    """Whether the kernel would let a process use AMX's tile registers.

    Only asks what is supported (docs.kernel.org/arch/x86/xstate.html): the leave itself is asked for by the
    library that runs the tiles, in the process that does. False where the kernel is too old to know the
    question.
    """
    if platform.machine() != "x86_64":
        return False
    supported = ctypes.c_uint64(0)
    libc = ctypes.CDLL(None, use_errno=True)
    refused = libc.syscall(_SYS_ARCH_PRCTL, _ARCH_GET_XCOMP_SUPP, ctypes.byref(supported))
    return not refused and supported.value & _TILE_STATES == _TILE_STATES


def cores(root: Path, allowed: frozenset[int] | None) -> Cores:
    """Sockets and cores from /sys. ``allowed``: processors that this process may run on, None for all."""
    sockets, siblings, siblings_allowed = set(), set(), set()
    logical = 0
    for number, folder in _processors(root):
        together = _text(folder / "topology" / "thread_siblings_list")
        if not together:
            continue
        logical += 1
        sockets.add(_text(folder / "topology" / "physical_package_id"))
        siblings.add(together)
        if allowed is None or number in allowed:
            siblings_allowed.add(together)
    return Cores(len(sockets), len(siblings), logical, len(siblings_allowed))


def caches(root: Path) -> dict[str, int]:
    """Bytes of each cache level in all, each physical cache once: {"L1d": ..., "L2": ..., "L3": ...}."""
    found: dict[str, int] = {}
    seen: dict[str, set[int]] = {}
    for number, folder in _processors(root):
        for index in sorted((folder / "cache").glob("index*")):
            if number in seen.setdefault(index.name, set()):
                continue
            seen[index.name] |= numbers(_text(index / "shared_cpu_list")) | {number}
            name = _cache_name(_text(index / "level"), _text(index / "type"))
            if name:
                found[name] = found.get(name, 0) + _size(_text(index / "size"))
    return dict(sorted(found.items()))


def _processors(root: Path) -> Iterator[tuple[int, Path]]:
    folders = (root / "sys/devices/system/cpu").glob("cpu[0-9]*")
    yield from sorted((int(folder.name[3:]), folder) for folder in folders if folder.name[3:].isdigit())


def _cache_name(level: str, kind: str) -> str:
    if not level or (level == "1" and kind == "Instruction"):
        return ""
    return "L1d" if level == "1" else f"L{level}"


def _size(text: str) -> int:
    units = {"K": 1024, "M": 1024**2, "G": 1024**3}
    number = text.rstrip("KMG")
    return int(number) * units.get(text[-1:], 1) if number.isdigit() else 0


def numbers(ranges: str) -> set[int]:
    """The numbers of a list such as "0-3,8"."""
    found: set[int] = set()
    for part in filter(None, ranges.split(",")):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except OSError:
        return ""
