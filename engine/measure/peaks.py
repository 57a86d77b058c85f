"""What this machine's silicon gives: GFLOP/s of matrix products at each precision, and memory bandwidth.

Large square products through oneDNN with packed weights (fp32, bf16) and ``torch._int_mm`` (int8), the fastest paths
that PyTorch has on a CPU; the bandwidth by STREAM's triad (McCalpin). Best of many short tries: a peak, not a mean.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

import msgspec

from engine import folders
from engine.store import versions, whole
from engine.wire.errors import FastpathError

log = logging.getLogger(__name__)

SIZE = 1536
TRIAD_BYTES = 256 * 1024 * 1024
SECONDS_EACH = 0.7
"""Four are measured, and what each sets up takes time too: at most 5 s in all."""


class Peaks(msgspec.Struct, frozen=True, kw_only=True):
    """``gflops`` by precision ("fp32", "bf16", "int8"), one multiply-add counted as two. GB are 10^9 bytes."""

    threads: int
    gflops: dict[str, float]
    bandwidth_gb_s: float


def known_or_measured(threads: int, cpu_signature: str) -> Peaks:
    """Measured at first (at most 5 s; PyTorch must be set to ``threads``), then read: for each machine and count."""
    place = folders.part("peaks") / f"{threads}.json"
    named = f"{cpu_signature} {versions.installed().get('torch', '')}"
    try:
        kept = msgspec.json.decode(place.read_bytes(), type=tuple[str, Peaks])
        if kept[0] == named:
            return kept[1]
    except FileNotFoundError:
        pass
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("The peaks are measured anew: %s", error)
    found = measure(threads)
    try:
        whole.write(place, msgspec.json.encode((named, found)))
    except (FastpathError, OSError) as error:
        log.warning("The peaks could not be kept: %s", error)
    return found


def measure(threads: int) -> Peaks:
    """With the threads that PyTorch has now, which must be ``threads``."""
    import torch

    with torch.inference_mode():
        flops = 2 * SIZE**3
        gflops = {name: flops / _best_s(make()) / 1e9 for name, make in _PRODUCTS.items()}
        return Peaks(threads=threads, gflops=gflops, bandwidth_gb_s=TRIAD_BYTES / _best_s(_triad()) / 1e9)


def _best_s(call: Callable[[], Any]) -> float:
    call()
    best = float("inf")
    end = time.perf_counter() + SECONDS_EACH
    while (began := time.perf_counter()) < end:
        call()
        best = min(best, time.perf_counter() - began)
    return best


def _packed(dtype_name: str) -> Callable[[], Any]:
    import torch

    dtype = getattr(torch, dtype_name)
    x, weight = torch.randn(SIZE, SIZE, dtype=dtype), torch.randn(SIZE, SIZE, dtype=dtype)
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, SIZE)
    product = torch.ops.mkldnn._linear_pointwise
    return lambda: product(x, packed, None, "none", [], "")


def _int8() -> Callable[[], Any]:
    import torch

    x, weight = (torch.randint(-127, 127, (SIZE, SIZE), dtype=torch.int8) for _ in range(2))
    return lambda: torch._int_mm(x, weight)


def _triad() -> Callable[[], Any]:
    import torch

    count = TRIAD_BYTES // 3 // 4
    one, two, three = (torch.ones(count) for _ in range(3))
    return lambda: torch.add(one, two, alpha=3.0, out=three)


_PRODUCTS: dict[str, Callable[[], Callable[[], Any]]] = {
    "fp32": lambda: _packed("float32"),
    "bf16": lambda: _packed("bfloat16"),
    "int8": _int8,
}
