"""What the window shows of the engine, as plain values: ``apply(state, event, now_s)`` gives the next state.

No Qt here, so that every state is tested by replaying recorded events. All values are frozen but the
latencies, which are filled in place.
"""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import msgspec

from engine.wire.messages import (
    STAGES,
    Allow,
    Answer,
    AnyEvent,
    Catalogue,
    Consents,
    Describe,
    Described,
    Download,
    Failed,
    Finished,
    FreeUp,
    ListConsents,
    Notice,
    Revoke,
    Run,
    Samples,
    Stage,
    Storage,
    Stored,
    Update,
)
from engine.wire.values import NoticeText, RunReport
from gui.run_state import downloads
from gui.run_state.latencies import Latencies
from gui.run_state.views import DownloadView, EngineWord, RunView, StageView, State

__all__ = ["DownloadView", "EngineWord", "RunView", "StageView", "State"]

BASELINES_KEPT = 64
_numbers = itertools.count(1)


def new_id(kind: str) -> str:
    """An id for a request, unique in this window."""
    return f"{kind}-{next(_numbers)}"


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


def describing(state: State, describe: Describe, *, again: bool = False) -> State:
    """The person picked a model, and the desk was asked; ``again``: only what is new of the present one."""
    if again:
        return replace(state, describing=describe)
    return replace(state, describing=describe, model_failure=None, wanted=None, missing=None)


def downloading(state: State, request: Download) -> State:
    """The person asked for a download of what is missing."""
    return downloads.began(state, request)


def consenting(state: State, request: ListConsents | Allow | Revoke) -> State:
    """The desk was asked whose pickled weights are allowed, or told of a change."""
    return replace(state, consenting=request, consent_failure=None)


def storing(state: State, request: Storage | FreeUp) -> State:
    """The desk was asked what lies in the data folder, or to free what can be made again."""
    return replace(state, storing=request, storage_failure=None)


def began(state: State, run: Run) -> State:
    """Run was pressed."""
    name = state.model.name if state.model is not None and state.model.folder == run.folder else ""
    view = RunView(run, Latencies(), model_name=name, fields_by_revision=((0, run.fields),), answer_fields=run.fields)
    return replace(state, run=view)


def updated(state: State, update: Update) -> State:
    """The input changed while the run goes on."""
    if state.run is None or state.run.request.id != update.id:
        return state
    known = (*state.run.fields_by_revision[-7:], (update.revision, update.fields))
    return replace(state, run=replace(state.run, fields_by_revision=known))


def stopping(state: State, request_id: str = "") -> State:
    """Stop was pressed: for the download ``request_id``, else for the run."""
    if state.download is not None and state.download.request.id == request_id:
        return replace(state, download=replace(state.download, stopping=True))
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
    if state.download is not None and event.id == state.download.request.id:
        return downloads.apply(state, state.download, event)
    if state.consenting is not None and event.id == state.consenting.id:
        return _of_consents(state, event)
    if state.storing is not None and event.id == state.storing.id:
        return _of_storage(state, state.storing, event)
    if state.run is not None and event.id == state.run.request.id and not state.run.over:
        return _of_run(state, state.run, event, now_s)
    if isinstance(event, Failed) and not event.id:
        return replace(state, engine_failure=event.failure)
    return state


def _of_describe(state: State, event: AnyEvent) -> State:
    if isinstance(event, Described):
        cells = {(cell.mode, cell.precision): cell for cell in event.cells}
        tokenizer = state.describing.tokenizer if state.describing is not None else ""
        return replace(
            state, model=event.model, cells=cells, tokenizer=tokenizer, tokenizer_folder=event.tokenizer_folder
        )
    if isinstance(event, Failed):
        asked = state.describing
        missing = downloads.missing(asked, event.failure) if asked is not None else None
        return replace(state, describing=None, model_failure=event.failure, wanted=asked, missing=missing)
    if isinstance(event, Finished):
        return replace(state, describing=None)
    return state


def _of_consents(state: State, event: AnyEvent) -> State:
    if isinstance(event, Consents):
        return replace(state, consents=event.consents)
    if isinstance(event, Failed) and isinstance(state.consenting, Allow):
        return replace(state, consenting=None, model_failure=event.failure)  # told where it was asked
    if isinstance(event, Failed):
        return replace(state, consenting=None, consent_failure=event.failure)
    if isinstance(event, Finished):
        return replace(state, consenting=None)
    return state


def _of_storage(state: State, request: Storage | FreeUp, event: AnyEvent) -> State:
    if isinstance(event, Stored):
        return replace(state, stored=event)
    if isinstance(event, Failed):
        return replace(state, storing=None, storage_failure=event.failure)
    if isinstance(event, Finished):
        # Before freeing the client ended the work process, and with it what that held ready.
        return replace(state, storing=None, kept=frozenset() if isinstance(request, FreeUp) else state.kept)
    return state


def _of_run(state: State, run: RunView, event: AnyEvent, now_s: float) -> State:
    match event:
        case Stage():
            return replace(state, run=replace(run, stages=_with(run.stages, event, now_s)))
        case Notice():
            note = NoticeText(text=event.text, details=event.details, revision=event.revision)
            return replace(state, run=_with_notices(run, note))
        case Answer():
            if event.revision:
                run.latencies.begin_input()
            fields = dict(run.fields_by_revision).get(event.revision, run.answer_fields)
            return replace(state, run=_with_notices(replace(run, answer=event, answer_fields=fields)))
        case Samples():
            run.latencies.add(event.latency_ms, now_s)
            return replace(state, memory_bytes=event.memory_bytes or state.memory_bytes)
        case Finished():
            return _finished(state, run, event.report, now_s)
        case Failed():
            run.latencies.end()
            how: Literal["failed", "stopped"] = "stopped" if event.failure.code == "Stopped" else "failed"
            return replace(
                state, run=replace(run, failure=event.failure, stages=_cut(run.stages, how, now_s), over=True)
            )
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


def _cut(stages: tuple[StageView, ...], how: Literal["failed", "stopped"], now_s: float) -> tuple[StageView, ...]:
    """What had begun and never ended broke off now."""
    return tuple(
        stage if stage.seconds is not None else replace(stage, seconds=max(0.0, now_s - stage.began_s), cut=how)
        for stage in stages
    )


def _with_notices(run: RunView, *more: NoticeText) -> RunView:
    """``more`` too; each line once, and none of an input before the one that is answered."""
    answered = run.answer.revision if run.answer is not None else 0
    newest = {(note.text, note.details): note for note in (*run.notices, *more)}
    notices = tuple(note for note in newest.values() if note.revision is None or note.revision >= answered)
    return replace(run, notices=notices)


def _finished(state: State, run: RunView, report: RunReport | None, now_s: float) -> State:
    run.latencies.end()
    run = replace(run, report=report, stages=_cut(run.stages, "stopped", now_s), over=True)
    if report is None:
        return replace(state, run=run)
    run = _with_notices(run, *report.notices)
    baselines = dict(state.eager_ms)
    key = baseline_key(run.request, run.answer_fields)
    if report.ratio is not None:
        baselines[key] = report.ratio.eager_ms
    elif (report.mode_executed, report.precision_executed) == ("eager", "fp32"):
        baselines[key] = report.timing.p50_ms
    while len(baselines) > BASELINES_KEPT:
        del baselines[next(iter(baselines))]
    return replace(state, run=run, kept=frozenset(report.kept), eager_ms=baselines)
