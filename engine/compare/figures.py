"""From the raw times of a cell's rounds, and of the baseline's in the same rounds, to what is told of it."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from engine.compare import caps
from engine.compare.racer import Racer
from engine.measure import bootstrap
from engine.measure.percentiles import median, percentile, told
from engine.wire.comparison import CellResult
from engine.wire.messages import Held
from engine.wire.values import RunReport

Rounds = Sequence[Sequence[float]]

NO_DIFFERENCE = 0.03
"""A smaller change is no difference, however sure it is."""

PLACEMENT = 0.03
"""Each end of an interval lies so much further out than the rounds tell: two processes of the very same program differ
by some percent for as long as they live (where their memory came to lie, which processor they began on).
"""

UNCHECKED = "Its answers could not be compared: those of plain PyTorch could not be kept. Try fewer inputs."
DIFFERENT = "different answers"
DIFFERS_ON_TEXTS = "On these inputs its answers are the same; on the real texts that it was held against before, not."

LEAST_ROUNDS = 6
"""The interval comes of drawing rounds, so there must be some."""

MOST_SAMPLES = 20_000
"""Of a cell's raw times the newest are told: all must fit into one line of the conversation."""

FAR_OUT = 3.0
"""Tukey's: so many times the distance of the quartiles above the upper one."""


def measured(cell: CellResult, racer: Racer, inputs: int) -> CellResult:
    """``cell`` with the figures of its own calls. ``inputs``: how many of them a call holds."""
    samples, held = racer.samples_ms, racer.held
    found: dict[str, Any] = {
        "prepare_s": held.load_s + held.prepare_s,
        "prepare_cached": held.prepare_cached,
        "first_ms": held.first_ms,
        "precision_executed": held.precision_executed,
        "agreement": held.agreement,
    }
    if samples:
        ordered = sorted(samples)
        low, high = percentile(ordered, 0.25), percentile(ordered, 0.75)
        found |= {
            "status": "ok",
            "stage": "",
            "n": len(samples),
            "p50_ms": median(ordered),
            "p90_ms": told(ordered, 0.90),
            "p99_ms": told(ordered, 0.99),
            "spread_ms": high - low,
            "outliers": sum(ms > high + FAR_OUT * (high - low) for ms in ordered),
            "throughput": 1000 * inputs * len(samples) / sum(samples),
            "end_to_end_p50_ms": median(racer.end_to_end_ms),
            "samples_ms": samples[-MOST_SAMPLES:],
        }
    return msgspec.structs.replace(cell, **found)


def judged(cell: CellResult, racer: Racer, eager: Racer, *, sure: bool) -> CellResult:
    """With the speedup, from rounds that belong together; where it is ``sure``, with its interval and verdict too."""
    if cell.agreement is None:
        return msgspec.structs.replace(cell, verdict="not checked", reason=UNCHECKED)
    if answers_differ(racer.held):
        reason = "" if cell.agreement.verdict == DIFFERENT else DIFFERS_ON_TEXTS
        return msgspec.structs.replace(cell, verdict="different answer", reason=reason)
    baseline, own = together(eager, racer)
    if not own:
        return cell
    eager_ms, own_ms = (median([ms for each in rounds for ms in each]) for rounds in (baseline, own))
    cell = msgspec.structs.replace(cell, speedup=eager_ms / own_ms)
    if not sure or len(own) < LEAST_ROUNDS:
        return cell
    low, high = interval(baseline, own)
    found = verdict(eager_ms / own_ms, low, high)
    more_s = racer.held.load_s + racer.held.prepare_s - eager.held.load_s - eager.held.prepare_s
    pays = found == "faster" and not racer.held.prepare_cached
    return msgspec.structs.replace(
        cell,
        speedup_ci=(low, high),
        verdict=found,
        break_even_calls=max(0, math.ceil(1000 * more_s / (eager_ms - own_ms))) if pays else None,
    )


def answers_differ(held: Held) -> bool:
    """On the inputs, or on the real texts that its mode and precision were held against before."""
    return any(found is not None and found.verdict == DIFFERENT for found in (held.agreement, held.sample))


def interval(theirs: Rounds, own: Rounds) -> tuple[float, float]:
    """Of how much faster the own rounds are, at 95 %."""
    low, high = bootstrap.interval(theirs, own)
    return low / (1 + PLACEMENT), high * (1 + PLACEMENT)


def together(one: Racer, other: Racer) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
    """The rounds in which both had a turn."""
    both = [number for number in one.rounds if number in other.rounds]
    return [one.rounds[number] for number in both], [other.rounds[number] for number in both]


def verdict(speedup: float, low: float, high: float) -> Any:
    """An interval that spans 1 is no difference, and neither is a change below NO_DIFFERENCE."""
    if low <= 1 <= high or abs(speedup - 1) < NO_DIFFERENCE:
        return "no difference"
    return "faster" if speedup > 1 else "slower"


def explained(cell: CellResult, report: RunReport) -> CellResult:
    """With what the cell's process told at its end."""
    evidence = report.evidence
    executed = evidence.isa_executed if evidence else ()
    return msgspec.structs.replace(
        cell,
        peak_rss_mb=report.peak_rss_mb,
        doubts=report.doubts,
        isa_executed=executed,
        fused=evidence.fused if evidence else {},
        cap_held=caps.held(cell.isa_cap, executed),
    )
