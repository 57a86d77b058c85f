"""``fastpath try``: the starter in every mode."""

import typer

from engine.cli import documents, tables
from engine.cli.command import Json, talking
from engine.cli.conversation import Conversation, Ended, Ran, progress
from engine.cli.output import print_json
from engine.wire.messages import Described, Run
from engine.wire.values import Failure, ModeCard, TaskCard


def try_command(as_json: Json = False) -> None:
    """Runs the starter's example in every available mode and compares them."""
    with talking(as_json) as talk:
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
