"""What this computer's CPU is, and what of it this process may use."""

import os
import platform
import sys
from pathlib import Path

import psutil

from engine.cpu import container, judge, linux, macos, topology, windows
from engine.cpu.features import known
from engine.cpu.topology import Cores
from engine.wire.messages import Cpu, Feature


def facts() -> Cpu:
    """Asks the system, in milliseconds. ``cores_allowed`` counts physical cores, after affinity and
    container.
    """
    limits = container.limits() if sys.platform == "linux" else container.Limits()
    brand, features, cores, caches = _asked()
    total_bytes = psutil.virtual_memory().total
    return Cpu(
        brand=brand or platform.processor() or platform.machine(),
        architecture=platform.machine(),
        sockets=cores.sockets,
        cores_physical=cores.physical,
        cores_logical=cores.logical,
        cores_allowed=topology.within(cores.allowed, limits.cpus),
        caches=caches,
        memory_total_mb=min(total_bytes, limits.memory_bytes or total_bytes) // (1024 * 1024),
        features=features,
    )


def allowed_cores() -> int:
    """Physical cores that this process may use, after affinity and container limits."""
    return facts().cores_allowed


def default_threads(cpu: Cpu) -> int:
    """The thread count to start with: a thread for each physical core that may be used."""
    return max(1, cpu.cores_allowed or cpu.cores_physical)


def signature(cpu: Cpu) -> str:
    """The usable features as one text, for the keys of what is compiled for this CPU."""
    return f"{cpu.architecture} {judge.signature(cpu.features)}"


def memory_free_bytes() -> int:
    """What may still be used, by the computer's memory and by the container's limit."""
    free = psutil.virtual_memory().available
    limits = container.limits() if sys.platform == "linux" else container.Limits()
    if limits.memory_bytes is None:
        return free
    return max(0, min(free, limits.memory_bytes - (limits.memory_used_bytes or 0)))


def _asked() -> tuple[str, tuple[Feature, ...], Cores, dict[str, int]]:
    entries = known(platform.machine())
    if sys.platform == "linux":
        text = Path("/proc/cpuinfo").read_text("utf-8", errors="replace")
        features = judge.from_linux(entries, linux.words(text), linux.tiles_allowed())
        root = Path("/")
        cores = linux.cores(root, frozenset(os.sched_getaffinity(0)))
        return linux.brand(text), features, cores if cores.logical else _counted(), linux.caches(root)
    if sys.platform == "darwin":
        features = judge.from_macos(entries, macos.number)
        return (
            macos.text("machdep.cpu.brand_string"),
            features,
            macos.cores(macos.number),
            macos.caches(macos.number),
        )
    if sys.platform == "win32":
        return windows.brand(), judge.from_windows(entries, windows.is_present), windows.cores(), {}
    return "", (), _counted(), {}


def _counted() -> Cores:
    """Where the system hides its topology (some sandboxes): what psutil finds."""
    logical = psutil.cpu_count() or 0
    physical = psutil.cpu_count(logical=False) or logical
    if sys.platform == "linux":
        return Cores(0, physical, logical, min(physical, len(os.sched_getaffinity(0))))
    return Cores(0, physical, logical, physical)
