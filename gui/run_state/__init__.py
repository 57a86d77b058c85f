"""What the window shows of the engine, as plain values: ``apply(state, event, now_s)`` gives the next state.

No Qt here, so that every state is tested by replaying recorded events. All values are frozen but the
latencies, which are filled in place.
"""

from dataclasses import replace
from typing import Literal

from engine.wire.messages import (
    Allow,
    Answer,
    AnyEvent,
    Catalogue,
    Consents,
    Described,
    Failed,
    Finished,
    FreeUp,
    Notice,
    PeaksTold,
    Samples,
    Stage,
    Storage,
    Stored,
)
from engine.wire.values import NoticeText, RunReport
from gui.run_state import comparing, deeds, downloads, history, hub, roofline, runtimes
from gui.run_state.comparing import CompareView, WrittenView, is_ladder, of_kept
from gui.run_state.history import HistoryView, numbers_of
from gui.run_state.hub import HubView
from gui.run_state.requests import (
    asked,
    baseline_key,
    began,
    consenting,
    describing,
    downloading,
    new_id,
    stopping,
    storing,
    trying_again,
    updated,
)
from gui.run_state.roofline import EXPLAINED_KEPT, Point, peaks_of, points_of, threads_of
from gui.run_state.stages import cut, with_stage
from gui.run_state.used import evidence_of, used
from gui.run_state.views import DeedView, DownloadView, EngineWord, RuntimesView, RunView, StageView, State

__all__ = [
    "EXPLAINED_KEPT",
    "CompareView",
    "DeedView",
    "DownloadView",
    "EngineWord",
    "HistoryView",
    "HubView",
    "Point",
    "RunView",
    "RuntimesView",
    "StageView",
    "State",
    "WrittenView",
    "apply",
    "asked",
    "baseline_key",
    "baseline_ms",
    "began",
    "consenting",
    "describing",
    "downloading",
    "evidence_of",
    "is_ladder",
    "new_id",
    "numbers_of",
    "of_kept",
    "peaks_of",
    "points_of",
    "stopping",
    "storing",
    "threads_of",
    "trying_again",
    "updated",
    "used",
]

BASELINES_KEPT = 64


def baseline_ms(state: State) -> float | None:
    """Eager's median for what the shown run computes, once known."""
    run = state.run
    if run is None:
        return None
    if run.report is not None and run.report.ratio is not None:
        return run.report.ratio.eager_ms
    return state.eager_ms.get(baseline_key(run.request, run.answer_fields or run.request.fields))


# --- what the engine tells ---


def apply(state: State, event: AnyEvent, now_s: float) -> State:
    """The state after ``event``, which came at ``now_s`` of a clock that never goes back.

    Events of a request that is not the present one change nothing.
    """
    if isinstance(event, Catalogue):
        return replace(state, catalogue=event, live=True, engine_failure=None)
    if isinstance(event, PeaksTold):  # a run that is explained tells them too
        state = replace(state, peaks={**state.peaks, event.peaks.threads: event.peaks})
    if state.describing is not None and event.id == state.describing.id:
        return _of_describe(state, event)
    if (download := state.download_of(event.id)) is not None:
        return downloads.apply(state, download, event)
    if (asked_of_hub := state.hub.waiting_for(event.id)) is not None:
        return hub.apply(state, asked_of_hub, event)
    if state.consenting is not None and event.id == state.consenting.id:
        return _of_consents(state, event)
    if state.storing is not None and event.id == state.storing.id:
        return _of_storage(state, state.storing, event)
    if state.runtimes.asked is not None and event.id == state.runtimes.asked.id:
        return runtimes.apply(state, event)
    if state.deed is not None and event.id == state.deed.request.id:
        return deeds.apply(state, state.deed, event, now_s)
    if (view := state.compares) is not None and view.request is not None and event.id == view.request.id:
        return comparing.apply(state, view, event, now_s)
    if state.written is not None and event.id == state.written.request.id:
        return comparing.apply_written(state, state.written, event)
    if state.run is not None and event.id == state.run.request.id and not state.run.over:
        return _of_run(state, state.run, event, now_s)
    if (asked_of_history := state.history.waiting_for(event.id)) is not None:
        return history.apply(state, asked_of_history, event)
    if isinstance(event, Notice) and not event.id:
        return history.noticed(state, event)
    if isinstance(event, Failed) and not event.id:
        return replace(state, engine_failure=event.failure)
    return state


def _of_describe(state: State, event: AnyEvent) -> State:
    if isinstance(event, Described):
        cells = {(cell.mode, cell.precision): cell for cell in event.cells}
        tokenizer = state.describing.tokenizer if state.describing is not None else ""
        folder, picks = event.tokenizer_folder, event.picks
        return replace(state, model=event.model, cells=cells, tokenizer=tokenizer, tokenizer_folder=folder, picks=picks)
    if isinstance(event, Failed):
        asked = state.describing
        missing = downloads.missing(asked, event.failure) if asked is not None else None
        failed = replace(state, describing=None, model_failure=event.failure, wanted=asked, missing=missing)
        return downloads.joined(failed)
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
            return replace(state, run=replace(run, stages=with_stage(run.stages, event, now_s)))
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
                state, run=replace(run, failure=event.failure, stages=cut(run.stages, how, now_s), over=True)
            )
        case _:
            return state


def _with_notices(run: RunView, *more: NoticeText) -> RunView:
    """``more`` too; each line once, and none of an input before the one that is answered."""
    answered = run.answer.revision if run.answer is not None else 0
    newest = {(note.text, note.details): note for note in (*run.notices, *more)}
    notices = tuple(note for note in newest.values() if note.revision is None or note.revision >= answered)
    return replace(run, notices=notices)


def _finished(state: State, run: RunView, report: RunReport | None, now_s: float) -> State:
    run.latencies.end()
    run = replace(run, report=report, stages=cut(run.stages, "stopped", now_s), over=True)
    if report is None:
        return replace(state, run=run)
    run = _with_notices(run, *report.notices)
    baselines = dict(state.eager_ms)
    key = baseline_key(run.request, run.answer_fields)
    if report.ratio is not None:
        baselines[key] = report.ratio.eager_ms
    elif (report.mode_executed, report.precision_executed) == ("eager", "fp32"):
        baselines[key] = report.timing.p50_ms
    return replace(
        state,
        run=run,
        kept=frozenset(report.kept),
        eager_ms=dict(list(baselines.items())[-BASELINES_KEPT:]),
        explained=roofline.explained(state, run, report),
    )
