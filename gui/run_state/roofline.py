"""What this machine reaches at most, and where the last runs lie below it (a roofline)."""

import dataclasses
from collections.abc import Mapping

from engine.wire.values import Evidence, MachinePeaks, RunReport
from gui.run_state.requests import how
from gui.run_state.views import Explained, RunView, State

EXPLAINED_KEPT = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """A run on the roofline. ``intensity``: operations for each byte that has to come from memory or go there.

    ``roof_gflops``: what a call of that intensity could reach at most: the memory's share or the precision's peak,
    whichever is less; ``by_memory``: which of them it is.
    """

    name: str
    intensity: float
    gflops: float
    roof_gflops: float | None = None
    by_memory: bool = False

    @property
    def share(self) -> float | None:
        """Of its roof; above 1 where the weights stayed in the caches."""
        return self.gflops / self.roof_gflops if self.roof_gflops else None


def threads_of(state: State, chosen: int) -> int:
    """How many threads ``chosen`` are: 0 is the engine's own choice."""
    return chosen or (state.catalogue.threads if state.catalogue is not None else 0)


def peaks_of(state: State, threads: int) -> MachinePeaks | None:
    """What is known for so many threads."""
    kept: Mapping[int, MachinePeaks] = {
        one.threads: one for one in (state.catalogue.peaks if state.catalogue is not None else ())
    }
    return state.peaks.get(threads) or kept.get(threads)


def points_of(state: State, threads: int) -> tuple[Point, ...]:
    """The last runs with so many threads whose evidence tells enough, the newest last."""
    told = [one for one in state.explained if one.threads == threads and one.evidence.gflops and one.evidence.bytes]
    models = {one.model for one in told}
    return tuple(_point(one, _title(state, one.mode), len(models) > 1) for one in told)


def others_of(state: State, threads: int) -> int:
    """How many runs are left out because they had another number of threads."""
    return sum(one.threads != threads and one.evidence.bytes is not None for one in state.explained)


def explained(state: State, run: RunView, report: RunReport) -> tuple[Explained, ...]:
    """With the evidence of ``report``; what the same run told before gives way to it."""
    if report.evidence is None:
        return state.explained
    key = how(run.request), run.answer_fields
    told = Explained(
        *key,
        report.evidence,
        model=run.model_name,
        mode=report.mode_executed,
        precision=report.precision_executed,
        threads=int(report.environment.get("threads") or 0),
    )
    return (*(one for one in state.explained if (one.how, one.fields) != key), told)[-EXPLAINED_KEPT:]


def _title(state: State, mode_id: str) -> str:
    mode = state.mode(mode_id)
    return mode.title if mode is not None else mode_id


def _point(one: Explained, title: str, with_model: bool) -> Point:
    evidence = one.evidence
    assert evidence.gflops is not None
    assert evidence.flops is not None
    assert evidence.bytes is not None
    name = f"{one.model}: {title}, {one.precision}" if with_model and one.model else f"{title}, {one.precision}"
    intensity = evidence.flops / evidence.bytes
    roof, by_memory = _roof(evidence, intensity)
    return Point(name, intensity, evidence.gflops, roof, by_memory)


def _roof(evidence: Evidence, intensity: float) -> tuple[float | None, bool]:
    memory = evidence.peak_bandwidth_gb_s * intensity if evidence.peak_bandwidth_gb_s else None
    peak = evidence.peak_gflops
    if memory is None or peak is None:
        return peak if memory is None else None, False
    return min(memory, peak), memory < peak
