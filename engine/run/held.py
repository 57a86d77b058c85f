"""One cell of a comparison: prepared like a run, then called in rounds, whenever its turn comes."""

import dataclasses
import functools
import time
from collections.abc import Generator, Mapping
from typing import Any

import msgspec

from engine.measure import environment, loop, memory
from engine.measure.doubts import doubts
from engine.measure.percentiles import median
from engine.run.explain import explain
from engine.run.order import check, report_of, timing_of
from engine.run.ready import prepared_model
from engine.run.same_answer import Compared, compare, known_reference
from engine.run.session import Calls, Control, Session, Workbench
from engine.run.together import Together
from engine.wire.errors import BadInput
from engine.wire.messages import Event, Held, Hold, Rested, Round, Run, Stage
from engine.wire.values import RunReport


def hold(asked: Hold, control: Control, bench: Workbench) -> Generator[Event, None, RunReport]:
    """Prepares, compares the answers to all inputs, warms up; then serves rounds until released. Between them it
    sleeps. Raises UserFacing errors, NotForThisModel among them: nothing falls back.
    """
    around = functools.partial(Together, batch=asked.batch)
    session = yield from check(_run_of(asked), control, bench, around)
    session.prepared = yield from prepared_model(session, asked.mode, asked.precision, asked.options)
    surroundings = environment.record(bench.threads, bench.cpu_brand)
    calls = Calls(session, session.prepared)
    yield Stage(stage="first")
    first, _ = calls.first()
    yield Stage(stage="first", seconds=(first.model + first.interpret) / 1e9)
    peak_mb = memory.peak_mb()
    compared = yield from _compared(session, asked)
    compared_mb = memory.peak_mb()
    memory.reset_peak()
    for batch in session.encoded.batches:  # what was made for these may have given way to other inputs
        yield from session.heard(session.prepared.adapt(batch))
    warming = loop.Recorded()
    settled = loop.warm_up(functools.partial(_noted, calls, warming), lambda: control.stopped)
    session.go_on()
    yield Held(
        precision_executed=session.prepared.precision,
        load_s=session.stage_s.get("load", 0.0),
        prepare_s=session.stage_s.get("prepare", 0.0),
        prepare_cached=bool(session.from_cache) and all(session.from_cache),
        first_ms=first.model / 1e6,
        call_ms=median(warming.model[-loop.SETTLED_CALLS :]),
        tokens=sum(batch["input_ids"].numel() for batch in session.encoded.batches),
        peak_bytes=int(compared_mb * 1e6),
        agreement=compared.agreement,
        sample=compared.sample,
    )
    recorded = loop.Recorded()
    while isinstance(turn := control.next_turn(), Round):
        yield from _round(calls, turn, control, recorded)
    session.go_on()
    peak_mb, timing = max(peak_mb, memory.peak_mb()), timing_of(session, first, recorded)
    session.run = msgspec.structs.replace(session.run, explain=turn is not None and turn.explain)
    evidence = yield from explain(session, timing.p50_ms)
    return report_of(
        session,
        timing=timing,
        peak_rss_mb=peak_mb,
        environment=surroundings,
        doubts=doubts(recorded.model, settled, 0.0),
        agreement=compared.agreement,
        sample_agreement=compared.sample,
        evidence=evidence,
    )


def _round(calls: Calls, turn: Round, control: Control, recorded: loop.Recorded) -> Generator[Event, None, None]:
    """The first call finds the caches filled by whoever had the turn before, and is not timed."""
    calls()
    before, end_s = len(recorded.model), time.monotonic() + turn.limit_s

    def over() -> bool:
        return control.stopped or (time.monotonic() > end_s and len(recorded.model) > before)

    yield from loop.timed(calls, turn.calls, over, recorded)
    calls.check()
    parts = (recorded.prepare_input, recorded.model, recorded.interpret)
    yield Rested(end_to_end_ms=tuple(sum(times) for times in zip(*(part[before:] for part in parts), strict=True)))


def _run_of(asked: Hold) -> Run:
    return Run(
        id=asked.id,
        folder=asked.folder,
        task=asked.task,
        mode=asked.mode,
        fields={"inputs": asked.inputs[: asked.batch]},
        precision=asked.precision,
        runtime=asked.runtime,
        tokenizer=asked.tokenizer,
        options=asked.options,
        threads=asked.threads,
        calibration=asked.calibration,
        allow_pickle=asked.allow_pickle,
        ignore_memory=asked.ignore_memory,
    )


def _compared(session: Session, asked: Hold) -> Generator[Event, None, Compared]:
    """The answers to all inputs, each call as it comes: what is timed alone is adapted to."""
    yield Stage(stage="compare")
    began = time.perf_counter()
    fields = {"inputs": (*asked.inputs, *(one for one in asked.also if _takes(session, one)))}
    every = dataclasses.replace(session, fields=fields, encoded=session.task.encode(session.reader, fields))
    every.prepared = session.prepared
    if known := known_reference(every):
        yield Stage(stage="compare", seconds=time.perf_counter() - began)
        return known
    calls = Calls(every, session.prepared)
    calls.first()
    compared = yield from compare(every, calls)
    yield Stage(stage="compare", seconds=time.perf_counter() - began)
    return compared


def _takes(session: Session, one: Mapping[str, Any]) -> bool:
    """Some need more tokens than a small model has room for."""
    try:
        session.task.encode(session.reader, {"inputs": (one,)})
    except BadInput:
        return False
    return True


def _noted(calls: Calls, recorded: loop.Recorded) -> loop.Call:
    call = calls()
    recorded.add(call)
    return call
