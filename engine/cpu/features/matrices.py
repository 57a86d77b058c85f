"""Features that multiply matrices in hardware."""

from engine.cpu.features.known import Bit, Known

TILES = Bit(7, 0, "edx", 24)
"""AMX-TILE. ISE lists the kinds since FP8 in leaf 0x1E, subleaf 1; AMX-TRANSPOSE (bit 5) was taken out of it again."""

X86 = (
    Known(
        "amx_tile",
        "AMX tiles",
        "matrices",
        "Registers that hold small matrices; the other AMX parts need them.",
        state="tiles",
        bits=(TILES,),
        linux=("amx_tile",),
    ),
    Known(
        "amx_int8",
        "AMX INT8",
        "matrices",
        "Multiplies 8-bit matrices in hardware.",
        state="tiles",
        bits=(TILES, Bit(7, 0, "edx", 25)),
        linux=("amx_int8",),
    ),
    Known(
        "amx_bf16",
        "AMX BF16",
        "matrices",
        "Multiplies bf16 matrices in hardware.",
        state="tiles",
        bits=(TILES, Bit(7, 0, "edx", 22)),
        linux=("amx_bf16",),
    ),
    Known(
        "amx_fp16",
        "AMX FP16",
        "matrices",
        "Multiplies half-precision matrices in hardware.",
        state="tiles",
        bits=(TILES, Bit(7, 1, "eax", 21)),
        linux=("amx_fp16",),
    ),
    Known(
        "amx_complex",
        "AMX COMPLEX",
        "matrices",
        "Multiplies matrices of complex numbers; models gain little from it.",
        state="tiles",
        bits=(TILES, Bit(7, 1, "edx", 8)),
        linux=("amx_complex",),
    ),
    Known(
        "amx_fp8",
        "AMX FP8",
        "matrices",
        "Multiplies matrices of 8-bit floats in hardware.",
        state="tiles",
        bits=(TILES, Bit(0x1E, 1, "eax", 4)),
    ),
    Known(
        "amx_tf32",
        "AMX TF32",
        "matrices",
        "Multiplies full-precision matrices in hardware, keeping 10 bits of each fraction.",
        state="tiles",
        bits=(TILES, Bit(0x1E, 1, "eax", 6)),
    ),
    Known(
        "amx_avx512",
        "AMX-AVX512",
        "matrices",
        "Moves rows between tiles and vectors, which shortens what lies between products.",
        state="tiles",
        bits=(TILES, Bit(0x1E, 1, "eax", 7)),
    ),
    Known(
        "amx_movrs",
        "AMX MOVRS",
        "matrices",
        "Loads tiles that several cores read, such as weights.",
        state="tiles",
        bits=(TILES, Bit(0x1E, 1, "eax", 8)),
    ),
)

ARM = (
    Known(
        "i8mm",
        "I8MM",
        "matrices",
        "Multiplies small 8-bit matrices in one step.",
        hwcap2=1 << 13,
        linux=("i8mm",),
        macos=("hw.optional.arm.FEAT_I8MM",),
        windows=66,
    ),
    Known(
        "sme",
        "SME",
        "matrices",
        "Multiplies matrices in hardware.",
        hwcap2=1 << 23,
        linux=("sme",),
        macos=("hw.optional.arm.FEAT_SME",),
        windows=70,
    ),
    Known(
        "sme2",
        "SME2",
        "matrices",
        "SME on several vectors at once.",
        hwcap2=1 << 37,
        linux=("sme2",),
        macos=("hw.optional.arm.FEAT_SME2",),
        windows=71,
    ),
)
