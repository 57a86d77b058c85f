"""Which of several calls is fastest here: called in turns, so that what disturbs one disturbs all."""

import time
from collections.abc import Callable, Mapping
from typing import Any

clock = time.perf_counter
"""In seconds."""

ROUNDS = 7
LIMIT_S = 1.5


def race(runs: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    """The shortest time of each, in ms, after a call of each that warms up.

    At most seven rounds; none begins after a second and a half, but there is always one.
    """
    for run in runs.values():
        run()
    best = dict.fromkeys(runs, float("inf"))
    began = clock()
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = clock()
            run()
            best[name] = min(best[name], 1000 * (clock() - start))
        if clock() - began > LIMIT_S:
            break
    return best


def call_cost(large_ms: float, large_tokens: int, small_ms: float, small_tokens: int) -> float:
    """What one call costs beside its tokens, in tokens: time as a straight line through a large and a small call."""
    token_ms = (large_ms - small_ms) / max(1, large_tokens - small_tokens)
    if token_ms <= 0:
        return float(large_tokens)
    return max(0.0, small_ms / token_ms - small_tokens)
