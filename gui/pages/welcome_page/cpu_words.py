"""What this CPU can do for a model, in a sentence. Nothing was measured yet, so nothing is promised."""

from engine.wire.values import Cpu

UNKNOWN = "What this processor can do is on the CPU page."
CAREFUL = "How much it is with your model, Fastpath measures."


def sentence(cpu: Cpu) -> str:
    """By the best that the CPU has and the system allows. The factors are those usual for models of this kind."""
    usable = {feature.id for feature in cpu.features if feature.usable}
    if "amx_int8" in usable:
        also = " and bf16 too" if "amx_bf16" in usable else ""
        return (
            f"This processor has AMX, made for multiplying matrices: int8 can be several times faster{also}. {CAREFUL}"
        )
    if "avx512_vnni" in usable:
        return f"This processor has AVX-512 and VNNI, so int8 should be about 3 times faster. {CAREFUL}"
    if "avx_vnni" in usable:
        return f"This processor has AVX2 and VNNI, so int8 should be about 2 to 3 times faster. {CAREFUL}"
    if "i8mm" in usable:
        return f"This processor multiplies matrices of bytes (i8mm), so int8 should be 2 to 3 times faster. {CAREFUL}"
    if "dotprod" in usable:
        return (
            f"This processor adds up products of bytes in one step, so int8 should be about 2 times faster. {CAREFUL}"
        )
    if "avx512_f" in usable:
        return (
            "This processor has AVX-512 but nothing of its own for int8: joining steps helps here, fewer bits a "
            "little. "
            f"{CAREFUL}"
        )
    if "avx2" in usable:
        return (
            "This processor has AVX2 but nothing of its own for int8: joining steps helps here, and int8 may be up to "
            f"2 times faster. {CAREFUL}"
        )
    return f"This processor has none of the newer instructions: smaller models are what helps most here. {CAREFUL}"
