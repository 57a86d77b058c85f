"""Where a comparison goes beside the terminal: files, which the desk writes whole or not at all."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

import typer

from engine.cli.conversation import Conversation, Ended, progress
from engine.wire.comparison import Comparison
from engine.wire.errors import BadInput
from engine.wire.messages import SaveReport
from engine.wire.values import Failure

Form = Literal["html", "csv", "json"]
Places = Mapping[Form, str]
STANDARD_OUTPUT = "-"


def places(html: str, csv: str, json: str) -> Places:
    """The absolute path of each form that is wanted as a file; ``-`` is none. Raises BadParameter, BadInput: before
    minutes are spent.
    """
    named = dict(zip(get_args(Form), (html, csv, json), strict=True))
    found: dict[Form, str] = {
        form: str(Path(place).absolute()) for form, place in named.items() if place and place != STANDARD_OUTPUT
    }
    if len(set(found.values())) < len(found):
        raise typer.BadParameter("Two of --html, --csv and --json name the same file.")
    if STANDARD_OUTPUT in (html, csv):
        raise typer.BadParameter("Only --json can be printed with '-'; --html and --csv take a file.")
    for place in found.values():
        if Path(place).is_dir() or not os.access(Path(place).parent, os.W_OK):
            raise BadInput(f"The report cannot be written to {place}.", "Name a file in a folder of yours.")
    return found


def save(talk: Conversation, comparison: Comparison, wanted: Places) -> Failure | None:
    """Writes all that can be written. Returns the first failure."""
    failed: Failure | None = None
    for form, place in wanted.items():
        try:
            _save(talk, comparison, form, place)
            progress.print(f"Saved {place}")
        except Ended as ended:
            failed = failed or ended.failure
    return failed


def _save(talk: Conversation, comparison: Comparison, form: Form, place: str) -> None:
    talk.ask(
        lambda name: SaveReport(id=name, comparison=comparison, form=form, target=place),
        lambda event: None,
    )
