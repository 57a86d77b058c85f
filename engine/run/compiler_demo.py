"""See what a compiler does: the sine of a cosine, as plain PyTorch and compiled, and the C++ that came of it.

The example is the one of the guides to ``torch.compile``: two operations that are each a pass over memory become one.
"""

import math
import time
from collections.abc import Callable
from typing import Any

from engine.evidence import inductor, torch_kernels
from engine.measure.percentiles import median
from engine.mode import Events, stage
from engine.modes.torch_compile import compiler
from engine.modes.torch_compile.generated import Generated, readable
from engine.run.session import Control
from engine.wire.errors import Defect, ModeUnavailable, Stopped
from engine.wire.messages import CompilerShown, Stage

NUMBERS = 10_000_000
"""40 MB in fp32: more than caches hold, so that passes over memory are what takes time."""

SOURCE = '''def f(x):
    """x: ten million numbers"""
    return torch.sin(torch.cos(x))'''

_ROUNDS = 15
_MOST_S = 8.0
_TOLERANCE = 1e-5


def show(control: Control) -> Events:
    """Yields stages, then ``CompilerShown``. Raises ModeUnavailable where nothing can be compiled, Stopped."""
    import torch

    if missing := compiler.missing():
        raise ModeUnavailable(f"Nothing can be compiled here: {missing.reason}", missing.remedy)
    compiler.configure()
    plain = _function()
    numbers = torch.linspace(0, math.tau, NUMBERS)
    generated = Generated()
    compiled = torch.compile(plain, fullgraph=True, dynamic=False)
    yield from stage("prepare", lambda: _compile(compiled, numbers, generated))
    try:
        if not torch.allclose(plain(numbers), compiled(numbers), atol=_TOLERANCE):
            raise Defect("The compiled example answers differently from plain PyTorch.")
        yield Stage(stage="running")
        began = time.perf_counter()
        plain_ms, compiled_ms = _times(control, lambda: plain(numbers), lambda: compiled(numbers))
        yield Stage(stage="running", seconds=time.perf_counter() - began)
        yield _shown(generated, lambda: plain(numbers), lambda: compiled(numbers), plain_ms, compiled_ms)
    finally:
        generated.let_go()


def _function() -> Callable[[Any], Any]:
    """``SOURCE`` as a function of its own."""
    import torch

    def f(x: Any) -> Any:
        return torch.sin(torch.cos(x))

    # Dynamo knows what it compiled by the code object, and what is let go must not be met at the next look.
    f.__code__ = f.__code__.replace()
    return f


def _compile(compiled: Callable[[Any], Any], numbers: Any, generated: Generated) -> None:
    with compiler.translated("the example"), generated.met():
        compiled(numbers)


def _times(control: Control, plain: Callable[[], Any], compiled: Callable[[], Any]) -> tuple[float, float]:
    """Medians in ms of calls that alternate. Raises Stopped."""
    taken_ms: tuple[list[float], list[float]] = ([], [])
    began = time.perf_counter()
    while len(taken_ms[1]) < _ROUNDS and (not taken_ms[1] or time.perf_counter() - began < _MOST_S):
        for call, times in zip((plain, compiled), taken_ms, strict=True):
            if control.stopped:
                raise Stopped()
            t0 = time.perf_counter_ns()
            call()
            times.append((time.perf_counter_ns() - t0) / 1e6)
    return median(taken_ms[0]), median(taken_ms[1])


def _shown(
    generated: Generated,
    plain: Callable[[], Any],
    compiled: Callable[[], Any],
    plain_ms: float,
    compiled_ms: float,
) -> CompilerShown:
    """Passes over memory are counted by the profiler, in either."""
    kernels = [kernel for module in generated.modules for kernel in inductor.kernels(inductor.source_of(module))]
    return CompilerShown(
        source=SOURCE,
        kernel="\n\n".join(readable(kernel.code, kernel.name) for kernel in kernels),
        eager_ms=plain_ms,
        compiled_ms=compiled_ms,
        eager_kernels=torch_kernels.observe(plain).ops_after or 0,
        compiled_kernels=inductor.observe(compiled, generated.modules).ops_after or 0,
    )
