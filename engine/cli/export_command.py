"""``fastpath export``: a model saved as a program that others run."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli import documents, tables
from engine.cli.command import Json, named, talking
from engine.cli.conversation import progress, stage_line
from engine.cli.output import print_json
from engine.wire.messages import AnyEvent, Export, Exported, Notice, Stage


def export_command(
    model: Annotated[str, typer.Option(help="starter, a folder, or a Hub id or address (downloaded where needed).")],
    task: Annotated[str, typer.Option(help="A task's id; its example is what the program is recorded with.")],
    target: Annotated[str, typer.Option("--output", help="The file to write; one of that name is replaced.")],
    mode: Annotated[str, typer.Option(help="A mode's id; see 'fastpath modes'.")] = "torchscript",
    precision: Annotated[str, typer.Option(help="A precision of that mode.")] = "fp32",
    tokenizer: Annotated[str, typer.Option(help="A model whose tokenizer is to be used, named alike.")] = "",
    allow_pickle: Annotated[
        bool, typer.Option("--allow-pickle", help="Open pickled weights: for models from people you trust.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Saves a model as a program in one file, which runs without Python (TorchScript)."""
    with talking(as_json) as talk:
        card = named("task", task, talk.catalogue.tasks)
        mode_card = named("mode", mode, talk.catalogue.modes)
        described = talk.described(model, tokenizer)

        def make(name: str) -> Export:
            return Export(
                id=name,
                folder=described.model.folder,
                task=task,
                mode=mode,
                fields=card.example,
                target=str(Path(target).absolute()),
                precision=precision,
                runtime=mode_card.runtime,
                tokenizer=described.tokenizer_folder,
                allow_pickle=allow_pickle,
            )

        found: list[Exported] = []

        def hear(event: AnyEvent) -> None:
            if isinstance(event, Exported):
                found.append(event)
            elif isinstance(event, Stage):
                progress.print(stage_line(event))
            elif isinstance(event, Notice):
                progress.print(event.text)

        talk.ask(make, hear)
        _show(found[0], task, mode, precision, as_json)


def _show(saved: Exported, task: str, mode: str, precision: str, as_json: bool) -> None:
    if as_json:
        asked = {"task": task, "mode": mode, "precision": precision}
        told = {"path": saved.path, "size_bytes": saved.size_bytes, "how": saved.how}
        print_json({"schema": documents.SCHEMA} | asked | told)
        return
    tables.show(f"{saved.path} ({saved.size_bytes / 1e6:.1f} MB)")
    tables.show(saved.how)
