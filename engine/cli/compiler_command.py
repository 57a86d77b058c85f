"""``fastpath show-compiler``: what torch.compile makes of two lines of Python."""

from typing import Annotated

import typer

from engine.cli import documents, tables
from engine.cli.command import Json, talking
from engine.cli.conversation import progress
from engine.cli.output import print_json
from engine.wire.messages import AnyEvent, CompilerShown, ShowCompiler, Stage


def show_compiler_command(
    threads: Annotated[int, typer.Option(min=0, help="0 takes the physical cores.")] = 0, as_json: Json = False
) -> None:
    """PyTorch's own example, plain and compiled: the C++ that comes of it, and how much faster it is."""
    found: list[CompilerShown] = []

    def hear(event: AnyEvent) -> None:
        if isinstance(event, CompilerShown):
            found.append(event)
        elif isinstance(event, Stage) and event.seconds is None:
            progress.print(f"{event.stage}...")

    with talking(as_json) as talk:
        talk.ask(lambda name: ShowCompiler(id=name, threads=threads), hear)
    shown = found[0]
    if as_json:
        fields = documents.complete(shown)
        print_json({"schema": documents.SCHEMA} | {name: fields[name] for name in fields if name != "id"})
        return
    tables.show(f"{shown.source}\n\nbecomes\n\n{shown.kernel}\n")
    tables.show(_sentence(shown))


def _sentence(shown: CompilerShown) -> str:
    plain = f"Plain PyTorch makes {shown.eager_kernels} passes over memory and takes {tables.number(shown.eager_ms)} ms"
    passes = f"{shown.compiled_kernels} pass" + ("es" if shown.compiled_kernels != 1 else "")
    times = tables.number(shown.eager_ms / shown.compiled_ms)
    return (
        f"{plain}; compiled it makes {passes} and takes {tables.number(shown.compiled_ms)} ms: {times} times as fast."
    )
