"""A model's card (its README.md), from this computer where it is there, else from the Hub."""

import contextlib
from pathlib import Path

from engine.library import markdown
from engine.library.searching import exchange_about
from engine.models import resolve, starter, unreadable
from engine.models.hub import address, cache, listing, peek, surroundings
from engine.models.hub.halt import Halt
from engine.wire.errors import FastpathError, ModelBroken, ModelNotFound
from engine.wire.messages import CardRead, ReadCard

README = "README.md"


def read(request: ReadCard, halt: Halt) -> CardRead:
    """Raises ModelNotFound, and what the Hub's answers are failures of."""
    there = _local(request.ref.strip())
    content = _content(there) if there is not None else _from_hub(request.ref, halt)
    told, cut = markdown.blocks(content.decode("utf-8", "replace"))
    return CardRead(blocks=told, cut=cut or len(content) >= peek.CARD_LIMIT_BYTES)


def _local(ref: str) -> Path | None:
    """The card's file where the model, or a part of it with the card, is on this computer."""
    if ref == starter.REF:
        return starter.folder() / README
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # no name of a folder at all
        folder = Path(ref).expanduser()
        if folder.is_dir():
            return folder / README
    with contextlib.suppress(FastpathError):
        found = address.parse(ref, surroundings.endpoint())
        folder_there = cache.snapshot(found) if found else None
        if folder_there is not None and (folder_there / README).is_file():
            return folder_there / README
    return None


@unreadable.told()
def _content(file: Path) -> bytes:
    if not file.is_file():
        return b""
    with file.open("rb") as stream:
        return stream.read(peek.CARD_LIMIT_BYTES)


def _from_hub(ref: str, halt: Halt) -> bytes:
    wanted = address.parse(ref, surroundings.endpoint())
    if wanted is None:
        raise ModelNotFound(f"“{ref[:200]}” is not the name of a model on the Hub.", "Check the name.")
    surroundings.require_network()
    with exchange_about(wanted.repo, resolve.named_at(wanted), halt) as (exchange, patience):
        commit = listing.commit(exchange, wanted.revision, patience)
        with contextlib.suppress(ModelBroken):  # as the Hub says of a file that is not there: it has no card
            return peek.beginning(exchange, commit, README, patience, peek.CARD_LIMIT_BYTES)
    return b""
