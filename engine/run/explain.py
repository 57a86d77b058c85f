"""The evidence of a run: what its mode read back from its runtime, held against plain PyTorch and this machine."""

import time
from collections.abc import Generator

from engine.evidence import flops
from engine.evidence.told import Told
from engine.measure import peaks
from engine.measure.peaks import Peaks
from engine.run.session import Session
from engine.wire.errors import FastpathError
from engine.wire.messages import Event, PeaksTold, Stage
from engine.wire.values import Evidence


def explain(session: Session, p50_ms: float) -> Generator[Event, None, Evidence | None]:
    """``p50_ms``: of the model's call on all batches. None where it was not asked for, or nothing could be read."""
    if not session.run.explain or session.control.stopped:
        return None
    yield Stage(stage="explain")
    began = time.perf_counter()
    evidence: Evidence | None = None
    try:
        told = session.prepared.explain(session.encoded.batches[0])
        counted = flops.count(session.facts, session.task.auto_class, session.encoded.batches)
        reached = peaks.known_or_measured(session.bench.threads, session.bench.cpu_signature)
        yield PeaksTold(peaks=reached.told())
        evidence = _evidence(session, told, counted, p50_ms, reached)
    except FastpathError as error:
        yield session.note("What ran could not be read back.", f"{error.what_happened}\n{error.details}".strip())
    except Exception as error:  # noqa: BLE001 - readers call deep into runtimes; the answer and its figures stand
        yield session.note("What ran could not be read back.", f"{type(error).__name__}: {error}")
    yield Stage(stage="explain", seconds=time.perf_counter() - began)
    return evidence


def _evidence(session: Session, told: Told, counted: flops.Counted, p50_ms: float, reached: Peaks) -> Evidence:
    return Evidence(
        source=told.source,
        ops_before=counted.operators,
        ops_after=told.ops_after,
        fused=dict(told.fused),
        precision_executed=dict(told.precision_executed),
        isa_executed=told.isa_executed,
        time_share=dict(told.time_share),
        gflops=counted.flops / p50_ms / 1e6 if counted.flops else None,
        peak_gflops=reached.gflops.get(_precision(session, told)),
        flops=counted.flops or None,
        bytes=counted.traffic.least_bytes(session.prepared.precision) if counted.traffic is not None else None,
        peak_bandwidth_gb_s=reached.bandwidth_gb_s,
        not_provable=(*told.not_provable, counted.reason) if counted.reason else told.not_provable,
        details=told.details,
        code_file=told.code_file,
    )


def _precision(session: Session, told: Told) -> str:
    """Of the matrix products as they ran; of several, the fewest bits."""
    executed = told.precision_executed.get("linear", session.prepared.precision)
    return next((name for name in ("int8", "bf16", "fp32") if name in executed), "fp32")
