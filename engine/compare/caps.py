"""Caps on the instruction set: which rungs this CPU has, which cells obey, and whether one did.

Only oneDNN's switch was shown to hold, in the products that PyTorch hands to it (bf16 and int8): README of oneDNN,
"CPU Dispatcher Control", and measured.
"""

from collections.abc import Iterable

from engine.cpu import read as cpu
from engine.mode import Mode
from engine.wire.comparison import ISA_CAPS

_NEEDS = {"avx2": "avx2", "avx512": "avx512_f", "vnni": "avx512_vnni", "bf16": "avx512_bf16", "amx": "amx_tile"}
_RUNGS = list(ISA_CAPS)


def obstacle(mode: Mode, precision: str, cap: str) -> str:
    """Why the cell cannot be capped so, in a sentence; empty where it can."""
    if not cap:
        return ""
    if precision not in mode.card.capped:
        return f"Cannot be capped. {mode.card.no_cap}"
    usable = {feature.id for feature in cpu.facts().features if feature.usable}
    return "" if _NEEDS[cap] in usable else f"{ISA_CAPS[cap]} is not there on this computer, or not allowed."


def held(cap: str, executed: Iterable[str]) -> bool | None:
    """Whether what ran kept to the cap; None where there was none, or nothing tells what ran."""
    executed = tuple(executed)
    if not cap or not executed:
        return None
    return max(_rung(feature) for feature in executed) <= _RUNGS.index(cap)


def _rung(feature: str) -> int:
    """The least cap under which an instruction of this feature may run."""
    if feature.startswith(("amx", "avx10")) or feature == "avx512_fp16":
        return _RUNGS.index("amx")
    found = next((rung for rung in ("bf16", "vnni") if _NEEDS[rung] == feature), "")
    if found:
        return _RUNGS.index(found)
    return _RUNGS.index("avx512" if feature.startswith("avx512") else "avx2")
