"""``fastpath compare``: modes, precisions, threads, instruction-set caps and batch sizes side by side."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli import comparing, saving
from engine.cli.command import failures, named, talking
from engine.wire.comparison import ISA_CAPS
from engine.wire.messages import Compare

Model = Annotated[str, typer.Option(help="starter, a folder, or a Hub id or address (downloaded where needed).")]
Task = Annotated[str, typer.Option(help="A task's id; see 'fastpath tasks'.")]
Inputs = Annotated[
    str,
    typer.Option(help="A file with one input a line: a text, or a JSON object of fields. Without it a bundled sample."),
]
Calibration = Annotated[str, typer.Option(help="A text file, one text a line, for precisions that are calibrated.")]
AllowPickle = Annotated[
    bool, typer.Option("--allow-pickle", help="Open pickled weights: for models from people you trust.")
]
IgnoreMemory = Annotated[
    bool, typer.Option("--ignore-memory", help="Compare even where the model seems to need more than is free.")
]
Document = Annotated[str, typer.Option("--json", help="Write one JSON document there; - prints it.")]
Html = Annotated[str, typer.Option(help="Write a report there: one page with charts and all figures.")]
Csv = Annotated[str, typer.Option(help="Write a table there, one row a cell.")]


def compare_command(
    model: Model,
    task: Task,
    modes: Annotated[str, typer.Option(help="Ids with commas between, or all.")] = "all",
    precisions: Annotated[str, typer.Option(help="Ids with commas between, or all.")] = "all",
    threads: Annotated[str, typer.Option(help="Counts with commas between; 0 takes the physical cores.")] = "0",
    isa_caps: Annotated[
        str, typer.Option(help=f"The most that may be used: none, {', '.join(ISA_CAPS)}; with commas between.")
    ] = "none",
    batch: Annotated[str, typer.Option(help="How many inputs share a call; with commas between.")] = "1",
    inputs: Inputs = "",
    calls: Annotated[int, typer.Option(min=1, help="At least so many calls of each cell are timed.")] = 100,
    seconds: Annotated[float, typer.Option(min=0, help="And for at least so long.")] = 2.0,
    budget: Annotated[float, typer.Option(min=0, help="Seconds that all may take; 0 for as long as needed.")] = 0.0,
    calibration: Calibration = "",
    allow_pickle: AllowPickle = False,
    ignore_memory: IgnoreMemory = False,
    document: Document = "",
    html: Html = "",
    csv: Csv = "",
) -> None:
    """Compares, and says which is fastest and whether its answers are those of plain PyTorch."""
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
                modes=_ids(modes),
                precisions=_ids(precisions),
                threads=_counts(threads, "--threads", 0),
                isa_caps=tuple("" if word == "none" else word for word in _ids(isa_caps)),
                batches=_counts(batch, "--batch", 1),
                calls=calls,
                seconds=seconds,
                budget_s=budget,
                calibration=str(Path(calibration).absolute()) if calibration else "",
                allow_pickle=allow_pickle,
                ignore_memory=ignore_memory,
            )

        comparison = comparing.ask(talk, make)
        failed = saving.save(talk, comparison, places)
    comparing.tell(comparison, document, failed)


def _ids(words: str) -> tuple[str, ...]:
    return () if words == "all" else tuple(word.strip() for word in words.split(",") if word.strip())


def _counts(words: str, option: str, least: int) -> tuple[int, ...]:
    try:
        found = tuple(int(word) for word in words.split(","))
    except ValueError:
        found = ()
    if not found or min(found) < least:
        raise typer.BadParameter(f"{option} takes whole numbers from {least} on, with commas between.")
    return found
