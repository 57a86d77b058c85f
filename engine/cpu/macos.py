"""A CPU as macOS tells it, through sysctl. Functions take readers, so that recorded values can be fed in."""

import ctypes
import dataclasses
from collections.abc import Callable

from engine.cpu import judge
from engine.cpu.features import known
from engine.cpu.registers import XCR0_STATES, Registers
from engine.cpu.told import Told
from engine.cpu.topology import Cores
from engine.wire.values import CoreKinds, Feature

Read = Callable[[str], int | None]


def told(machine: str, registers: Registers | None, number: Read, text: Callable[[str], str]) -> Told:
    """``number`` and ``text`` read one value of sysctl; see the functions of these names."""
    return Told(
        text("machdep.cpu.brand_string"),
        _features(machine, registers, number),
        cores(number),
        caches(number),
    )


def number(name: str) -> int | None:
    """An integer of sysctl, None where there is no such name."""
    value, size = ctypes.c_int64(0), ctypes.c_size_t(8)
    libc = ctypes.CDLL(None)
    if libc.sysctlbyname(name.encode(), ctypes.byref(value), ctypes.byref(size), None, ctypes.c_size_t(0)):
        return None
    return value.value


def text(name: str) -> str:
    """A text of sysctl, empty where there is no such name."""
    buffer, size = ctypes.create_string_buffer(256), ctypes.c_size_t(256)
    libc = ctypes.CDLL(None)
    if libc.sysctlbyname(name.encode(), buffer, ctypes.byref(size), None, ctypes.c_size_t(0)):
        return ""
    return buffer.value.decode("utf-8", "replace")


def _features(machine: str, registers: Registers | None, number: Read) -> tuple[Feature, ...]:
    entries = known(machine)
    if registers is None:
        return judge.from_macos(entries, number)
    if number("hw.optional.avx512f"):
        # macOS switches the long registers on for a thread when it first uses them; before, XCR0 has no bit for them.
        registers = dataclasses.replace(registers, xcr0=registers.xcr0 | XCR0_STATES["avx512"])
    return judge.from_registers(entries, registers, lambda: "not offered")


def cores(read: Read) -> Cores:
    """Affinity is unknown to macOS: every core may be used."""
    physical = read("hw.physicalcpu") or 0
    kinds = None
    if (read("hw.nperflevels") or 0) > 1:
        fast = read("hw.perflevel0.physicalcpu") or 0  # level 0 is the fastest
        kinds = CoreKinds(performance=fast, efficiency=physical - fast, performance_allowed=fast)
    return Cores(read("hw.packages") or 0, physical, read("hw.logicalcpu") or 0, physical, kinds)


def caches(read: Read) -> dict[str, int]:
    """Bytes of each level in all. Apple's CPUs tell of each kind of core apart, Intel's of one core each."""
    found: dict[str, int] = {}
    for level in range(read("hw.nperflevels") or 0):
        kind = f"hw.perflevel{level}"
        count = read(f"{kind}.physicalcpu") or 0
        _add(found, "L1d", count * (read(f"{kind}.l1dcachesize") or 0))
        sharing = read(f"{kind}.cpusperl2") or 1
        _add(found, "L2", -(-count // sharing) * (read(f"{kind}.l2cachesize") or 0))
    if not found:
        count = read("hw.physicalcpu") or 0
        _add(found, "L1d", count * (read("hw.l1dcachesize") or 0))
        _add(found, "L2", count * (read("hw.l2cachesize") or 0))
    _add(found, "L3", (read("hw.packages") or 1) * (read("hw.l3cachesize") or 0))
    return found


def _add(found: dict[str, int], name: str, size_bytes: int) -> None:
    if size_bytes:
        found[name] = found.get(name, 0) + size_bytes
