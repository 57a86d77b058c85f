"""What the window knows of the runtimes, and of installing one."""

from dataclasses import replace

from engine.wire.messages import (
    AnyEvent,
    Failed,
    Finished,
    Installing,
    InstallRuntime,
    ListRuntimes,
    RemoveRuntime,
    Runtimes,
)
from gui.run_state.views import State


def asked(state: State, request: ListRuntimes | InstallRuntime | RemoveRuntime) -> State:
    """The desk was asked which there are, or to install or remove one."""
    if isinstance(request, ListRuntimes):  # a failure of installing stays where it is told
        return replace(state, runtimes=replace(state.runtimes, asked=request, progress=None))
    view = replace(state.runtimes, asked=request, progress=None, stopping=False, failure=None, failed="")
    return replace(state, runtimes=view)


def apply(state: State, event: AnyEvent) -> State:
    """After an event of the present request."""
    view = state.runtimes
    match event:
        case Runtimes():
            view = replace(view, cards=event.runtimes)
        case Installing():
            view = replace(view, progress=event)
        case Finished():
            view = replace(view, asked=None, progress=None, stopping=False)
        case Failed():
            failed = "" if view.asked is None or isinstance(view.asked, ListRuntimes) else view.asked.runtime
            view = replace(view, asked=None, progress=None, stopping=False, failure=event.failure, failed=failed)
    return replace(state, runtimes=view)
