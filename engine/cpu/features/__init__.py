"""The CPU features that matter to models, one entry each.

A new feature is one more entry in the module of its group. CPUID's bits are those of Intel's Software Developer's
Manual (SDM), volume 2A, "CPUID", and of its Instruction Set Extensions Programming Reference (ISE); AMD uses the same
ones. Arm's are those of Linux's arch/arm64/include/uapi/asm/hwcap.h.
"""

from engine.cpu.features import low_precision, matrices, vectors
from engine.cpu.features.known import Known

X86 = vectors.X86 + low_precision.X86 + matrices.X86
ARM = vectors.ARM + low_precision.ARM + matrices.ARM


def known(architecture: str) -> tuple[Known, ...]:
    """The entries of an architecture as ``platform.machine()`` names it; none for one that we do not know."""
    if is_x86(architecture):
        return X86
    return ARM if architecture.lower() in ("aarch64", "arm64") else ()


def is_x86(architecture: str) -> bool:
    return architecture.lower() in ("x86_64", "amd64")
