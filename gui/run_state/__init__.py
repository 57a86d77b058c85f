"""What the window shows of the engine, as plain values: ``apply(state, event, now_s)`` gives the next state.

No Qt here, so that every state is tested by replaying recorded events. All values are frozen but the
latencies, which are filled in place.
"""

import dataclasses
import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import msgspec

from engine.wire.messages import (
    STAGES,
    Answer,
    AnyEvent,
    Catalogue,
    Cell,
    Describe,
    Described,
    Failed,
    Failure,
    Finished,
    ModeCard,
    ModelCard,
    Notice,
    NoticeText,
    Run,
    RunReport,
    Samples,
    Stage,
    TaskCard,
    Update,
)
from gui.run_state.latencies import Latencies

EngineWord = Literal["starting", "ready", "loading", "running", "stopping", "stopped"]
BASELINES_KEPT = 64
_numbers = itertools.count(1)


def new_id(kind: str) -> str:
    """An id for a request, unique in this window."""
    return f"{kind}-{next(_numbers)}"


@dataclasses.dataclass(frozen=True, slots=True)
class StageView:
    """A stage that has begun; ``seconds`` is None while it goes on."""

    name: str
    began_s: float
    seconds: float | None = None
    cached: bool = False
    last_s: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class RunView:
    """One run as far as it is known. ``answer_fields`` are those that ``answer`` belongs to."""

    request: Run
    latencies: Latencies
    stages: tuple[StageView, ...] = ()
    fields_by_revision: tuple[tuple[int, dict[str, Any]], ...] = ()
    answer: Answer | None = None
    answer_fields: dict[str, Any] = dataclasses.field(default_factory=dict)
    notices: tuple[NoticeText, ...] = ()
    report: RunReport | None = None
    failure: Failure | None = None
    stopping: bool = False
    over: bool = False

    @property
    def repeats(self) -> bool:
        return self.request.calls == 0

    @property
    def stage(self) -> StageView | None:
        """The stage that goes on now."""
        return next((stage for stage in reversed(self.stages) if stage.seconds is None), None)


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """All that the window knows of the engine.

    ``live`` is false while ``catalogue`` is the one kept on disk. ``kept`` lists what the work process
    holds ready. ``eager_ms``: medians of eager fp32 by ``baseline_key``.
    """

    catalogue: Catalogue | None = None
    live: bool = False
    model: ModelCard | None = None
    cells: Mapping[tuple[str, str], Cell] = dataclasses.field(default_factory=dict)
    describing: Describe | None = None
    model_failure: Failure | None = None
    engine_failure: Failure | None = None
    run: RunView | None = None
    kept: frozenset[str] = frozenset()
    memory_bytes: int = 0
    eager_ms: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @property
    def running(self) -> bool:
        return self.run is not None and not self.run.over

    @property
    def engine(self) -> EngineWord:
        """The engine's state in a word, for the status strip."""
        if self.engine_failure is not None:
            return "stopped"
        if self.run is not None and not self.run.over:
            if self.run.stopping:
                return "stopping"
            stage = self.run.stage or next(reversed(self.run.stages), None)
            return "running" if stage is not None and stage.name in ("first", "running", "compare") else "loading"
        return "ready" if self.live else "starting"

    def task(self, task_id: str) -> TaskCard | None:
        tasks = self.catalogue.tasks if self.catalogue else ()
        return next((task for task in tasks if task.id == task_id), None)

    def mode(self, mode_id: str) -> ModeCard | None:
        modes = self.catalogue.modes if self.catalogue else ()
        return next((mode for mode in modes if mode.id == mode_id), None)


def baseline_key(run: Run, fields: Mapping[str, Any]) -> str:
    """What eager's median depends on: model, task, input and threads."""
    return msgspec.json.encode((run.folder, run.task, run.threads, fields), order="sorted").decode()


def baseline_ms(state: State) -> float | None:
    """Eager's median for what the shown run computes, once known."""
    run = state.run
    if run is None:
        return None
    if run.report is not None and run.report.ratio is not None:
        return run.report.ratio.eager_ms
    return state.eager_ms.get(baseline_key(run.request, run.answer_fields or run.request.fields))


# --- what the person did ---


def describing(state: State, describe: Describe) -> State:
    """The person picked a model, and the desk was asked."""
    return replace(state, describing=describe, model_failure=None)


def began(state: State, run: Run) -> State:
    """Run was pressed."""
    view = RunView(run, Latencies(), fields_by_revision=((0, run.fields),), answer_fields=run.fields)
    return replace(state, run=view)


def updated(state: State, update: Update) -> State:
    """The input changed while the run goes on."""
    if state.run is None or state.run.request.id != update.id:
        return state
    known = (*state.run.fields_by_revision[-7:], (update.revision, update.fields))
    return replace(state, run=replace(state.run, fields_by_revision=known))


def stopping(state: State) -> State:
    """Stop was pressed."""
    return replace(state, run=replace(state.run, stopping=True)) if state.run and not state.run.over else state


def trying_again(state: State) -> State:
    return replace(state, engine_failure=None, live=False)


# --- what the engine tells ---


def apply(state: State, event: AnyEvent, now_s: float) -> State:
    """The state after ``event``, which came at ``now_s`` of a clock that never goes back.

    Events of a request that is not the present one change nothing.
    """
    if isinstance(event, Catalogue):
        return replace(state, catalogue=event, live=True, engine_failure=None)
    if state.describing is not None and event.id == state.describing.id:
        return _of_describe(state, event)
    if state.run is not None and event.id == state.run.request.id and not state.run.over:
        return _of_run(state, state.run, event, now_s)
    if isinstance(event, Failed) and not event.id:
        return replace(state, engine_failure=event.failure)
    return state


def _of_describe(state: State, event: AnyEvent) -> State:
    if isinstance(event, Described):
        cells = {(cell.mode, cell.precision): cell for cell in event.cells}
        return replace(state, model=event.model, cells=cells)
    if isinstance(event, Failed):
        return replace(state, describing=None, model_failure=event.failure)
    if isinstance(event, Finished):
        return replace(state, describing=None)
    return state


def _of_run(state: State, run: RunView, event: AnyEvent, now_s: float) -> State:
    match event:
        case Stage():
            return replace(state, run=replace(run, stages=_with(run.stages, event, now_s)))
        case Notice():
            note = NoticeText(text=event.text, details=event.details)
            return replace(state, run=replace(run, notices=(*run.notices, note)))
        case Answer():
            if event.revision:
                run.latencies.begin_input()
            fields = dict(run.fields_by_revision).get(event.revision, run.answer_fields)
            return replace(state, run=replace(run, answer=event, answer_fields=fields))
        case Samples():
            run.latencies.add(event.latency_ms, now_s)
            return replace(state, memory_bytes=event.memory_bytes or state.memory_bytes)
        case Finished():
            return _finished(state, run, event.report)
        case Failed():
            return replace(state, run=replace(run, failure=event.failure, stages=_cut(run.stages), over=True))
        case _:
            return state


def _with(stages: tuple[StageView, ...], event: Stage, now_s: float) -> tuple[StageView, ...]:
    """Stages in their order; one that comes again (a changed input is prepared anew) replaces its
    former time.
    """
    old = next((stage for stage in stages if stage.name == event.stage), None)
    began_s = old.began_s if old is not None and event.seconds is not None else now_s
    last_s = event.last_s if event.last_s is not None else (old.last_s if old is not None else None)
    view = StageView(event.stage, began_s, event.seconds, event.cached, last_s)
    others = tuple(stage for stage in stages if stage.name != event.stage)
    return tuple(sorted((*others, view), key=lambda stage: _place(stage.name)))


def _place(name: str) -> int:
    return STAGES.index(name) if name in STAGES else len(STAGES)


def _cut(stages: tuple[StageView, ...]) -> tuple[StageView, ...]:
    """What had begun and never ended did not happen."""
    return tuple(stage for stage in stages if stage.seconds is not None)


def _finished(state: State, run: RunView, report: RunReport | None) -> State:
    run = replace(run, report=report, stages=_cut(run.stages), over=True)
    if report is None:
        return replace(state, run=run)
    if report.notices:
        run = replace(run, notices=report.notices)
    baselines = dict(state.eager_ms)
    key = baseline_key(run.request, run.answer_fields)
    if report.ratio is not None:
        baselines[key] = report.ratio.eager_ms
    elif (report.mode_executed, report.precision_executed) == ("eager", "fp32"):
        baselines[key] = report.timing.p50_ms
    while len(baselines) > BASELINES_KEPT:
        del baselines[next(iter(baselines))]
    return replace(state, run=run, kept=frozenset(report.kept), eager_ms=baselines)
