"""A CPU as Windows tells it."""

import ctypes
import sys

import psutil

from engine.cpu.topology import Cores


def is_present(feature: int) -> bool:
    """IsProcessorFeaturePresent of kernel32."""
    if sys.platform != "win32":
        return False
    return bool(ctypes.windll.kernel32.IsProcessorFeaturePresent(feature))


def brand() -> str:
    """The CPU's name, as the registry has it."""
    if sys.platform != "win32":
        return ""
    import winreg

    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION\System\CentralProcessor\0") as key:
        return " ".join(str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).split())


def cores() -> Cores:
    """Sockets are not told. With a narrowed affinity, each pair of processors counts as a core where they are
    paired.
    """
    physical, logical = psutil.cpu_count(logical=False) or 0, psutil.cpu_count() or 0
    allowed = logical
    if sys.platform == "win32":
        allowed = len(psutil.Process().cpu_affinity())  # type: ignore[attr-defined,unused-ignore]
    share = physical / logical if logical else 1
    return Cores(0, physical, logical, max(1, round(allowed * share)))
