"""``fastpath auto``: finds the fastest, and remembers it for ``--mode auto``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.cli import comparing, saving
from engine.cli.command import failures, named, talking
from engine.cli.compare_command import AllowPickle, Calibration, Csv, Document, Html, IgnoreMemory, Inputs, Model, Task
from engine.wire.messages import Compare


class Floor(StrEnum):
    """As ``Agreement`` names them, with a word a level."""

    IDENTICAL = "identical"
    SAME = "same"
    CLOSE = "close"


_FLOORS: dict[Floor, Literal["identical", "same answers", "close"]] = {
    Floor.IDENTICAL: "identical",
    Floor.SAME: "same answers",
    Floor.CLOSE: "close",
}


def auto_command(
    model: Model,
    task: Task,
    floor: Annotated[
        Floor, typer.Option(help="How near the answers must be to plain PyTorch's: close is 95 in 100, same is 99.")
    ] = Floor.CLOSE,
    budget: Annotated[float, typer.Option(min=20, help="Seconds that the search may take.")] = 180.0,
    inputs: Inputs = "",
    calibration: Calibration = "",
    allow_pickle: AllowPickle = False,
    ignore_memory: IgnoreMemory = False,
    document: Document = "",
    html: Html = "",
    csv: Csv = "",
) -> None:
    """Tries modes, precisions and threads, says which is fastest, and remembers it for --mode auto."""
    as_json = bool(document)
    with failures(as_json):
        places = saving.places(html, csv, document)
    with talking(as_json) as talk:
        fields = comparing.inputs(inputs, named("task", task, talk.catalogue.tasks))
        described = talk.described(model)

        def make(name: str) -> Compare:
            return Compare(
                id=name,
                folder=described.model.folder,
                task=task,
                inputs=fields,
                model_name=described.model.name,
                ref=described.model.ref,
                commit=described.model.commit,
                search=True,
                floor=_FLOORS[floor],
                budget_s=budget,
                calibration=str(Path(calibration).absolute()) if calibration else "",
                allow_pickle=allow_pickle,
                ignore_memory=ignore_memory,
            )

        comparison = comparing.ask(talk, make)
        failed = saving.save(talk, comparison, places)
    comparing.tell(comparison, document, failed)
