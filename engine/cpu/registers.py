"""What an x86 CPU tells of itself through CPUID, and which registers the system saves, through XGETBV.

Silicon and permission are two answers: a bit of CPUID says that the CPU has a feature, a bit of XCR0 that the system
saves the registers which the feature needs (SDM volume 1, chapter 13). /proc/cpuinfo gives only both at once.
"""

import dataclasses
import struct
from collections.abc import Callable, Mapping

from engine.cpu.features.known import Known, State

Answers = tuple[int, int, int, int]
"""eax, ebx, ecx, edx."""

_PLACE = {"eax": 0, "ebx": 1, "ecx": 2, "edx": 3}
_OSXSAVE = 1 << 27
"""CPUID.1:ECX: the system has switched XSAVE on, so that XGETBV may be executed."""
_LEAVES = ((1, 0), (7, 0), (7, 1), (0x1E, 1), (0x24, 0))
_BRAND_LEAVES = (0x80000002, 0x80000003, 0x80000004)
_AVX10_LEAF = (0x24, 0)

XCR0_STATES: dict[State, int] = {"": 0, "avx": 0b110, "avx512": 0b1110_0110, "tiles": 0b11 << 17}
"""Bits of XCR0: 1 SSE, 2 AVX, 5 opmask, 6 and 7 the long vectors, 17 and 18 configuration and data of the tiles."""


@dataclasses.dataclass(frozen=True, slots=True)
class Registers:
    """``leaves``: answers by leaf and subleaf; what the CPU does not have is absent. ``xcr0`` 0: XSAVE is off."""

    leaves: Mapping[tuple[int, int], Answers]
    xcr0: int

    def has(self, entry: Known) -> bool:
        """Whether the feature is in the silicon."""
        for bit in entry.bits:
            answers = self.leaves.get((bit.leaf, bit.subleaf), (0, 0, 0, 0))
            if not answers[_PLACE[bit.register]] >> bit.bit & 1:
                return False
        # ISE: the version of AVX10 is in leaf 0x24, EBX[7:0].
        version = self.leaves.get(_AVX10_LEAF, (0, 0, 0, 0))[1] & 0xFF
        return bool(entry.bits) and version >= entry.avx10

    def saves(self, state: State) -> bool:
        """Whether the system saves the registers that features of this state need."""
        wanted = XCR0_STATES[state]
        return self.xcr0 & wanted == wanted

    def brand(self) -> str:
        """The CPU's name in its own words (leaves 0x80000002 to 0x80000004), or ""."""
        told = [self.leaves.get((leaf, 0), (0, 0, 0, 0)) for leaf in _BRAND_LEAVES]
        text = b"".join(struct.pack("<4I", *answers) for answers in told)
        return " ".join(text.split(b"\0")[0].decode("ascii", "replace").split())


def read(cpuid: Callable[[int, int], Answers], xgetbv: Callable[[], int]) -> Registers:
    """Asks for the leaves that are looked at. ``cpuid`` takes leaf and subleaf.

    A leaf above the greatest would be answered with another's (SDM, "CPUID"), a subleaf of 7 above the greatest with
    what some CPUs left there, so neither is asked.
    """
    greatest, greatest_extended = cpuid(0, 0)[0], cpuid(0x80000000, 0)[0]
    greatest_of_7 = cpuid(7, 0)[0] if greatest >= 7 else 0
    asked = [
        (leaf, subleaf) for leaf, subleaf in _LEAVES if leaf <= greatest and (leaf != 7 or subleaf <= greatest_of_7)
    ]
    asked += [(leaf, 0) for leaf in _BRAND_LEAVES if leaf <= greatest_extended]
    leaves = {key: cpuid(*key) for key in asked}
    switched_on = leaves.get((1, 0), (0, 0, 0, 0))[2] & _OSXSAVE
    return Registers(leaves, xgetbv() if switched_on else 0)
