"""Saving what a mode made of a model as a file that others run: a program that needs no Python, for instance.

A mode that can has ``export`` in its card's ``offers``, and a function ``export`` in its module.
"""

import contextlib
import errno
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar, cast

from engine.all_modes import MODES
from engine.mode import Job
from engine.run.order import check
from engine.run.ready import chosen_options, job_of
from engine.run.session import Control, Session, Workbench, followed
from engine.store import whole
from engine.wire.errors import BadInput, DiskFull, NotForThisModel
from engine.wire.messages import Event, Export, Exported, Run

Value = TypeVar("Value")

_PIECE_BYTES = 8 * 1024 * 1024
_PICK_ANOTHER = "Pick another place for the file."


class _Exporting(Protocol):
    def export(self, job: Job) -> Generator[Event, None, tuple[BinaryIO, str]]:
        """The content of the file, read from where it stands, and how it is run, in a sentence."""


def export(request: Export, control: Control, bench: Workbench) -> Generator[Event, None, None]:
    """Saves to ``request.target`` in one step, over a file of that name. Stopped or failed, it leaves nothing there.

    Raises UserFacing errors.
    """
    target = Path(request.target)
    _require_place(target)
    session = yield from check(_as_run(request), control, bench)
    mode = MODES[request.mode]
    if "export" not in mode.card.offers:
        able = " or ".join(one.card.title for one in MODES.values() if "export" in one.card.offers)
        raise NotForThisModel(f"{mode.card.title} makes nothing that can be saved for others.", f"Pick {able}.")
    if target.parent.resolve() == session.facts.folder.resolve():
        raise BadInput("The file would lie among the model's own, and be taken for a part of it.", _PICK_ANOTHER)
    job = job_of(session, mode, request.precision, chosen_options(mode, request.options))
    content, how = yield from _going_on(session, cast(_Exporting, mode).export(job))
    with content:
        _write(content, target, session)
    yield Exported(path=str(target), size_bytes=target.stat().st_size, how=how)


def _as_run(request: Export) -> Run:
    """What is checked of a run is checked of an export."""
    return Run(
        id=request.id,
        folder=request.folder,
        task=request.task,
        mode=request.mode,
        fields=request.fields,
        precision=request.precision,
        runtime=request.runtime,
        tokenizer=request.tokenizer,
        options=request.options,
        threads=request.threads,
        allow_pickle=request.allow_pickle,
    )


def _require_place(target: Path) -> None:
    """Before anything takes time. Raises BadInput."""
    if "\0" in str(target) or not target.is_absolute() or not target.name:
        raise BadInput(f"{str(target)!r} names no file.", _PICK_ANOTHER)
    with _told(target):
        if target.is_dir() or (target.exists() and not target.is_file()):
            raise BadInput(f"{target} is there already, and is not a file.", _PICK_ANOTHER)
        if not target.parent.is_dir():
            raise BadInput(f"There is no folder {target.parent}.", "Make the folder, or pick another.")
        if not os.access(target.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "not writable")


def _going_on(session: Session, events: Generator[Event, None, Value]) -> Generator[Event, None, Value]:
    """Looks between stages whether to stop."""

    def told(event: Event) -> Event:
        session.go_on()
        return event

    value = yield from followed(session.heard(events), told)
    session.go_on()
    return value


def _write(content: BinaryIO, target: Path, session: Session) -> None:
    """Beside its place, then renamed; looks between pieces whether to stop."""
    with _told(target):
        whole.sweep(target.parent, target.name)
        part = whole.beside(target)
        try:
            with part.open("wb") as place:
                while piece := content.read(_PIECE_BYTES):
                    session.go_on()
                    place.write(piece)
            session.go_on()
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _told(target: Path) -> Iterator[None]:
    """The person picked the place, so it is theirs to mend."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"There is no room left in {target.parent}.", details=str(error)) from error
        raise BadInput(f"{target} cannot be written.", _PICK_ANOTHER, str(error)) from error
