"""``prepare`` and ``measure``: the order of one run, from top to bottom."""

import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

from engine.all_modes import MODES
from engine.all_tasks import TASKS
from engine.measure import environment, loop, memory
from engine.measure.doubts import doubts
from engine.measure.percentiles import median, told
from engine.models import starter
from engine.models.facts import ModelFacts
from engine.run.explain import explain
from engine.run.permitted import model_of, require_memory
from engine.run.ready import prepared_model
from engine.run.same_answer import REFERENCE, Compared, compare
from engine.run.session import Calls, Control, Session, Workbench
from engine.task import Task
from engine.wire.errors import ModeUnavailable, NotForThisModel, Stopped, UserFacing
from engine.wire.messages import Answer, Event, Run, Stage
from engine.wire.values import RunReport, StagesP50, Timing

Value = TypeVar("Value")


def prepare(run: Run, control: Control, bench: Workbench) -> Generator[Event, None, Session]:
    """Checks, reads, encodes, loads and prepares. Raises UserFacing errors."""
    session = yield from check(run, control, bench)
    try:
        session.prepared = yield from prepared_model(session, run.mode, run.precision, run.options)
    except NotForThisModel as reason:
        if run.mode == REFERENCE[0] or session.facts.weights == "ONNX":  # of a graph alone PyTorch can run nothing
            raise
        title = MODES[run.mode].card.title
        yield from _fall_back(session, title, f"{reason.what_happened}\n{reason.details}".strip())
    return session


def check(
    run: Run, control: Control, bench: Workbench, around: Callable[[Task], Task] = lambda task: task
) -> Generator[Event, None, Session]:
    """Looks into the model, reads and encodes; nothing is loaded yet. ``around`` is put around the task.

    Raises UserFacing errors.
    """
    memory.reset_peak()
    mode, task = _registered(MODES, run.mode, "acceleration"), around(_registered(TASKS, run.task, "task"))
    yield Stage(stage="checking")
    began = time.perf_counter()
    facts = model_of(run)
    starter.check_if_here(facts.folder)
    if run.task not in facts.tasks:
        raise NotForThisModel(
            f"This model cannot do {task.card.title.lower()}: it is {_kind(facts)}.",
            "Pick one of the tasks that the model can do.",
        )
    if missing := mode.available():
        raise ModeUnavailable(f"{mode.card.title} cannot run here: {missing.reason}", missing.remedy)
    require_memory(run, facts, bench)
    reader = task.open(facts, run.tokenizer)
    encoded = task.encode(reader, run.fields)
    yield Stage(stage="checking", seconds=time.perf_counter() - began)
    session = Session(run, control, bench, facts, task, reader, encoded, run.fields)
    session.go_on()
    for notice in encoded.notices:
        yield session.note(notice.text, notice.details, 0)
    return session


def _fall_back(session: Session, title: str, reason: str) -> Generator[Event, None, None]:
    """Plain PyTorch instead, told once it is ready. Where that fails too, the failure's details hold both reasons."""
    try:
        session.prepared = yield from prepared_model(session, *REFERENCE, {})
    except Stopped:
        raise
    except UserFacing as error:
        error.details = f"{error.details}\n\n{title} was tried first: {reason}".strip()
        raise
    yield session.note(f"{title} cannot take this model, so plain PyTorch (eager) ran instead.", reason)


def _kind(facts: ModelFacts) -> str:
    graph = "only the ONNX graph of " if facts.weights == "ONNX" else ""
    return f"{graph}a {facts.architecture or facts.model_type}"


def _registered(registry: Mapping[str, Value], name: str, what: str) -> Value:
    if name not in registry:
        raise NotForThisModel(f"There is no {what} named {name!r}.", f"Pick one of: {', '.join(registry)}.")
    return registry[name]


def measure(session: Session) -> Generator[Event, None, RunReport]:
    """First answer, warm-up, timed calls, comparison. Raises UserFacing errors."""
    control, calls = session.control, Calls(session, session.prepared)
    others = environment.Others()
    surroundings = environment.record(session.bench.threads, session.bench.cpu_brand)
    yield Stage(stage="first")
    first, result = calls.first()
    yield Stage(stage="first", seconds=(first.model + first.interpret) / 1e9)
    yield Answer(result=result)
    settled = loop.warm_up(calls, lambda: control.stopped or control.updated)
    yield Stage(stage="running")
    began = time.perf_counter()
    recorded = loop.Recorded()
    while True:
        yield from loop.timed(
            calls, _rest(session.run.calls, recorded), lambda: control.stopped or control.updated, recorded
        )
        update = control.take_update()
        if update is None or control.stopped:
            break
        if (yield from _take_fields(session, calls, *update)):
            settled, recorded = True, loop.Recorded()  # figures are of one input
    yield Stage(stage="running", seconds=time.perf_counter() - began)
    if recorded.model:
        calls.check()
    busy, peak_mb, timing = others.busy(), memory.peak_mb(), timing_of(session, first, recorded)
    compared = Compared()
    if not control.stopped:
        compared = yield from compare(session, calls)
    evidence = yield from explain(session, timing.p50_ms)
    return report_of(
        session,
        timing=timing,
        peak_rss_mb=peak_mb,
        environment=surroundings,
        doubts=doubts(recorded.model, settled, busy),
        agreement=compared.agreement,
        sample_agreement=compared.sample,
        ratio=compared.ratio,
        evidence=evidence,
    )


def report_of(session: Session, **measured: Any) -> RunReport:
    """What ``measured`` tells, and what is known of the session."""
    return RunReport(
        mode_requested=session.run.mode,
        mode_executed=session.prepared.mode,
        precision_executed=session.prepared.precision,
        notices=tuple(session.notices),
        stopped=session.control.stopped,
        kept=tuple(f"{key.mode} {key.precision} {key.folder}" for key in session.bench.kept.held()),
        **measured,
    )


def _rest(asked: int | None, recorded: loop.Recorded) -> int | None:
    return max(1, asked - len(recorded.model)) if asked else asked


def _take_fields(session: Session, calls: Calls, revision: int, fields: dict[str, Any]) -> Generator[Event, None, bool]:
    """New fields from the next call on. False where they can't be used: the old ones stay, and that is told."""
    try:
        encoded = session.task.encode(session.reader, fields)
    except UserFacing as error:
        yield session.note(f"{error.what_happened} The run goes on with the input before.", error.details, revision)
        return False
    session.fields, session.encoded = fields, encoded
    for notice in encoded.notices:
        yield session.note(notice.text, notice.details, revision)
    for batch in encoded.batches:
        yield from session.heard(session.prepared.adapt(batch))
    _, result = calls.first()
    yield Answer(result=result, revision=revision)
    return True


def timing_of(session: Session, first: loop.Call, recorded: loop.Recorded) -> Timing:
    model_ms = sorted(recorded.model)
    if not model_ms:  # stopped before a call was timed: the first one is all there is
        model_ms = [first.model / 1e6]
        recorded.add(first)
        recorded.elapsed_s = first.model / 1e9
    parts = (recorded.prepare_input, recorded.model, recorded.interpret)
    return Timing(
        load_s=session.stage_s.get("load", 0.0),
        prepare_s=session.stage_s.get("prepare", 0.0),
        prepare_cached=bool(session.from_cache) and all(session.from_cache),
        first_ms=first.model / 1e6,
        n=len(recorded.model),
        p50_ms=median(model_ms),
        p90_ms=told(model_ms, 0.90),
        p99_ms=told(model_ms, 0.99),
        throughput_per_s=len(recorded.model) / max(recorded.elapsed_s, 1e-9),
        stages_p50_ms=StagesP50(prepare_input=median(parts[0]), model=median(parts[1]), interpret=median(parts[2])),
    )
