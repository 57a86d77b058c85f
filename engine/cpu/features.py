"""The CPU features that matter to models, one entry each, and where each system tells of them.

A new feature is one more entry in ``X86`` or ``ARM``.
"""

import dataclasses
from typing import Literal

Group = Literal["vectors", "low precision", "matrices"]


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """A feature. ``linux``: words of /proc/cpuinfo, all of which must be there. ``macos``: sysctl names, any
    of which says it. ``windows``: the number for IsProcessorFeaturePresent (winnt.h). Empty: that system does
    not tell.

    ``tiles``: needs the kernel's leave for the tile registers.
    """

    id: str
    title: str
    group: Group
    explains: str
    linux: tuple[str, ...] = ()
    macos: tuple[str, ...] = ()
    windows: int | None = None
    tiles: bool = False


X86 = (
    Known(
        "sse4_2",
        "SSE4.2",
        "vectors",
        "Four numbers at once; every 64-bit PC since 2011.",
        ("sse4_2",),
        ("hw.optional.sse4_2",),
        38,
    ),
    Known("avx", "AVX", "vectors", "Eight numbers at once.", ("avx",), ("hw.optional.avx1_0",), 39),
    Known(
        "f16c",
        "F16C",
        "low precision",
        "Turns half-precision numbers into full ones and back.",
        ("f16c",),
        ("hw.optional.f16c",),
    ),
    Known(
        "fma",
        "FMA",
        "vectors",
        "Multiplies and adds in one step, which doubles the speed of matrix products.",
        ("fma",),
        ("hw.optional.fma",),
    ),
    Known(
        "avx2",
        "AVX2",
        "vectors",
        "Eight numbers at once, integers too: what most libraries are tuned for.",
        ("avx2",),
        ("hw.optional.avx2_0",),
        40,
    ),
    Known(
        "avx_vnni",
        "AVX-VNNI",
        "low precision",
        "8-bit products added up in one step, on 256-bit vectors.",
        ("avx_vnni",),
    ),
    Known(
        "avx_vnni_int8",
        "AVX-VNNI-INT8",
        "low precision",
        "AVX-VNNI for every mix of signed and unsigned bytes.",
        ("avx_vnni_int8",),
    ),
    Known(
        "avx_ifma",
        "AVX-IFMA",
        "vectors",
        "Products of large integers; models gain little from it.",
        ("avx_ifma",),
    ),
    Known(
        "avx512",
        "AVX-512",
        "vectors",
        "Sixteen numbers at once (the parts F, BW, DQ and VL).",
        ("avx512f", "avx512bw", "avx512dq", "avx512vl"),
        ("hw.optional.avx512vl",),
        41,
    ),
    Known(
        "avx512_vbmi",
        "AVX-512 VBMI",
        "vectors",
        "Reorders bytes quickly, which helps with packed 4-bit weights.",
        ("avx512vbmi",),
        ("hw.optional.avx512vbmi",),
    ),
    Known(
        "avx512_vnni",
        "AVX-512 VNNI",
        "low precision",
        "8-bit products added up in one step: makes int8 fast.",
        ("avx512_vnni",),
        ("hw.optional.avx512vnni",),
    ),
    Known(
        "avx512_bf16",
        "AVX-512 BF16",
        "low precision",
        "Products of 16-bit brain floats: makes bf16 fast.",
        ("avx512_bf16",),
    ),
    Known(
        "avx512_fp16",
        "AVX-512 FP16",
        "low precision",
        "Calculates in half precision without turning it into full.",
        ("avx512_fp16",),
    ),
    Known("avx10", "AVX10", "vectors", "AVX-512 and its parts under one version number.", ("avx10",)),
    Known(
        "amx_tile",
        "AMX tiles",
        "matrices",
        "Registers that hold small matrices; the other AMX parts need them.",
        ("amx_tile",),
        tiles=True,
    ),
    Known(
        "amx_int8",
        "AMX INT8",
        "matrices",
        "Multiplies 8-bit matrices in hardware.",
        ("amx_int8",),
        tiles=True,
    ),
    Known("amx_bf16", "AMX BF16", "matrices", "Multiplies bf16 matrices in hardware.", ("amx_bf16",), tiles=True),
    Known(
        "amx_fp16",
        "AMX FP16",
        "matrices",
        "Multiplies half-precision matrices in hardware.",
        ("amx_fp16",),
        tiles=True,
    ),
)

ARM = (
    Known(
        "neon",
        "NEON",
        "vectors",
        "Four numbers at once; every 64-bit Arm CPU.",
        ("asimd",),
        ("hw.optional.arm.AdvSIMD", "hw.optional.neon"),
        19,
    ),
    Known(
        "fp16",
        "FP16",
        "low precision",
        "Calculates in half precision, eight numbers at once.",
        ("asimdhp",),
        ("hw.optional.arm.FEAT_FP16", "hw.optional.neon_fp16"),
        67,
    ),
    Known(
        "dotprod",
        "Dot product",
        "low precision",
        "8-bit products added up in one step: makes int8 fast.",
        ("asimddp",),
        ("hw.optional.arm.FEAT_DotProd",),
        43,
    ),
    Known(
        "i8mm",
        "I8MM",
        "matrices",
        "Multiplies small 8-bit matrices in one step.",
        ("i8mm",),
        ("hw.optional.arm.FEAT_I8MM",),
        66,
    ),
    Known(
        "bf16",
        "BF16",
        "low precision",
        "Products of 16-bit brain floats: makes bf16 fast.",
        ("bf16",),
        ("hw.optional.arm.FEAT_BF16",),
        68,
    ),
    Known(
        "sve",
        "SVE",
        "vectors",
        "Vectors as long as the CPU has them.",
        ("sve",),
        ("hw.optional.arm.FEAT_SVE",),
        46,
    ),
    Known(
        "sve2",
        "SVE2",
        "vectors",
        "SVE with what media and integers need.",
        ("sve2",),
        ("hw.optional.arm.FEAT_SVE2",),
        47,
    ),
    Known(
        "sme",
        "SME",
        "matrices",
        "Multiplies matrices in hardware.",
        ("sme",),
        ("hw.optional.arm.FEAT_SME",),
        70,
    ),
    Known(
        "sme2",
        "SME2",
        "matrices",
        "SME on several vectors at once.",
        ("sme2",),
        ("hw.optional.arm.FEAT_SME2",),
        71,
    ),
)


def known(architecture: str) -> tuple[Known, ...]:
    """The entries of an architecture as ``platform.machine()`` names it; none for one that we do not know."""
    name = architecture.lower()
    if name in ("x86_64", "amd64"):
        return X86
    return ARM if name in ("aarch64", "arm64") else ()
