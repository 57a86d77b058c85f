"""Whether Run can be pressed, and what it will do."""

from engine.wire.values import TaskCard
from gui.pages.run_page.mode_list import ModeList
from gui.run_state import State


def what_run_does(task: TaskCard | None, modes: ModeList) -> str:
    """In a line, for the button; "" where it does nothing."""
    mode = modes.mode()
    return f"{task.title}, {mode.title}, {modes.precision_id()}" if task is not None and mode is not None else ""


def obstacle(state: State, task: TaskCard | None, modes: ModeList) -> str:
    """Why Run cannot be pressed, or ""."""
    if state.engine_failure is not None:
        return "The engine is not there"
    if state.catalogue is None:
        return "Starting the engine"
    if state.model is None:
        return "Looking into the model" if state.describing is not None else "Pick a model first"
    if task is None:
        return "This model can do none of the tasks here"
    if state.model.consent:
        return "Its weights need your consent first"
    return modes.obstacle()
