"""What ``fastpath compare`` and ``fastpath auto`` share: inputs, the way to the engine and back, what is shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from engine.cli import STOPPED, documents, saving, tables
from engine.cli.command import fail
from engine.cli.conversation import Conversation, progress
from engine.cli.output import print_json
from engine.cli.run_command import read_fields
from engine.wire.comparison import ISA_CAPS, CellResult, Comparison
from engine.wire.errors import BadInput
from engine.wire.messages import AnyEvent, CellTold, Compare, Compared
from engine.wire.values import TaskCard

_HEADS = ("Mode", "Precision", "Threads", "Cap", "Batch", "Median", "Speedup", "95 % interval", "Verdict", "Answers")


def inputs(file: str, card: TaskCard) -> tuple[dict[str, Any], ...]:
    """The file's lines; none stand for the bundled sample. Raises BadInput."""
    if not file:
        return ()
    try:
        lines = [line for line in Path(file).read_text("utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The inputs cannot be read: {file}.", "Give a UTF-8 text file.", details=str(error)) from error
    if not lines:
        raise BadInput(f"There is no input in {file}.", "Write one input a line.")
    return tuple(read_fields(line, card) for line in lines)


def ask(talk: Conversation, make: Callable[[str], Compare]) -> Comparison:
    """Tells on the way how far it is. ``make``: the request, of its id."""
    found: list[Comparison] = []

    def hear(event: AnyEvent) -> None:
        if isinstance(event, CellTold):
            _show_progress(event.cell)
        elif isinstance(event, Compared):
            found.append(event.comparison)

    talk.ask(make, hear)
    (comparison,) = found
    return comparison


def tell(comparison: Comparison, document: str, failed: Any) -> None:
    """``document``: as ``--json`` was given; ``failed``: what could not be saved. Raises Exit."""
    if document == saving.STANDARD_OUTPUT:
        print_json(documents.comparison(comparison))
    elif not document:
        _show(comparison)
    if failed:
        fail(failed, bool(document) and document != saving.STANDARD_OUTPUT)
    if comparison.stopped:
        raise typer.Exit(STOPPED)


def _show_progress(cell: CellResult) -> None:
    name = f"{cell.mode} {cell.precision}, {cell.threads} threads, batch {cell.batch}"
    name += f", at most {ISA_CAPS[cell.isa_cap]}" if cell.isa_cap else ""
    if cell.status in ("waiting", "ok") and cell.p50_ms is not None:
        progress.print(f"{name}: {cell.n} calls, {tables.number(cell.p50_ms)} ms")
    elif cell.stage == "preparing":
        progress.print(f"{name}: preparing")


def _show(comparison: Comparison) -> None:
    tables.show_table(_HEADS, [_row(cell) for cell in comparison.cells])
    for doubt in comparison.doubts:
        tables.show(doubt)
    if comparison.sentence:
        tables.show(comparison.sentence)


def _row(cell: CellResult) -> tuple[str, ...]:
    ends = f"{cell.speedup_ci[0]:.2f} to {cell.speedup_ci[1]:.2f}" if cell.speedup_ci else ""
    return (
        cell.mode,
        cell.precision,
        str(cell.threads),
        ISA_CAPS.get(cell.isa_cap, ""),
        str(cell.batch),
        f"{tables.number(cell.p50_ms)} ms" if cell.p50_ms is not None else "",
        f"{cell.speedup:.2f}x" if cell.speedup is not None else "",
        ends,
        cell.verdict or f"{cell.status}: {cell.reason}",
        cell.agreement.verdict if cell.agreement else "",
    )
