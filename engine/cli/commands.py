"""The command line: the same engine as the window, through the same client.

Exit status: 0 done, 1 a failure somebody can mend, 2 wrong words, 3 a defect of ours, 4 the engine died, 130 stopped.
With ``--json`` stdout holds one JSON document and nothing else; progress goes to stderr.
"""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from engine.cli import STOPPED, documents, output, tables
from engine.cli.conversation import Conversation, Ended, Ran, progress
from engine.cli.output import print_json
from engine.client import Client
from engine.runtimes.command import processors_allowed
from engine.wire.errors import BadInput, FastpathError, Stopped, failure_of
from engine.wire.messages import Described, Run
from engine.wire.values import Failure, ModeCard, TaskCard

STATUS = {"user": 1, "defect": 3, "died": 4}
WRONG_WORDS = 2
LONGEST_INPUT = 10_000_000
"""Characters; far below what a line of the conversation with the engine may hold."""

_BYTE_ORDER_MARK = "\ufeff"
"""What some editors and shells, above all of Windows, put before a text."""

app = typer.Typer(
    name="fastpath",
    help="Models, fast on the computer you already have. Without a command the window opens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


@contextlib.contextmanager
def _failures(as_json: bool) -> Iterator[None]:
    """A failure ends the program with its sentence and status."""
    try:
        yield
    except Ended as ended:
        _fail(ended.failure, as_json)
    except FastpathError as error:
        _fail(failure_of(error), as_json)


@contextlib.contextmanager
def _conversation(as_json: bool) -> Iterator[Conversation]:
    """A client for one command, ended with it however it ends."""
    client = Client()
    try:
        with _failures(as_json):
            yield Conversation(client)
    finally:
        client.close()
        client.events()


def _fail(failure: Failure, as_json: bool) -> NoReturn:
    if as_json:
        print_json(documents.error(failure))
    else:
        progress.print(failure.what_happened)
        progress.print(failure.what_to_do)
        if failure.details and failure.sort != "user":
            progress.print(failure.details)
    raise typer.Exit(STOPPED if failure.code == "Stopped" else STATUS[failure.sort])


@app.command("cpu")
def cpu_command(as_json: Json = False) -> None:
    """What this computer's processor offers for models."""
    with _conversation(as_json) as talk:
        facts = talk.catalogue.cpu
    if as_json:
        print_json({"schema": documents.SCHEMA} | documents.complete(facts))
        return
    tables.show(tables.processor(facts))
    states = ["usable" if feature.usable else feature.reason or "not there" for feature in facts.features]
    rows = [(f.title, state, f.explains) for f, state in zip(facts.features, states, strict=True)]
    tables.show_table(("feature", "state", "what it is for"), rows)


@app.command("modes")
def modes_command(as_json: Json = False) -> None:
    """The accelerations, and which can run here."""
    with _conversation(as_json) as talk:
        modes = talk.catalogue.modes
    if as_json:
        print_json({"schema": documents.SCHEMA, "modes": [documents.complete(mode) for mode in modes]})
        return
    rows = []
    for mode in modes:
        precisions = " ".join(card.id for card in mode.precisions if card.available)
        state = "ready" if mode.available else f"{mode.reason} {mode.remedy}".strip()
        rows.append((mode.id, mode.title, precisions, state))
    tables.show_table(("id", "name", "precisions", "state"), rows)


@app.command("tasks")
def tasks_command(as_json: Json = False) -> None:
    """What a model can be asked to do, and an example of each."""
    with _conversation(as_json) as talk:
        tasks = talk.catalogue.tasks
    if as_json:
        print_json({"schema": documents.SCHEMA, "tasks": [documents.complete(task) for task in tasks]})
        return
    rows = [(task.id, task.title, json.dumps(task.example, ensure_ascii=False)) for task in tasks]
    tables.show_table(("id", "name", "example"), rows)


@app.command("run")
def run_command(
    model: Annotated[str, typer.Option(help="starter, a folder, or a Hub id or address (downloaded where needed).")],
    task: Annotated[str, typer.Option(help="A task's id; see 'fastpath tasks'.")],
    given: Annotated[str, typer.Option("--input", help="Text, or a JSON object of fields; - reads standard input.")],
    mode: Annotated[str, typer.Option(help="A mode's id; see 'fastpath modes'.")] = "eager",
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
    with _failures(as_json):
        _check_threads(threads)
    with _conversation(as_json) as talk:
        card = _named("task", task, talk.catalogue.tasks)
        mode_card = _named("mode", mode, talk.catalogue.modes)
        options = _options(option or [], mode_card)
        fields = read_fields(_standard_input() if given == "-" else given, card)
        described = talk.described(model, tokenizer)

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


def _check_threads(threads: int) -> None:
    """More threads than processors only wait for each other. Raises BadInput."""
    most = processors_allowed()
    if threads > most:
        processors = f"{most} processor{'s' if most != 1 else ''}"
        raise BadInput(
            f"This computer lets Fastpath use {processors}; --threads {threads} is more.",
            f"Give at most {most}, or 0 for the usual count.",
        )


Card = TypeVar("Card", TaskCard, ModeCard)


def _named(what: str, word: str, cards: tuple[Card, ...]) -> Card:
    for card in cards:
        if card.id == word:
            return card
    raise typer.BadParameter(f"There is no {what} named {word!r}. Pick one of: {', '.join(card.id for card in cards)}.")


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


@app.command("try")
def try_command(as_json: Json = False) -> None:
    """Runs the starter's example in every available mode and compares them."""
    with _conversation(as_json) as talk:
        described = talk.describe("starter")
        task = described.model.tasks[0]
        card = next(card for card in talk.catalogue.tasks if card.id == task)
        rows = [(mode.title, _tried(talk, mode, described, card)) for mode in talk.catalogue.modes]
        ran = [row for _, row in rows if isinstance(row, Ran)]
        if as_json:
            runs = [documents.run(described, task, one.result, one.report, one.samples_ms) for one in ran]
            print_json({"schema": documents.SCHEMA, "runs": runs})
        else:
            tables.show_tried(described, card, rows)
    if not ran:
        raise typer.Exit(1)


def _tried(talk: Conversation, mode: ModeCard, described: Described, card: TaskCard) -> Ran | Failure:
    if not mode.available:
        return Failure(code="ModeUnavailable", sort="user", what_happened=mode.reason, what_to_do=mode.remedy)
    progress.print(f"{mode.title}...")

    def make(name: str) -> Run:
        return Run(
            id=name,
            folder=described.model.folder,
            task=card.id,
            mode=mode.id,
            runtime=mode.runtime,
            fields=card.example,
            check="always",
            ratio=True,
        )

    try:
        return talk.run(make, show=False)
    except Ended as ended:
        if ended.failure.code == "Stopped":
            raise
        return ended.failure


def _show_wrong_words(message: str, as_json: bool) -> None:
    hint = "See 'fastpath --help' or 'fastpath COMMAND --help'."
    message = message.encode("utf-8", "replace").decode()  # words of a terminal may hold bytes that are no text
    if as_json:
        print_json(documents.error(Failure(code="WrongWords", sort="user", what_happened=message, what_to_do=hint)))
    else:
        progress.print(message)
        progress.print(hint)


def main(words: list[str]) -> int:
    """Runs one command. Returns the exit status."""
    as_json = "--json" in words
    try:
        status = _status(words, as_json)
        if status == STOPPED and as_json and not output.documents_begun():
            print_json(documents.error(failure_of(Stopped())))
        return status
    except output.Unwritable as error:
        return _say_unwritable(error)
    except KeyboardInterrupt:
        return STOPPED


def _status(words: list[str], as_json: bool) -> int:
    try:
        # Only help is printed by Typer itself.
        with output.writing() if "--help" in words else contextlib.nullcontext():
            return int(app(args=words, standalone_mode=False) or 0)
    except typer.TyperException as error:
        _show_wrong_words(error.format_message(), as_json)
        return WRONG_WORDS
    except (typer.Abort, KeyboardInterrupt):
        return STOPPED


def _say_unwritable(error: output.Unwritable) -> int:
    output.let_go()
    if not error.left:
        with contextlib.suppress(OSError):  # the same full disk may hold what goes to stderr
            progress.print(f"The output could not be written ({error}).")
    return 1


from engine.cli import compiler_command, export_command, runtimes_command  # noqa: E402, F401 - join the words above
