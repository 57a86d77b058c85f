"""``fastpath history``: every run and comparison that was made on this computer."""

import datetime
import json
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from engine.cli import history_documents, tables
from engine.cli.command import Json, talking
from engine.cli.conversation import Conversation, progress
from engine.cli.output import print_json
from engine.wire.comparison import CellResult, Comparison
from engine.wire.errors import BadInput
from engine.wire.history import HistoryLine, HistoryRow, Kind, Sort
from engine.wire.messages import (
    AnyEvent,
    AnyRequest,
    CompareHistory,
    DeleteHistory,
    Event,
    HistoryCompared,
    HistoryDeleted,
    HistoryListed,
    HistoryOpened,
    ListHistory,
    Notice,
    OpenHistory,
)

_HEADS = ("No.", "When", "What", "Model", "Task", "Acceleration", "Median", "Speedup", "State")
_HEADS_OF_CELLS = ("Acceleration", "Threads", "Batch", "Median", "Speedup", "95 % interval", "Verdict", "Answers")
_HEADS_OF_TWO = ("", "First", "Second", "")

history_app = typer.Typer(help="Every run and comparison that was made on this computer.", no_args_is_help=True)
Number = Annotated[int, typer.Argument(help="An entry's number; see 'fastpath history list'.")]
Make = Callable[[str], AnyRequest]
Found = TypeVar("Found", bound=Event)
SORTS: dict[str, Sort] = {
    "when": "when",
    "what": "kind",
    "model": "model",
    "task": "task",
    "mode": "mode",
    "precision": "precision",
    "median": "latency",
    "speedup": "speedup",
    "state": "status",
}
KINDS: dict[str, Kind] = {"run": "run", "comparison": "comparison"}


@history_app.command("list")
def list_command(
    search: Annotated[str, typer.Option(help="Words that must all be there: of model, task, mode, state...")] = "",
    what: Annotated[str, typer.Option(help="run or comparison; both without.")] = "",
    sort: Annotated[str, typer.Option(help=f"By {', '.join(SORTS)}.")] = "when",
    ascending: Annotated[bool, typer.Option("--ascending", help="The oldest or least first.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many entries.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="Leaves out so many before.")] = 0,
    as_json: Json = False,
) -> None:
    """The newest first."""
    if sort not in SORTS:
        raise typer.BadParameter(f"--sort takes one of: {', '.join(SORTS)}.")
    if what and what not in KINDS:
        raise typer.BadParameter("--what takes run or comparison.")
    with talking(as_json) as talk:
        found = _asked(
            talk,
            lambda name: ListHistory(
                id=name,
                search=search,
                kind=KINDS[what] if what else "",
                sort=SORTS[sort],
                descending=not ascending,
                limit=limit,
                offset=offset,
            ),
            HistoryListed,
        )
        if as_json:
            print_json(history_documents.listed(found))
            return
        if not found.rows:
            tables.show("Nothing that was run or compared fits." if search or what else "Nothing was run yet.")
            return
        tables.show_table(_HEADS, [_row(row) for row in found.rows])
        if found.total > len(found.rows):
            tables.show(f"{len(found.rows)} of {found.total}; --limit and --offset show others.")


@history_app.command("show")
def show_command(number: Number, as_json: Json = False) -> None:
    """All that is kept of one entry."""
    with talking(as_json) as talk:
        found = _asked(talk, lambda name: OpenHistory(id=name, number=number), HistoryOpened)
        if as_json:
            print_json(history_documents.opened(found))
        else:
            _show(found)


@history_app.command("compare")
def compare_command(
    first: Number,
    second: Annotated[int, typer.Argument(help="Another entry's number.")],
    as_json: Json = False,
) -> None:
    """Two entries side by side: what they were made under, and their figures."""
    with talking(as_json) as talk:
        found = _asked(talk, lambda name: CompareHistory(id=name, first=first, second=second), HistoryCompared)
        if as_json:
            print_json(history_documents.compared(found))
            return
        tables.show_table(_HEADS_OF_TWO, [_line(line) for line in found.lines])
        if found.ratio is not None:
            tables.show(f"The first median is {tables.number(found.ratio)} times the second.")
        tables.show(found.sentence)


@history_app.command("delete")
def delete_command(
    numbers: Annotated[list[int], typer.Argument(help="Numbers of entries; see 'fastpath history list'.")],
    as_json: Json = False,
) -> None:
    """Removes entries for good, with all that is kept of them."""
    with talking(as_json) as talk:
        asked = tuple(dict.fromkeys(numbers))
        gone = _asked(talk, lambda name: DeleteHistory(id=name, numbers=asked), HistoryDeleted).numbers
        left = ", ".join(str(number) for number in asked if number not in gone)
        if not gone:
            raise BadInput(f"None of the entries {left} could be deleted.", "See 'fastpath history list'.")
        if as_json:
            print_json(history_documents.deleted(gone))
        else:
            tables.show(f"Deleted: {', '.join(str(number) for number in gone)}.")
        if left:
            progress.print(f"Not there, or still going on: {left}.")


def _asked(talk: Conversation, make: Make, kind: type[Found]) -> Found:
    found: list[Found] = []

    def hear(event: AnyEvent) -> None:
        if isinstance(event, kind):
            found.append(event)
        elif isinstance(event, Notice):
            progress.print(event.text)

    talk.ask(make, hear)
    return found[0]


def when(began_s: float) -> str:
    """In this computer's own time."""
    return datetime.datetime.fromtimestamp(began_s).strftime("%Y-%m-%d %H:%M:%S")


def _row(row: HistoryRow) -> tuple[str, ...]:
    return (
        str(row.number),
        when(row.began_s),
        row.kind,
        row.model,
        row.task,
        f"{row.mode} {row.precision}".strip(),
        f"{tables.number(row.p50_ms)} ms" if row.p50_ms is not None else "",
        f"{row.speedup:.2f}x" if row.speedup is not None else "",
        row.status,
    )


def _show(found: HistoryOpened) -> None:
    tables.show_table(_HEADS, [_row(found.row)])
    if found.failure is not None:
        tables.show(found.failure.what_happened)
    if found.result is not None:
        shown = json.dumps(history_documents.output(found.result), ensure_ascii=False, indent=2)
        tables.show(shown if len(shown) <= tables.SHOWN_CHARACTERS else shown[: tables.SHOWN_CHARACTERS] + " ...")
    if found.report is not None:
        tables.show(tables.speed_line(found.report))
        for doubt in found.report.doubts:
            tables.show(doubt)
    if found.comparison is not None:
        _show_comparison(found.comparison)


def _show_comparison(found: Comparison) -> None:
    tables.show_table(_HEADS_OF_CELLS, [_cell(cell) for cell in found.cells])
    for line in (*found.doubts, found.sentence):
        if line:
            tables.show(line)


def _cell(cell: CellResult) -> tuple[str, ...]:
    ends = f"{cell.speedup_ci[0]:.2f} to {cell.speedup_ci[1]:.2f}" if cell.speedup_ci else ""
    cap = f", at most {cell.isa_cap}" if cell.isa_cap else ""
    return (
        f"{cell.mode} {cell.precision}{cap}",
        str(cell.threads),
        str(cell.batch),
        f"{tables.number(cell.p50_ms)} ms" if cell.p50_ms is not None else "",
        f"{cell.speedup:.2f}x" if cell.speedup is not None else "",
        ends,
        cell.verdict or f"{cell.status}: {cell.reason}".rstrip(": "),
        cell.agreement.verdict if cell.agreement else "",
    )


def _line(line: HistoryLine) -> tuple[str, ...]:
    first, second = (_value(value, line.unit) for value in (line.first, line.second))
    return (line.name, first, second, "differs" if line.differs and line.group == "conditions" else "")


def _value(value: str | float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{tables.number(value)} {unit}".rstrip() if isinstance(value, float) else value
