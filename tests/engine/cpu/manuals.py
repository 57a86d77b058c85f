"""Where a feature shows, by the manufacturers' manuals, and the answers that a CPU with given features would give.

Written from the manuals apart from ``engine/cpu/features``, and with their names, so that a wrong bit in either shows
as a disagreement.
"""

import struct
from collections.abc import Collection

from engine.cpu.registers import Answers

_REGISTERS = ("eax", "ebx", "ecx", "edx")

# Intel SDM volume 2A, "CPUID", leaves 1 and 7; Intel ISE, chapter 1, for what is newer. AMD APM volume 3, appendix E,
# gives the features that AMD has the same places.
_CPUID = {
    (1, 0, "ecx"): {
        "SSE3": 0,
        "PCLMULQDQ": 1,
        "SSSE3": 9,
        "FMA": 12,
        "CMPXCHG16B": 13,
        "PCID": 17,
        "SSE4.1": 19,
        "SSE4.2": 20,
        "x2APIC": 21,
        "MOVBE": 22,
        "POPCNT": 23,
        "AES": 25,
        "XSAVE": 26,
        "OSXSAVE": 27,
        "AVX": 28,
        "F16C": 29,
        "RDRAND": 30,
    },
    (1, 0, "edx"): {
        "FPU": 0,
        "TSC": 4,
        "MSR": 5,
        "PAE": 6,
        "CX8": 8,
        "APIC": 9,
        "CMOV": 15,
        "CLFSH": 19,
        "MMX": 23,
        "FXSR": 24,
        "SSE": 25,
        "SSE2": 26,
        "HTT": 28,
    },
    (7, 0, "ebx"): {
        "FSGSBASE": 0,
        "BMI1": 3,
        "AVX2": 5,
        "SMEP": 7,
        "BMI2": 8,
        "ERMS": 9,
        "INVPCID": 10,
        "AVX512F": 16,
        "AVX512DQ": 17,
        "RDSEED": 18,
        "ADX": 19,
        "SMAP": 20,
        "AVX512_IFMA": 21,
        "CLFLUSHOPT": 23,
        "CLWB": 24,
        "AVX512CD": 28,
        "SHA": 29,
        "AVX512BW": 30,
        "AVX512VL": 31,
    },
    (7, 0, "ecx"): {
        "AVX512_VBMI": 1,
        "UMIP": 2,
        "PKU": 3,
        "WAITPKG": 5,
        "AVX512_VBMI2": 6,
        "GFNI": 8,
        "VAES": 9,
        "VPCLMULQDQ": 10,
        "AVX512_VNNI": 11,
        "AVX512_BITALG": 12,
        "AVX512_VPOPCNTDQ": 14,
        "LA57": 16,
        "RDPID": 22,
        "CLDEMOTE": 25,
        "MOVDIRI": 27,
        "MOVDIR64B": 28,
        "ENQCMD": 29,
    },
    (7, 0, "edx"): {
        "FSRM": 4,
        "AVX512_VP2INTERSECT": 8,
        "SERIALIZE": 14,
        "HYBRID": 15,
        "AMX-BF16": 22,
        "AVX512_FP16": 23,
        "AMX-TILE": 24,
        "AMX-INT8": 25,
    },
    (7, 1, "eax"): {
        "SHA512": 0,
        "SM3": 1,
        "SM4": 2,
        "AVX-VNNI": 4,
        "AVX512_BF16": 5,
        "CMPCCXADD": 7,
        "AMX-FP16": 21,
        "HRESET": 22,
        "AVX-IFMA": 23,
        "LAM": 26,
    },
    (7, 1, "edx"): {
        "AVX-VNNI-INT8": 4,
        "AVX-NE-CONVERT": 5,
        "AMX-COMPLEX": 8,
        "AVX-VNNI-INT16": 10,
        "PREFETCHI": 14,
        "AVX10": 19,
    },
    (0x1E, 1, "eax"): {"AMX-FP8": 4, "AMX-TF32": 6, "AMX-AVX512": 7, "AMX-MOVRS": 8},
}
X86 = frozenset(name for bits in _CPUID.values() for name in bits)

_XCR0 = {"x87": 0, "SSE": 1, "AVX": 2, "opmask": 5, "ZMM_Hi256": 6, "Hi16_ZMM": 7, "PKRU": 9, "TILECFG": 17}
_XCR0 |= {"TILEDATA": 18}
"""Intel SDM volume 1, 13.3, "Enabling the XSAVE Feature Set"."""

_AVX10_LENGTHS = 0b111 << 16
"""ISE, leaf 0x24, EBX: 128, 256 and 512 bits; the version is below."""
_BRAND_BYTES = 48
"""SDM, "CPUID", 0x80000002 to 0x80000004: 16 characters each, ended by a NUL."""

ARM = {
    "FEAT_AdvSIMD": (("asimd", 0, 1),),
    "FEAT_AES": (("aes", 0, 3),),
    "FEAT_PMULL": (("pmull", 0, 4),),
    "FEAT_SHA1": (("sha1", 0, 5),),
    "FEAT_SHA256": (("sha2", 0, 6),),
    "FEAT_CRC32": (("crc32", 0, 7),),
    "FEAT_LSE": (("atomics", 0, 8),),
    "FEAT_FP16": (("fphp", 0, 9), ("asimdhp", 0, 10)),
    "FEAT_RDM": (("asimdrdm", 0, 12),),
    "FEAT_JSCVT": (("jscvt", 0, 13),),
    "FEAT_FCMA": (("fcma", 0, 14),),
    "FEAT_LRCPC": (("lrcpc", 0, 15),),
    "FEAT_DotProd": (("asimddp", 0, 20),),
    "FEAT_SHA3": (("sha3", 0, 17),),
    "FEAT_SVE": (("sve", 0, 22),),
    "FEAT_FHM": (("asimdfhm", 0, 23),),
    "FEAT_SVE2": (("sve2", 1, 1),),
    "FEAT_I8MM": (("i8mm", 1, 13),),
    "FEAT_BF16": (("bf16", 1, 14),),
    "FEAT_RNG": (("rng", 1, 16),),
    "FEAT_BTI": (("bti", 1, 17),),
    "FEAT_SME": (("sme", 1, 23),),
    "FEAT_SME2": (("sme2", 1, 37),),
}
"""Features of the Arm Architecture Reference Manual: Linux's name, which word of getauxval, and the bit
(docs.kernel.org/arch/arm64/elf_hwcaps.html)."""

WINDOWS = {
    "SSE4.2": 38,
    "AVX": 39,
    "AVX2": 40,
    "AVX512F": 41,
    "FEAT_AdvSIMD": 19,
    "FEAT_CRC32": 31,
    "FEAT_LSE": 34,
    "FEAT_DotProd": 43,
    "FEAT_JSCVT": 44,
    "FEAT_LRCPC": 45,
    "FEAT_SVE": 46,
    "FEAT_SVE2": 47,
    "FEAT_I8MM": 66,
    "FEAT_FP16": 67,
    "FEAT_BF16": 68,
    "FEAT_SME": 70,
    "FEAT_SME2": 71,
}
"""PF_ numbers of Microsoft's page of IsProcessorFeaturePresent."""


def leaves(
    features: Collection[str], brand: str = "", saves: Collection[str] = (), avx10: int = 0
) -> dict[tuple[int, int], Answers]:
    """CPUID's answers by leaf and subleaf. ``saves``: the registers that the system has switched on, if any."""
    words = {*features, *(["OSXSAVE"] if saves else [])}
    unknown = words - X86
    assert not unknown, f"not in the manuals: {unknown}"
    found: dict[tuple[int, int], list[int]] = {(0, 0): [0] * 4, (1, 0): [0] * 4}
    for (leaf, subleaf, register), bits in _CPUID.items():
        value = sum(1 << bit for name, bit in bits.items() if name in words)
        if value:
            found.setdefault((leaf, subleaf), [0] * 4)[_REGISTERS.index(register)] = value
    if avx10:
        found[0x24, 0] = [0, _AVX10_LENGTHS | avx10, 0, 0]
    found[0, 0][0] = max(leaf for leaf, _ in found)
    if found[0, 0][0] >= 7:
        found.setdefault((7, 0), [0] * 4)[0] = int((7, 1) in found)
    return {key: (a, b, c, d) for key, (a, b, c, d) in found.items()} | _brand(brand)


def _brand(brand: str) -> dict[tuple[int, int], Answers]:
    text = brand.encode("ascii").ljust(_BRAND_BYTES, b"\0")
    assert len(text) == _BRAND_BYTES
    parts = {(0x80000002 + part, 0): struct.unpack_from("<4I", text, 16 * part) for part in range(3)}
    return {(0x80000000, 0): (0x80000004, 0, 0, 0), **parts}


def xcr0(saves: Collection[str]) -> int:
    """XCR0 with these registers switched on."""
    return sum(1 << _XCR0[name] for name in saves)


def hwcaps(features: Collection[str]) -> tuple[int, int]:
    """Linux's two words of features for getauxval."""
    shown = [show for name in features for show in ARM[name]]
    first, second = (sum(1 << bit for _, word, bit in shown if word == wanted) for wanted in (0, 1))
    return first, second


def listed(features: Collection[str]) -> str:
    """The words that Linux lists in /proc/cpuinfo (Arm)."""
    return " ".join(linux for name in features for linux, _, _ in ARM[name])


def windows_numbers(features: Collection[str]) -> frozenset[int]:
    """The numbers to which IsProcessorFeaturePresent answers yes."""
    return frozenset(WINDOWS[name] for name in features if name in WINDOWS)


def sysctl(features: Collection[str]) -> dict[str, int]:
    """hw.optional of Apple's page "Determining instruction set characteristics": Arm's names, one older apart."""
    names = [name for name in features if name != "FEAT_AdvSIMD"]
    simd = ["hw.optional.AdvSIMD", "hw.optional.arm.AdvSIMD", "hw.optional.neon"]
    older = simd if "FEAT_AdvSIMD" in features else []
    return dict.fromkeys([*older, *(f"hw.optional.arm.{name}" for name in names)], 1)
