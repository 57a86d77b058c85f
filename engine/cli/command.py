"""What a command stands on: a client of its own, and its failures as words and an exit status."""

import contextlib
from collections.abc import Iterator
from typing import Annotated, NoReturn, TypeVar

import typer

from engine.cli import STOPPED, documents
from engine.cli.conversation import Conversation, Ended, progress
from engine.cli.output import print_json
from engine.client import Client
from engine.wire.errors import FastpathError, failure_of
from engine.wire.messages import Notice
from engine.wire.values import Failure, ModeCard, TaskCard

KEEP_WITHIN_S = 5.0
"""So long a command's end waits for its run to be in the history; no window stands still meanwhile."""

STATUS = {"user": 1, "defect": 3, "died": 4}

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


@contextlib.contextmanager
def failures(as_json: bool) -> Iterator[None]:
    """A failure ends the program with its sentence and status."""
    try:
        yield
    except Ended as ended:
        fail(ended.failure, as_json)
    except FastpathError as error:
        fail(failure_of(error), as_json)


@contextlib.contextmanager
def talking(as_json: bool) -> Iterator[Conversation]:
    """A client for one command, ended with it however it ends."""
    client = Client(keep_within_s=KEEP_WITHIN_S)
    try:
        with failures(as_json):
            yield Conversation(client)
    finally:
        client.close()
        for event in client.events() or []:
            if isinstance(event, Notice) and not event.id:  # what could not be kept in the history
                progress.print(event.text)


def fail(failure: Failure, as_json: bool) -> NoReturn:
    if as_json:
        print_json(documents.error(failure))
    else:
        progress.print(failure.what_happened)
        progress.print(failure.what_to_do)
        if failure.details and failure.sort != "user":
            progress.print(failure.details)
    raise typer.Exit(STOPPED if failure.code == "Stopped" else STATUS[failure.sort])


Card = TypeVar("Card", TaskCard, ModeCard)


def named(what: str, word: str, cards: tuple[Card, ...]) -> Card:
    """The card with the id ``word``. Raises BadParameter, with those there are."""
    for card in cards:
        if card.id == word:
            return card
    raise typer.BadParameter(f"There is no {what} named {word!r}. Pick one of: {', '.join(card.id for card in cards)}.")
