"""Memory of this process."""

import contextlib
import ctypes
import gc
import sys
from pathlib import Path

import psutil

_this = psutil.Process()


def now_bytes() -> int:
    """Resident memory now."""
    return int(_this.memory_info().rss)


def reset_peak() -> None:
    """Lets the peak count from here on, where the system can (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError), Path("/proc/self/clear_refs").open("w") as clear:
            clear.write("5")


def peak_mb() -> float:
    """Highest resident memory since ``reset_peak``, or of the whole process where it can't be reset. In 10^6 bytes."""
    if sys.platform == "linux":
        with Path("/proc/self/status").open() as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024 / 1e6
    if sys.platform == "win32":
        return float(_this.memory_info().peak_wset) / 1e6
    import resource

    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


def give_back() -> None:
    """Memory that is free within the process, to the system: after an export that is 1.8 times the weights."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
        if trim:
            trim(0)


def total_bytes() -> int:
    return int(psutil.virtual_memory().total)
