"""A CPU as Linux tells it: /proc/cpuinfo, /sys and the auxiliary vector.

Functions take the text or the root folder, so that recorded facts of other machines can be fed in. A great server has
thousands of files to read: so without pathlib, which takes as long again as the reading.
"""

import ctypes
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.cpu import arm_parts, judge, topology
from engine.cpu.features import is_x86, known
from engine.cpu.registers import Registers
from engine.cpu.tiles import Tiles
from engine.cpu.told import Told
from engine.cpu.topology import Core, Cores
from engine.wire.values import CoreKinds, Feature

_AT_HWCAP, _AT_HWCAP2 = 16, 26
_CPUS = "sys/devices/system/cpu"
_X86_KINDS = {"cpu_core": 1.0, "cpu_atom": 0.5, "cpu_lowpower": 0.25}
"""Performance counters that only hybrid x86 CPUs have, by kind of core; ``cpus`` in each lists its processors."""
_ARM_SHARE = 0.5
"""An Arm core counts as a performance core from half the greatest capacity on: middle cores do, little ones do not."""


def told(
    root: Path,
    machine: str,
    registers: Registers | None,
    hwcaps: tuple[int, int],
    affinity: frozenset[int] | None,
    ask_tiles: Callable[[], Tiles],
) -> Told:
    """``affinity``: processors that this process may run on, None for all."""
    cpuinfo = _text(str(root / "proc/cpuinfo"))
    own_name = registers.brand() if registers else ""
    return Told(
        own_name or brand(cpuinfo),
        _features(machine, registers, hwcaps, cpuinfo, ask_tiles),
        cores(root, affinity),
        caches(root),
    )


def hwcaps() -> tuple[int, int]:
    """The two words of features that the kernel gives each process (Arm)."""
    getauxval = ctypes.CDLL(None).getauxval
    getauxval.restype, getauxval.argtypes = ctypes.c_ulong, [ctypes.c_ulong]
    return int(getauxval(_AT_HWCAP)), int(getauxval(_AT_HWCAP2))


def _features(
    machine: str,
    registers: Registers | None,
    hwcaps: tuple[int, int],
    cpuinfo: str,
    ask_tiles: Callable[[], Tiles],
) -> tuple[Feature, ...]:
    entries = known(machine)
    if registers:
        return judge.from_registers(entries, registers, ask_tiles)
    if any(hwcaps) and not is_x86(machine):
        return judge.from_hwcap(entries, *hwcaps)
    return judge.from_words(entries, words(cpuinfo), ask_tiles)


def words(cpuinfo: str) -> frozenset[str]:
    """The features that the first processor of /proc/cpuinfo lists."""
    listed = _values(cpuinfo, "flags") or _values(cpuinfo, "Features") or [""]
    return frozenset(listed[0].split())


def brand(cpuinfo: str) -> str:
    """The CPU's name; on Arm, where the kernel gives none, from the part numbers of its cores."""
    if named := _values(cpuinfo, "model name"):
        return " ".join(named[0].split())
    pairs = zip(_values(cpuinfo, "CPU implementer"), _values(cpuinfo, "CPU part"), strict=False)
    return arm_parts.name([(maker.lower(), part.lower()) for maker, part in pairs])


def _values(cpuinfo: str, key: str) -> list[str]:
    fields = (line.partition(":") for line in cpuinfo.splitlines())
    return [value.strip() for name, colon, value in fields if colon and name.strip() == key]


def cores(root: Path, allowed: frozenset[int] | None) -> Cores:
    """Sockets and cores from /sys. ``allowed``: processors that this process may run on, None for all."""
    packages: dict[str, set[int]] = {}
    members: dict[str, list[int]] = {}
    for number, folder in _processors(root):
        if together := _text(f"{folder}/topology/thread_siblings_list"):
            members.setdefault(together, []).append(number)
            package = _text(f"{folder}/topology/physical_package_id")
            if package not in packages:
                packages[package] = {number} | _sharing_a_cache(folder)
    usable = {together for together, some in members.items() if allowed is None or allowed.intersection(some)}
    return Cores(
        # Telephones call each cluster of cores a package; those that share a cache are in one socket.
        sockets=len({min(sharing) for sharing in packages.values()}),
        physical=len(members),
        logical=sum(map(len, members.values())),
        allowed=len(usable),
        kinds=_kinds(root, members, usable),
    )


def _sharing_a_cache(folder: str) -> set[int]:
    found: set[int] = set()
    for index in _entries(f"{folder}/cache", "index"):
        found |= numbers(_text(f"{folder}/cache/{index}/shared_cpu_list"))
    return found


def _kinds(root: Path, members: dict[str, list[int]], usable: set[str]) -> CoreKinds | None:
    ranks: dict[int, float] = {}
    for kind, rank in _X86_KINDS.items():
        ranks |= dict.fromkeys(numbers(_text(str(root / "sys/devices" / kind / "cpus"))), rank)
    share = 1.0
    if not ranks:
        capacities = {number: _text(f"{folder}/cpu_capacity") for number, folder in _processors(root)}
        ranks = {number: float(text) for number, text in capacities.items() if text.isdigit()}
        share = _ARM_SHARE
    found = [
        Core(max(ranks.get(number, 0.0) for number in some), together in usable) for together, some in members.items()
    ]
    return topology.kinds(found, share)


def caches(root: Path) -> dict[str, int]:
    """Bytes of each cache level in all, each physical cache once: {"L1d": ..., "L2": ..., "L3": ...}."""
    found: dict[str, int] = {}
    seen: dict[str, set[int]] = {}
    for number, folder in _processors(root):
        for index in _entries(f"{folder}/cache", "index"):
            if number in seen.setdefault(index, set()):
                continue
            place = f"{folder}/cache/{index}"
            seen[index] |= numbers(_text(f"{place}/shared_cpu_list")) | {number}
            name = _cache_name(_text(f"{place}/level"), _text(f"{place}/type"))
            size_bytes = _size(_text(f"{place}/size"))
            if name and size_bytes:
                found[name] = found.get(name, 0) + size_bytes
    return dict(sorted(found.items()))


def _processors(root: Path) -> Iterator[tuple[int, str]]:
    names = [name for name in _entries(str(root / _CPUS), "cpu") if name[3:].isdigit()]
    yield from ((int(name[3:]), f"{root / _CPUS}/{name}") for name in sorted(names, key=lambda name: int(name[3:])))


def _entries(folder: str, start: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.startswith(start))  # noqa: PTH208
    except OSError:
        return []


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


def _text(file: str) -> str:
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:  # noqa: PTH123
            return opened.read().strip()
    except OSError:
        return ""
