"""The requests for a run, built once of what the page's widgets say; and what is remembered of them."""

from typing import Any

from msgspec.structs import replace

from engine.wire.messages import Run
from engine.wire.values import Failure
from gui.pages.run_page.form_panel import FormPanel
from gui.pages.run_page.mode_list import ModeList
from gui.pages.run_page.speed_panel import SpeedPanel
from gui.run_state import RunView, State, new_id
from gui.settings import Settings

CALIBRATION = "calibration"


def run(state: State, form: FormPanel, modes: ModeList, threads: int, calls: int | None = None) -> Run | None:
    """None where something is missing."""
    mode, task, model = modes.mode(), form.task(), state.model
    if mode is None or task is None or model is None:
        return None
    return Run(
        id=new_id("run"),
        folder=model.folder,
        task=task.id,
        mode=mode.id,
        fields=form.fields(),
        precision=modes.precision_id(),
        runtime=mode.runtime,
        tokenizer=state.tokenizer_folder,
        options=modes.options.values(),
        threads=threads,
        calls=calls,
        explain=calls != 0,  # Repeat ends when it is stopped, and that at once
        calibration=modes.calibration.file(),
    )


def remembering(kept: Settings, task_id: str, modes: ModeList, speed: SpeedPanel) -> Settings:
    """``kept`` with what is chosen; with Auto threads and options are not the person's own, and those stay."""
    mode, own = modes.mode(), modes.found() is None
    if mode is not None:
        kept = replace(kept, mode=modes.remembered(), precision=modes.precision_id())
    if mode is not None and own:
        kept = replace(kept, options={**kept.options, mode.id: modes.options.values()})
    return replace(
        kept,
        task=task_id or kept.task,
        threads=speed.thread_count() if own else kept.threads,
        calibration=modes.calibration.remembered(),
    )


def beside_eager(shown: RunView) -> Run:
    """The run that is shown, again, in turn with eager."""
    fields = shown.answer_fields
    return replace(shown.request, id=new_id("run"), fields=fields, calls=None, check="always", ratio=True, explain=True)


def ignoring_memory(failed: RunView, fields: dict[str, Any]) -> Run:
    """What failed for want of memory, again, without that check."""
    return replace(failed.request, id=new_id("run"), fields=fields, ignore_memory=True)


def of_calibration(shown: RunView | None, modes: ModeList) -> Failure | None:
    """The failure of ``shown`` where it is of the texts that are chosen still."""
    failure = shown.failure if shown is not None else None
    if shown is None or failure is None or failure.about != CALIBRATION:
        return None
    return failure if shown.request.calibration == modes.calibration.remembered() else None
