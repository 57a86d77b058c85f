"""What a figure depends on, recorded beside it."""

import contextlib
import os
import platform
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from engine.measure.memory import total_bytes

LIBRARIES = (
    *("torch", "transformers", "optimum", "optimum-onnx", "onnxruntime", "tokenizers", "numpy"),
    *("optimum-intel", "openvino", "nncf"),
)
SETTINGS = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "MKL_NUM_THREADS", "ONEDNN_MAX_CPU_ISA")


def record(threads: int, cpu_brand: str) -> dict[str, Any]:
    """CPU, threads, affinity, load, governor, container limits, versions. About a millisecond."""
    return {
        "cpu": cpu_brand,
        "threads": threads,
        "affinity": affinity(),
        "load_1min": load(),
        "governor": _first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "on_battery": _on_battery(),
        "container_cpu_max": _first_line("/sys/fs/cgroup/cpu.max"),
        "container_memory_max": _first_line("/sys/fs/cgroup/memory.max"),
        "memory_total_mb": total_bytes() // 1_000_000,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": _versions(),
        "settings": {name: os.environ[name] for name in SETTINGS if name in os.environ},
    }


def affinity() -> list[int]:
    """The logical processors that this process may use; empty where the system can't tell."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return []


def load() -> float | None:
    with contextlib.suppress(OSError, AttributeError):
        return round(float(psutil.getloadavg()[0]), 2)
    return None


class Others:
    """How many processors other programs keep busy, between two looks. One look costs some 0.1 ms."""

    def __init__(self) -> None:
        self._before = self._look()

    def busy(self) -> float:
        """Processors' worth of work by others since the object was made."""
        all_now, own_now, wall_now = self._look()
        all_before, own_before, wall_before = self._before
        wall_s = max(1e-3, wall_now - wall_before)
        return max(0.0, (all_now - all_before) - (own_now - own_before)) / wall_s

    @staticmethod
    def _look() -> tuple[float, float, float]:
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        own = psutil.Process().cpu_times()
        return sum(times) - idle - guest, own.user + own.system, time.monotonic()


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _first_line(path: str) -> str | None:
    with contextlib.suppress(OSError):
        return Path(path).read_text().strip()
    return None


def _on_battery() -> bool | None:
    with contextlib.suppress(Exception):  # psutil raises many kinds where a machine has no such sensor
        battery = psutil.sensors_battery()
        return None if battery is None else not battery.power_plugged
    return None
