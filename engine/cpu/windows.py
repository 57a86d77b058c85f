"""A CPU as Windows tells it. Functions take what Windows answered, so that recorded answers can be fed in."""

import ctypes
import dataclasses
import sys
from collections.abc import Callable
from typing import Any

from engine.cpu import judge, windows_topology
from engine.cpu.features import known
from engine.cpu.registers import XCR0_STATES, Registers
from engine.cpu.tiles import Tiles
from engine.cpu.told import Told
from engine.wire.values import Feature

_RELATION_ALL = 0xFFFF
_TILES = XCR0_STATES["tiles"]


def told(
    machine: str,
    registers: Registers | None,
    name: str,
    relations: bytes,
    affinity: frozenset[int] | None,
    is_present: Callable[[int], bool],
    xstate: int,
    ask_tiles: Callable[[], Tiles],
) -> Told:
    """``name``: of the registry. ``relations``: see ``windows_topology``. ``xstate``: GetEnabledXStateFeatures."""
    own_name = registers.brand() if registers else ""
    return Told(
        own_name or name,
        _features(machine, registers, is_present, xstate, ask_tiles),
        windows_topology.cores(relations, affinity),
        windows_topology.caches(relations),
    )


def _features(
    machine: str,
    registers: Registers | None,
    is_present: Callable[[int], bool],
    xstate: int,
    ask_tiles: Callable[[], Tiles],
) -> tuple[Feature, ...]:
    entries = known(machine)
    if registers is None:
        return judge.from_windows(entries, is_present)
    # Where a thread's optional registers are off until they are asked for, XCR0 alone would say no.
    return judge.from_registers(entries, dataclasses.replace(registers, xcr0=registers.xcr0 | xstate), ask_tiles)


def is_present(feature: int) -> bool:
    """IsProcessorFeaturePresent of kernel32."""
    return bool(_kernel32().IsProcessorFeaturePresent(feature))


def enabled_xstate() -> int:
    """Registers that this Windows can save for programs, as bits of XCR0; 0 where it is too old to tell."""
    kernel32 = _kernel32()
    if not hasattr(kernel32, "GetEnabledXStateFeatures"):
        return 0
    kernel32.GetEnabledXStateFeatures.restype = ctypes.c_uint64
    return int(kernel32.GetEnabledXStateFeatures())


def offered_tiles() -> Tiles:
    """Whether this Windows would let a process use the tile registers; asks for nothing."""
    optional = hasattr(_kernel32(), "EnableProcessOptionalXStateFeatures")
    return "granted" if optional and enabled_xstate() & _TILES == _TILES else "not offered"


def request_tiles() -> Tiles:
    """Asks for the tile registers for this process (EnableProcessOptionalXStateFeatures, Windows 11)."""
    if offered_tiles() != "granted":
        return "not offered"
    enable = _kernel32().EnableProcessOptionalXStateFeatures
    enable.argtypes = [ctypes.c_uint64]
    return "granted" if enable(_TILES) else "refused"


def relations() -> bytes:
    """What GetLogicalProcessorInformationEx tells of cores, caches and sockets; empty where it refuses."""
    ask = _kernel32().GetLogicalProcessorInformationEx
    size = ctypes.c_uint32(0)
    ask(_RELATION_ALL, None, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    return buffer.raw[: size.value] if ask(_RELATION_ALL, buffer, ctypes.byref(size)) else b""


def _kernel32() -> Any:
    return ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]


def brand() -> str:
    """The CPU's name, as the registry has it."""
    if sys.platform != "win32":
        return ""
    import winreg

    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION\System\CentralProcessor\0") as key:
        return " ".join(str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).split())
