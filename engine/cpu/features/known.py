"""What is known of one CPU feature: what it is for, and where each system tells of it."""

import dataclasses
from typing import Literal

Group = Literal["vectors", "low precision", "matrices"]
State = Literal["", "avx", "avx512", "tiles"]
"""Registers that a feature needs the system to save when it switches between programs."""
Register = Literal["eax", "ebx", "ecx", "edx"]


@dataclasses.dataclass(frozen=True, slots=True)
class Bit:
    """One bit of what CPUID answers."""

    leaf: int
    subleaf: int
    register: Register
    bit: int


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """A feature. What is empty, that system does not tell.

    ``bits``: of CPUID, all of which must be set (x86). ``avx10``: the least version that has it. ``hwcap`` and
    ``hwcap2``: masks for getauxval (Arm on Linux). ``linux``: words of /proc/cpuinfo, all of which must be there.
    ``macos``: sysctl names, any of which says it. ``windows``: the number for IsProcessorFeaturePresent (winnt.h).
    """

    id: str
    title: str
    group: Group
    explains: str
    state: State = ""
    bits: tuple[Bit, ...] = ()
    avx10: int = 0
    hwcap: int = 0
    hwcap2: int = 0
    linux: tuple[str, ...] = ()
    macos: tuple[str, ...] = ()
    windows: int | None = None
