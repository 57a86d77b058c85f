"""What the desk does with the history, one request at a time."""

from collections.abc import Callable

import msgspec

from engine.store.history import differences, entries
from engine.wire.errors import EngineBusy, failure_of
from engine.wire.messages import (
    CompareHistory,
    DeleteHistory,
    Event,
    Failed,
    Finished,
    HistoryDeleted,
    HistoryWork,
    ListHistory,
    Notice,
    OpenHistory,
    Record,
)


def answer(request: HistoryWork, send: Callable[[Event], None]) -> Finished | Failed:
    """Does it and returns its end; what it has to tell goes to ``send``."""
    try:
        event = _done(request, lambda sentence: send(Notice(id=request.id, text=sentence)))
        if event is not None:
            send(msgspec.structs.replace(event, id=request.id))
        return Finished(id=request.id)
    except Exception as error:  # noqa: BLE001 - whatever the file system raises, the client must hear of an end
        return Failed(id=request.id, failure=failure_of(error))


def _done(request: HistoryWork, tell: Callable[[str], None]) -> Event | None:
    match request:
        case Record():
            entries.keep(request, tell)
            return None
        case ListHistory():
            return entries.listed(request, tell)
        case OpenHistory():
            return entries.opened(request.number, tell)
        case CompareHistory():
            return differences.compared(request.first, request.second, tell)
        case DeleteHistory():
            return _deleted(request, tell)


def _deleted(request: DeleteHistory, tell: Callable[[str], None]) -> HistoryDeleted:
    """One entry that is asked for and stays is a failure, unless others went. Raises BadInput, EngineBusy."""
    gone = entries.delete(request.numbers, tell)
    for number in request.numbers:
        if number not in gone and len(request.numbers) == 1:
            row = entries.opened(number, tell).row  # raises where it is not there
            if row.status == "running":
                raise EngineBusy(f"Entry {number} still goes on.", "Stop it first, then delete it.")
    return HistoryDeleted(numbers=gone)
