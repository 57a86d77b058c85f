"""Comparisons made by hand, for what is written of them."""

import itertools
from typing import Any

from engine.wire.comparison import CellResult, Comparison
from engine.wire.values import Agreement

SENTENCES = {
    "source_sentence": "A man is eating food.",
    "sentences": ["A man is eating a piece of bread.", "The girl is carrying a baby.", "A man is riding a horse."],
}


def agreement(verdict: Any = "same answers", share: float = 1.0) -> Agreement:
    return Agreement(verdict=verdict, share=share, max_abs_diff=0.01, cosine_worst=0.9991, n=10)


def cell(mode: str, precision: str, p50_ms: float, eager_ms: float = 20.0, **more: Any) -> CellResult:
    """A measured cell; ``more`` is set over it."""
    speedup = eager_ms / p50_ms
    settings: dict[str, Any] = {
        "threads": 2,
        "batch": 1,
        "status": "ok",
        "prepare_s": 1.5,
        "first_ms": 3 * p50_ms,
        "p50_ms": p50_ms,
        "p90_ms": 1.1 * p50_ms,
        "spread_ms": 0.1 * p50_ms,
        "n": 40,
        "throughput": 1000 / p50_ms,
        "end_to_end_p50_ms": 1.05 * p50_ms,
        "peak_rss_mb": 512.3,
        "speedup": speedup,
        "speedup_ci": (0.97 * speedup, 1.03 * speedup),
        "verdict": "faster" if speedup > 1.03 else "slower",
        "break_even_calls": 120,
        "agreement": agreement(),
        "precision_executed": precision,
        "isa_executed": ("avx512_f", "avx512_vnni"),
        "fused": {"linear + gelu": 6},
        "samples_ms": tuple(p50_ms * (0.9 + 0.005 * step) for step in range(40)),
    }
    return CellResult(mode=mode, precision=precision, **(settings | more))


def baseline(p50_ms: float = 20.0, **more: Any) -> CellResult:
    settings = {"verdict": "baseline", "speedup": None, "speedup_ci": None, "agreement": agreement("reference")}
    return cell("eager", "fp32", p50_ms, p50_ms, **(settings | more))


def comparison(*cells: CellResult, **more: Any) -> Comparison:
    settings: dict[str, Any] = {
        "environment": {"cpu": "A CPU", "threads": 2, "versions": {"torch": "2.13.0+cpu"}, "load_1min": 0.1},
        "model": {"name": "a-model", "family": "bert", "folder": "/models/a-model"},
        "task": "sentence-similarity",
        "inputs": {"count": 1, "tokens": 40},
        "asked": {"inputs": [SENTENCES], "calls": 100, "seconds": 2.0},
        "started_s": 1_700_000_000.0,
        "took_s": 75.0,
    }
    return Comparison(cells=cells, **(settings | more))


def usual() -> Comparison:
    """Cells of every kind, with a winner."""
    cells = (
        baseline(),
        cell("onnx-runtime", "int8-dynamic", 5.0),
        cell("better-transformer", "fp32", 20.2, verdict="no difference"),
        cell("torchscript", "bf16", 4.0, speedup=None, speedup_ci=None, verdict="different answer"),
        CellResult(
            mode="openvino", precision="fp32", threads=2, batch=1, status="failed", reason="It ended by SIGKILL."
        ),
        CellResult(mode="ipex", precision="fp32", threads=2, batch=1, status="unavailable", reason="Not installed."),
        cell("torch-compile", "fp32", 9.0, isa_cap="avx2", cap_held=True),
    )
    return comparison(*cells, winner=1, machine="drifting", doubts=("The machine became 9 % slower.",))


def many(count: int, fastest_ms: float = 0.01, slowest_ms: float = 100.0) -> Comparison:
    """So many cells, medians evenly over the decades between."""
    modes = ("onnx-runtime", "openvino", "torchscript", "better-transformer", "torch-compile")
    precisions = ("fp32", "bf16", "int8-dynamic", "int8-static")
    named = itertools.cycle(itertools.product(modes, precisions))
    steps = max(count - 2, 1)
    cells = [
        cell(*next(named), fastest_ms * (slowest_ms / fastest_ms) ** (step / steps), threads=1 + step % 4)
        for step in range(count - 1)
    ]
    return comparison(baseline(), *cells)
