"""Whether Run can be pressed, and what it will do; whether what is shown belongs to what is chosen."""

from collections.abc import Mapping
from typing import Any

from engine.wire.values import TaskCard
from gui.pages.run_page.mode_list import ModeList
from gui.run_state import RunView, State


def what_run_does(task: TaskCard | None, modes: ModeList) -> str:
    """In a line, for the button; "" where it does nothing."""
    mode = modes.mode()
    return f"{task.title}, {mode.title}, {modes.precision_id()}" if task is not None and mode is not None else ""


def what_runs(state: State) -> str:
    """What goes on now, in a line, whatever was chosen meanwhile; "" where nothing does."""
    if state.run is None:
        return ""
    request = state.run.request
    task, mode = state.task(request.task), state.mode(request.mode)
    return f"{task.title if task else request.task}, {mode.title if mode else request.mode}, {request.precision}"


def own_run(state: State, task: str) -> RunView | None:
    """The last run, where it is of the model that is shown and of ``task``: else its answer is to another question."""
    run, model = state.run, state.model
    if run is None or run.request.task != task:
        return None
    if model is not None and (run.request.folder, run.request.tokenizer) != (model.folder, state.tokenizer_folder):
        return None
    return run


def former(run: RunView, fields: Mapping[str, Any], modes: ModeList) -> str:
    """That the answer of ``run`` is not of the present input or choice, in a sentence; "" where it is."""
    if dict(fields) != run.answer_fields:
        return "The input has changed since this answer."
    mode, request = modes.mode(), run.request
    if mode is not None and (mode.id, modes.precision_id()) != (request.mode, request.precision):
        return "Another acceleration was chosen since this answer."
    if request.calibration != modes.calibration.file():
        return "Other texts to calibrate on were chosen since this answer."
    return ""


def _deed(state: State) -> str:
    """What the work process does beside runs, in words."""
    if state.deed is state.measuring:
        return "What this CPU reaches is being measured"
    return "A program is being saved" if state.deed is state.export else "The compiler's example runs"


def obstacle(state: State, task: TaskCard | None, modes: ModeList) -> str:
    """Why Run cannot be pressed, or ""."""
    if state.engine_failure is not None:
        return "The engine is not there"
    if state.catalogue is None:
        return "Starting the engine"
    if state.model is None:
        return "Looking into the model" if state.describing is not None else "Pick a model first"
    if state.deed is not None:
        return _deed(state)
    if state.compares is not None:
        return "A comparison goes on. Stop it first: Esc"
    if task is None:
        return "This model can do none of the tasks here"
    if state.model.consent:
        return "Its weights need your consent first"
    return modes.obstacle()
