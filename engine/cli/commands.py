"""The command line: the same engine as the window, through the same client.

Exit status: 0 done, 1 a failure somebody can mend, 2 wrong words, 3 a defect of ours, 4 the engine died, 130 stopped.
With ``--json`` stdout holds one JSON document and nothing else; progress goes to stderr.
"""

import contextlib
from collections.abc import Callable

import typer

from engine.cli import (
    STOPPED,
    auto_command,
    compare_command,
    compiler_command,
    documents,
    export_command,
    facts_command,
    history_command,
    models_command,
    output,
    run_command,
    runtimes_command,
    try_command,
)
from engine.cli.conversation import progress
from engine.cli.output import print_json
from engine.wire.errors import Stopped, failure_of
from engine.wire.values import Failure

WRONG_WORDS = 2

COMMANDS: dict[str, Callable[..., None]] = {
    "run": run_command.run_command,
    "try": try_command.try_command,
    "compare": compare_command.compare_command,
    "auto": auto_command.auto_command,
    "export": export_command.export_command,
    "cpu": facts_command.cpu_command,
    "modes": facts_command.modes_command,
    "tasks": facts_command.tasks_command,
    "download": models_command.download_command,
    "show-compiler": compiler_command.show_compiler_command,
}

app = typer.Typer(
    name="fastpath",
    help="Models, fast on the computer you already have. Without a command the window opens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(models_command.models_app, name="models")
app.add_typer(runtimes_command.runtimes_app, name="runtimes")
app.add_typer(history_command.history_app, name="history")


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


def _show_wrong_words(message: str, as_json: bool) -> None:
    hint = "See 'fastpath --help' or 'fastpath COMMAND --help'."
    message = message.encode("utf-8", "replace").decode()  # words of a terminal may hold bytes that are no text
    if as_json:
        print_json(documents.error(Failure(code="WrongWords", sort="user", what_happened=message, what_to_do=hint)))
    else:
        progress.print(message)
        progress.print(hint)
