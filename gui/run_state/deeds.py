"""What the work process does beside runs: a program saved, a compiler shown, peaks measured."""

from dataclasses import replace
from typing import Literal

from engine.wire.messages import (
    AnyEvent,
    CompilerShown,
    Export,
    Exported,
    Failed,
    Finished,
    MeasurePeaks,
    Notice,
    PeaksTold,
    ShowCompiler,
    Stage,
)
from gui.run_state.stages import cut, with_stage
from gui.run_state.views import DeedView, State


def began(state: State, request: Export | ShowCompiler | MeasurePeaks) -> State:
    return _with(state, DeedView(request))


def stopping(state: State, deed: DeedView) -> State:
    return _with(state, replace(deed, stopping=True))


def apply(state: State, deed: DeedView, event: AnyEvent, now_s: float) -> State:
    """After an event of ``deed``."""
    match event:
        case Stage():
            deed = replace(deed, stages=with_stage(deed.stages, event, now_s))
        case Notice():
            deed = replace(deed, notice=event.text)
        case Exported() | CompilerShown() | PeaksTold():
            deed = replace(deed, outcome=event)
        case Finished():
            deed = replace(deed, stages=cut(deed.stages, "stopped", now_s), over=True)
        case Failed():
            how: Literal["failed", "stopped"] = "stopped" if event.failure.code == "Stopped" else "failed"
            deed = replace(deed, stages=cut(deed.stages, how, now_s), failure=event.failure, over=True)
    return _with(state, deed)


def _with(state: State, deed: DeedView) -> State:
    if isinstance(deed.request, Export):
        return replace(state, export=deed)
    if isinstance(deed.request, MeasurePeaks):
        return replace(state, measuring=deed)
    return replace(state, compiler=deed)
