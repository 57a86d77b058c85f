"""What the person did: the state after a request was sent."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from engine.wire.messages import (
    Allow,
    AnyRequest,
    Compare,
    CompareHistory,
    DeleteHistory,
    Describe,
    Download,
    Export,
    FreeUp,
    Hold,
    InstallRuntime,
    ListConsents,
    ListHistory,
    ListRuntimes,
    MeasurePeaks,
    OpenHistory,
    Record,
    Release,
    RemoveRuntime,
    Revoke,
    Round,
    Run,
    SaveReport,
    ShowCompiler,
    Stop,
    Storage,
    Update,
    WriteScript,
)
from gui.run_state import comparing, deeds, downloads, history, hub, runtimes
from gui.run_state.latencies import Latencies
from gui.run_state.views import RunView, State

_numbers = itertools.count(1)


def asked(state: State, request: AnyRequest) -> State:
    """After ``request``, whichever it is."""
    match request:
        case Stop():
            return stopping(state, request.id)
        case Run():
            return began(state, request)
        case Update():
            return updated(state, request)
        case Describe():
            return describing(state, request)
        case Download():
            return downloading(state, request)
        case Storage() | FreeUp():
            return storing(state, request)
        case ListConsents() | Allow() | Revoke():
            return consenting(state, request)
        case ListRuntimes() | InstallRuntime() | RemoveRuntime():
            return runtimes.asked(state, request)
        case Export() | ShowCompiler() | MeasurePeaks():
            return deeds.began(state, request)
        case Compare():
            return comparing.began(state, request)
        case ListHistory() | OpenHistory() | CompareHistory() | DeleteHistory() | Record():
            return history.asked(state, request)
        case SaveReport() | WriteScript():
            return comparing.writing(state, request)
        case Hold() | Round() | Release():
            return state  # a comparison's own words to its cells
        case _:
            return hub.asked(state, request)


def new_id(kind: str) -> str:
    """An id for a request, unique in this window."""
    return f"{kind}-{next(_numbers)}"


def baseline_key(run: Run, fields: Mapping[str, Any]) -> str:
    """What eager's median depends on: model, task, input and threads."""
    return msgspec.json.encode((run.folder, run.task, run.threads, fields), order="sorted").decode()


def how(run: Run) -> tuple[object, ...]:
    """What, beside the input, the evidence of a run depends on. To be compared, not hashed."""
    what = (run.folder, run.task, run.tokenizer, run.mode, run.precision, run.runtime)
    return (*what, run.options, run.threads, run.calibration)


def describing(state: State, describe: Describe, *, again: bool = False) -> State:
    """The person picked a model, and the desk was asked; ``again``: only what is new of the present one."""
    if again:
        return replace(state, describing=describe)
    return replace(state, describing=describe, model_failure=None, wanted=None, missing=None)


def downloading(state: State, request: Download) -> State:
    """The person asked for a download."""
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
    """Stop was pressed: for the request ``request_id``, else for the run."""
    if state.download_of(request_id) is not None:
        return downloads.stopping(state, request_id)
    if state.runtimes.asked is not None and state.runtimes.asked.id == request_id:
        return replace(state, runtimes=replace(state.runtimes, stopping=True))
    if state.deed is not None and state.deed.request.id == request_id:
        return deeds.stopping(state, state.deed)
    if (view := state.compares) is not None and view.request is not None and view.request.id == request_id:
        return comparing.stopping(state, view)
    return replace(state, run=replace(state.run, stopping=True)) if state.run and not state.run.over else state


def trying_again(state: State) -> State:
    return replace(state, engine_failure=None, live=False)
