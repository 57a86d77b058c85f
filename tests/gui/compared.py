"""States of comparisons, made by hand of the events that the engine sends."""

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from engine.wire.comparison import CellResult, Comparison
from engine.wire.errors import EngineDied, failure_of
from engine.wire.messages import AnyEvent, CellTold, Compare, Compared, Failed, Finished
from engine.wire.values import Agreement, Pick
from gui import run_state
from gui.run_state import State
from tests.gui import replay

EAGER_MS = 8.42


def agreed(verdict: Any = "same answers", share: float = 1.0) -> Agreement:
    return Agreement(verdict=verdict, share=share, max_abs_diff=0.0123, cosine_worst=0.99987, n=100)


def measured(mode: str, precision: str, ms: float, verdict: Any = "faster", **more: Any) -> CellResult:
    """A cell with all its figures; eager's median is EAGER_MS."""
    speedup = EAGER_MS / ms
    known: dict[str, Any] = {
        "threads": 2,
        "batch": 1,
        "status": "ok",
        "prepare_s": 3.1,
        "first_ms": ms * 1.4,
        "p50_ms": ms,
        "p90_ms": ms * 1.1,
        "p99_ms": ms * 1.4,
        "spread_ms": ms * 0.05,
        "outliers": 3,
        "n": 1_200,
        "throughput": 980 / ms,
        "end_to_end_p50_ms": ms + 0.4,
        "peak_rss_mb": 612.0,
        "verdict": verdict,
        "agreement": agreed("identical" if precision == "fp32" else "same answers"),
        "precision_executed": precision,
        "isa_executed": ("avx512_f", "avx512_vnni"),
    }
    if verdict not in ("baseline", "different answer"):
        known |= {"speedup": speedup, "speedup_ci": (speedup * 0.96, speedup * 1.04), "break_even_calls": 412}
    if verdict == "different answer":
        known["agreement"] = agreed("different answers", 0.81)
    return CellResult(mode=mode, precision=precision, **known | more)


def baseline(**more: Any) -> CellResult:
    return measured("eager", "fp32", EAGER_MS, "baseline", agreement=agreed("reference"), **more)


def cells() -> tuple[CellResult, ...]:
    """One of each kind."""
    return (
        baseline(),
        measured("eager", "bf16", 9.6, "slower"),
        measured("torchscript", "fp32", 8.31, "no difference"),
        measured("torch-compile", "fp32", 5.12, fused={"linear + gelu": 6, "layer norm": 12}),
        measured("torch-compile", "bf16", 3.02, "different answer"),
        measured("better-transformer", "fp32", 4.37),
        measured("onnx-runtime", "fp32", 4.9),
        measured("onnx-runtime", "int8-dynamic", 2.48, doubts=("Only 100 calls were timed.",)),
        measured("openvino", "fp32", 4.4),
        measured("openvino", "int8-dynamic", 2.61),
        CellResult(mode="onnx-runtime", precision="bf16", threads=2, batch=1, status="not applicable", reason=NO_BF16),
        CellResult(mode="openvino", precision="bf16", threads=2, batch=1, status="failed", reason="Out of memory."),
        CellResult(mode="ipex", precision="fp32", threads=2, batch=1, status="unavailable", reason="Not installed."),
        CellResult(mode="torchscript", precision="bf16", threads=2, batch=1, status="skipped", reason="No time left."),
    )


NO_BF16 = "ONNX Runtime has no bf16 kernels for this CPU."
SENTENCE = "Use ONNX Runtime, int8-dynamic: 3.40 times as fast as plain PyTorch, same answers on 100 of 100 inputs."
DRIFTED = "The machine became 7 % slower while it was measured, by eager's own time."


def request(state: State | None = None, **more: Any) -> Compare:
    model = (state or opened()).model
    assert model is not None
    fields = {"source_sentence": "A man plays.", "sentences": ["Somebody plays."]}
    return Compare(
        **{"id": "c", "folder": model.folder, "task": "sentence-similarity", "inputs": (fields,) * 100, **more}
    )


def comparison(found: Sequence[CellResult] = (), **more: Any) -> Comparison:
    known: dict[str, Any] = {
        "environment": {"cpu": "a CPU"},
        "model": {"name": "starter"},
        "task": "sentence-similarity",
        "inputs": {"count": 100, "tokens": 24},
        "cells": tuple(found) or cells(),
        "winner": 7,
        "sentence": SENTENCE,
        "took_s": 96.0,
    }
    return Comparison(**known | more)


def opened() -> State:
    return replay.last("opened")


def after(state: State, *events: AnyEvent, now_s: float = 0.0) -> State:
    for event in events:
        state = run_state.apply(state, event, now_s)
    return state


def begun(state: State | None = None, **more: Any) -> State:
    state = state or opened()
    return run_state.asked(state, request(state, **more))


def racing() -> State:
    """Some measured, some in preparation, some that wait."""
    every = list(cells())
    for place in (6, 8, 9):
        every[place] = CellResult(mode=every[place].mode, precision=every[place].precision, threads=2, batch=1)
    every[6] = replace(every[6], stage="preparing")
    every[8] = replace(every[8], stage="ready")
    for place in (3, 5, 7):
        every[place] = replace(every[place], verdict="", speedup_ci=None)
    told = [CellTold(id="c", number=number, cell=cell) for number, cell in enumerate(every)]
    return after(begun(), *told, now_s=time.monotonic() - 42)


def done(found: Comparison | None = None) -> State:
    return after(begun(), Compared(id="c", comparison=found or comparison()), Finished(id="c"))


def of_sixty() -> State:
    modes = ("torchscript", "torch-compile", "better-transformer", "onnx-runtime", "openvino")
    every = [baseline(threads=2)]
    for place in range(59):
        ms = 1.9 + 0.21 * ((place * 17) % 59)
        verdict = "faster" if ms < 8 else "slower"
        threads = (1, 2, 4)[place % 3]
        every.append(measured(modes[place % 5], ("fp32", "int8-dynamic")[place % 2], ms, verdict, threads=threads))
    return done(comparison(every, winner=1, machine="drifting", doubts=(DRIFTED,)))


def of_one() -> State:
    return done(comparison([baseline()], winner=0, sentence="Use plain PyTorch: nothing was surely faster."))


def of_ten_thousand() -> State:
    """One cell ten thousand times as slow as another."""
    every = [baseline(), measured("torchscript", "fp32", 0.9), measured("onnx-runtime", "fp32", 9_000.0, "slower")]
    return done(comparison(every, winner=1, sentence="Use TorchScript, fp32."))


RUNGS = ("avx2", "avx512", "vnni", "")


def ladder() -> State:
    state = begun(id="l", modes=("torch-compile",), precisions=("int8-dynamic",), isa_caps=RUNGS)
    times = (7.9, 5.2, 2.31, 2.3)
    rungs = [
        measured("torch-compile", "int8-dynamic", ms, isa_cap=cap, cap_held=True if cap else None)
        for cap, ms in zip(RUNGS, times, strict=True)
    ]
    found = comparison([baseline(), *rungs], winner=3)
    return after(state, Compared(id="l", comparison=found), Finished(id="l"))


def ladder_without_caps() -> State:
    state = begun(id="l", modes=("onnx-runtime",), precisions=("fp32",), isa_caps=RUNGS)
    cannot = [
        CellResult(
            mode="onnx-runtime",
            precision="fp32",
            threads=2,
            batch=1,
            isa_cap=cap,
            status="not applicable",
            reason="its kernels have no switch",
        )
        for cap in RUNGS
        if cap
    ]
    found = comparison([baseline(), *cannot, measured("onnx-runtime", "fp32", 4.9)], winner=4)
    return after(state, Compared(id="l", comparison=found), Finished(id="l"))


def picked(state: State | None = None) -> State:
    """The fastest was found before."""
    pick = Pick(
        task="sentence-similarity",
        mode="onnx-runtime",
        precision="int8-dynamic",
        threads=1,
        speedup=3.4,
        answers="same answers",
        found_s=1_790_000_000,
    )
    return dataclasses.replace(state or opened(), picks=(pick,))


def failed() -> State:
    """Broken off in the middle: what was measured stays."""
    died = failure_of(EngineDied("Plain PyTorch, which all is compared with, failed.", details="..."))
    return after(racing(), Failed(id="c", failure=died))
