"""Whether something can be compared now, and what Compare will do."""

from engine.wire.values import TaskCard
from gui.pages.compare_page.mode_grid import BASELINE, ModeGrid
from gui.run_state import CompareView, State


def of_state(state: State, task: TaskCard | None) -> str:
    """Why nothing can be compared now, or ""."""
    if state.engine_failure is not None:
        return "The engine is not there"
    if state.catalogue is None:
        return "Starting the engine"
    if state.model is None:
        return "Looking into the model" if state.describing is not None else "Pick a model first"
    if task is None:
        return "This model can do none of the tasks here"
    if state.model.consent:
        return "Its weights need your consent first, on the Run page"
    if state.running:
        return "A model runs. Stop it first, on the Run page"
    if state.deed is not None and state.deed is state.measuring:
        return "The CPU's speed is measured"
    if state.deed is not None:
        return "A program is being saved" if state.deed is state.export else "The compiler's example runs"
    return ""


def of_use(view: CompareView | None, state: State, task: TaskCard | None) -> str:
    """Why what was found fastest cannot be chosen on the Run page now, or ""."""
    if view is None:
        return ""
    if state.model is None or state.model.folder != view.folder:
        return f"this is of {view.model_name or 'another model'}, so pick that model there first"
    if task is None or task.id != view.task:
        of_view = state.task(view.task)
        return f"this is of {of_view.title if of_view is not None else view.task}, so pick that task there first"
    return ""


def of_grid(grid: ModeGrid, count: int) -> str:
    """Why what is chosen is nothing to compare, or ""."""
    if not grid.modes():
        return "Choose an acceleration"
    if not grid.precisions():
        return "Choose a precision"
    if not count and (grid.modes(), grid.precisions()) == ((BASELINE[0],), (BASELINE[1],)):
        return "Only plain PyTorch itself is chosen. Choose something to compare with it"
    return "" if count else "Nothing of what is chosen can run here"


def what_compare_does(task: TaskCard | None, count: int) -> str:
    """In a line, for the button; ``count`` combinations beside plain PyTorch."""
    if task is None:
        return ""
    return f"{task.title}: {count} combination{'s' if count != 1 else ''} beside plain PyTorch"


def what_goes_on(state: State, view: CompareView) -> str:
    if view is state.ladder:
        return "What more instructions are worth is measured"
    return "The fastest is searched for" if view.is_search else "All that was chosen is compared"
