"""What OpenVINO is told to compile with. Property names are OpenVINO's."""

from collections.abc import Mapping
from typing import Any

from engine import folders
from engine.cpu import read as cpu
from engine.mode import BF16, BF16_FEATURES, FP32, INT8_DYNAMIC, INT8_STATIC, INT8_WEIGHTS
from engine.wire.values import Cpu

GROUP = "128"
"""By hand the best of both: 3.8 x eager at cosine 0.9987 on real texts (32: 3.0 x at 0.9993, 384: 4.0 x at 0.997)."""

_INT8 = (INT8_DYNAMIC.id, INT8_STATIC.id, INT8_WEIGHTS.id)
_DOT_PRODUCTS = ("avx512_vnni", "avx_vnni", "amx_int8", "dotprod", "i8mm")

Settings = Mapping[str, Any]


def of(precision: str, options: Mapping[str, str], threads: int, facts: Cpu, *, exact: bool) -> dict[str, Any]:
    """For one request at a time. ``exact``: what runs beside int8 products must be fp32.

    The precision hint is always given: OpenVINO's own default is bf16 wherever the CPU has it.
    """
    hint = "bf16" if precision == BF16.id else "f32"
    beside = "fp32" if exact else options.get("beside") or "bf16"
    if precision in _INT8 and beside == "bf16" and _has(facts, BF16_FEATURES):
        hint = "bf16"
    # The layers that calibration leaves out (see ``calibrated``) have int8 weights, and are quantised as they run.
    group = int(options.get("group") or GROUP) if precision in (INT8_DYNAMIC.id, INT8_STATIC.id) else 0
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": hint,
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": group,
        "CACHE_DIR": str(folders.part("openvino")),
        "CACHE_MODE": "OPTIMIZE_SIZE",  # without the weights, which lie in the graph's own file
    }


def quantises_activations() -> bool:
    """Whether OpenVINO quantises activations as it runs: only with int8 dot products."""
    return _has(cpu.facts(), _DOT_PRODUCTS)


def executed(precision: str, hint: str) -> str:
    """The precision that runs, where ``hint`` is the one that OpenVINO took."""
    if precision == BF16.id and hint != "bf16":
        return FP32.id
    if precision == INT8_DYNAMIC.id and not quantises_activations():
        return INT8_WEIGHTS.id
    return precision


def _has(facts: Cpu, features: tuple[str, ...]) -> bool:
    return any(feature.usable and feature.id in features for feature in facts.features)
