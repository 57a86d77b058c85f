"""What this computer's CPU is, and what of it this process may use."""

import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil

from engine.cpu import container, judge, linux, machine_code, macos, tiles, topology, windows
from engine.cpu.container import Limits
from engine.cpu.features import is_x86
from engine.cpu.registers import Registers
from engine.cpu.tiles import Tiles
from engine.cpu.told import Told
from engine.cpu.topology import Cores
from engine.runtimes.command import processors_allowed
from engine.wire.values import Cpu

_MB = 1_000_000


def facts(ask_tiles: Callable[[], Tiles] | None = None) -> Cpu:
    """Asks CPU and system, in milliseconds. ``cores_allowed`` counts physical cores, after affinity and container.

    ``ask_tiles`` is called once, and only on a CPU that has AMX. By default it asks in a child that is gone at once;
    a process that will use AMX passes ``request_tiles``.
    """
    told = _told(ask_tiles or _probe_tiles)
    found = assemble(told, platform.machine(), psutil.virtual_memory().total, _limits())
    return msgspec.structs.replace(found, processors_allowed=processors_allowed())


def assemble(told: Told, machine: str, memory_bytes: int, limits: Limits) -> Cpu:
    """``memory_bytes``: all that the computer has."""
    cores = told.cores if told.cores.logical else _counted()
    return Cpu(
        brand=told.brand or platform.processor() or machine,
        architecture=machine,
        sockets=cores.sockets,
        cores_physical=cores.physical,
        cores_logical=cores.logical,
        cores_allowed=topology.within(cores.allowed, limits.cpus),
        core_kinds=cores.kinds,
        caches=told.caches,
        memory_total_mb=min(memory_bytes, limits.memory_bytes or memory_bytes) // _MB,
        limit_cpus=limits.cpus or 0,
        limit_memory_mb=(limits.memory_bytes or 0) // _MB,
        features=told.features,
    )


def default_threads(cpu: Cpu) -> int:
    """The thread count to start with: a thread for each physical core that may be used.

    Of a hybrid CPU the performance cores alone: libraries cut a product into equal parts, so that the slowest core
    would set the pace. Where only efficiency cores may be used, those.
    """
    most = max(1, cpu.cores_allowed or cpu.cores_physical)
    fast = cpu.core_kinds.performance_allowed if cpu.core_kinds else 0
    return min(most, fast) if fast else most


def signature(cpu: Cpu) -> str:
    """The usable features as one text, for the keys of what is compiled for this CPU."""
    return f"{cpu.architecture} {judge.signature(cpu.features)}"


def memory_free_bytes() -> int:
    """What may still be used, by the computer's memory and by the container's limit."""
    free = psutil.virtual_memory().available
    limits = _limits()
    if limits.memory_bytes is None:
        return free
    return max(0, min(free, limits.memory_bytes - (limits.memory_used_bytes or 0)))


def request_tiles() -> Tiles:
    """Asks the system for AMX's tile registers for this process and what it starts."""
    return windows.request_tiles() if sys.platform == "win32" else tiles.request()


def _probe_tiles() -> Tiles:
    return windows.offered_tiles() if sys.platform == "win32" else tiles.probe()


def _limits() -> Limits:
    return container.limits() if sys.platform == "linux" else Limits()


def _told(ask_tiles: Callable[[], Tiles]) -> Told:
    machine = platform.machine()
    registers = _registers(machine)
    if sys.platform == "linux":
        affinity = frozenset(os.sched_getaffinity(0))
        return linux.told(Path("/"), machine, registers, linux.hwcaps(), affinity, ask_tiles)
    if sys.platform == "darwin":
        return macos.told(machine, registers, macos.number, macos.text)
    if sys.platform == "win32":
        return windows.told(
            machine,
            registers,
            windows.brand(),
            windows.relations(),
            frozenset(psutil.Process().cpu_affinity()),
            windows.is_present,
            windows.enabled_xstate(),
            ask_tiles,
        )
    return Told("", (), _counted(), {})


def _registers(machine: str) -> Registers | None:
    # A 32-bit process has another calling convention.
    return machine_code.registers() if is_x86(machine) and sys.maxsize > 2**32 else None


def _counted() -> Cores:
    """Where the system hides its topology (some sandboxes): what psutil finds."""
    logical = psutil.cpu_count() or 0
    physical = psutil.cpu_count(logical=False) or logical
    allowed = min(physical, len(os.sched_getaffinity(0))) if sys.platform == "linux" else physical
    return Cores(0, physical, logical, allowed)
