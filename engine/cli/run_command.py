"""``fastpath run``: one model on one input."""

import contextlib
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli import STOPPED, documents, tables
from engine.cli.command import Json, failures, named, talking
from engine.cli.output import print_json
from engine.runtimes.command import processors_allowed
from engine.wire.errors import BadInput
from engine.wire.messages import Described, Run
from engine.wire.values import ModeCard, Pick, TaskCard

LONGEST_INPUT = 10_000_000
"""Characters; far below what a line of the conversation with the engine may hold."""

AUTO = "auto"

_BYTE_ORDER_MARK = "\ufeff"
"""What some editors and shells, above all of Windows, put before a text."""


def run_command(
    model: Annotated[str, typer.Option(help="starter, a folder, or a Hub id or address (downloaded where needed).")],
    task: Annotated[str, typer.Option(help="A task's id; see 'fastpath tasks'.")],
    given: Annotated[str, typer.Option("--input", help="Text, or a JSON object of fields; - reads standard input.")],
    mode: Annotated[
        str,
        typer.Option(help="A mode's id (see 'fastpath modes'), or auto: what 'fastpath auto' found for this model."),
    ] = "eager",
    precision: Annotated[str, typer.Option(help="A precision of that mode.")] = "fp32",
    tokenizer: Annotated[str, typer.Option(help="A model whose tokenizer is to be used, named alike.")] = "",
    repeat: Annotated[int | None, typer.Option(min=1, help="How many calls are timed.")] = None,
    threads: Annotated[
        int, typer.Option(min=0, help="At most this computer's processors; 0 takes the physical cores.")
    ] = 0,
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, an option of the mode; may be repeated.")
    ] = None,
    allow_pickle: Annotated[
        bool, typer.Option("--allow-pickle", help="Open pickled weights: for models from people you trust.")
    ] = False,
    ignore_memory: Annotated[
        bool, typer.Option("--ignore-memory", help="Run even where the model seems to need more than is free.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell what really ran, read back from the runtime.")
    ] = False,
    calibration: Annotated[
        str, typer.Option(help="A text file, one text a line, for precisions that are calibrated.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Runs one model on one input and tells the answer, its speed, and whether it is eager's answer."""
    with failures(as_json):
        _check_threads(threads)
    with talking(as_json) as talk:
        card = named("task", task, talk.catalogue.tasks)
        if mode != AUTO:
            named("mode", mode, talk.catalogue.modes)
        fields = read_fields(_standard_input() if given == "-" else given, card)
        described = talk.described(model, tokenizer)
        if mode == AUTO:
            pick = _picked(described, task)
            mode, precision, threads = pick.mode, pick.precision, threads or pick.threads
        mode_card = named("mode", mode, talk.catalogue.modes)
        options = _options(option or [], mode_card)

        def make(name: str) -> Run:
            return Run(
                id=name,
                folder=described.model.folder,
                task=task,
                mode=mode,
                precision=precision,
                runtime=mode_card.runtime,
                options=options,
                tokenizer=described.tokenizer_folder,
                fields=fields,
                threads=threads,
                calls=repeat,
                check="always",
                explain=explain,
                calibration=str(Path(calibration).absolute()) if calibration else "",
                allow_pickle=allow_pickle,
                ignore_memory=ignore_memory,
            )

        ran = talk.run(make, show=True)
        if as_json:
            print_json(documents.run(described, task, ran.result, ran.report, ran.samples_ms))
        else:
            tables.show_run(ran)
    if ran.report.stopped:
        raise typer.Exit(STOPPED)


def _picked(described: Described, task: str) -> Pick:
    """Raises BadInput where nobody has searched yet."""
    pick = next((pick for pick in described.picks if pick.task == task), None)
    if pick is None:
        command = f"fastpath auto --model {described.model.ref} --task {task}"
        raise BadInput("The fastest mode for this model is not known yet.", f"Find it: {command}")
    return pick


def _check_threads(threads: int) -> None:
    """More threads than processors only wait for each other. Raises BadInput."""
    most = processors_allowed()
    if threads > most:
        processors = f"{most} processor{'s' if most != 1 else ''}"
        raise BadInput(
            f"This computer lets Fastpath use {processors}; --threads {threads} is more.",
            f"Give at most {most}, or 0 for the usual count.",
        )


def _options(words: list[str], card: ModeCard) -> dict[str, str]:
    given = dict(word.partition("=")[::2] for word in words)
    choices = {option.id: option.choices for option in card.options}
    for name, value in given.items():
        if value not in choices.get(name, ()):
            offered = "; ".join(f"{known}={'|'.join(values)}" for known, values in choices.items()) or "none"
            raise typer.BadParameter(f"{card.title} has no option {name}={value}. Its options: {offered}.")
    return given


def _standard_input() -> str:
    if sys.stdin is None:
        raise BadInput("Standard input is closed.")
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except OSError as error:
        raise BadInput("Standard input cannot be read.", details=str(error)) from error
    except UnicodeDecodeError as error:
        raise BadInput("Standard input is not UTF-8 text.", details=str(error)) from error


def read_fields(given: str, card: TaskCard) -> dict[str, Any]:
    """``--input`` as the task's fields: a JSON object, or plain text where the task has one field. Raises BadInput.

    An object that names the one field is meant as fields: what else it names is refused with them, later. Any other
    object is a text like any other.
    """
    given = given.removeprefix(_BYTE_ORDER_MARK)
    if len(given) > LONGEST_INPUT:
        raise BadInput(f"The input has {len(given):,} characters; {LONGEST_INPUT:,} are the most that can be read.")
    names = [field.id for field in card.fields]
    with contextlib.suppress(ValueError, RecursionError):
        document = json.loads(given)
        if isinstance(document, dict) and (len(names) > 1 or names[0] in document):
            return document
    if len(names) == 1:
        return {names[0]: given}
    raise BadInput(
        f"{card.title} needs a JSON object with the fields {', '.join(names)}.",
        f"Give, for instance: {json.dumps(card.example, ensure_ascii=False)}",
    )
