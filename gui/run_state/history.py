"""What the window knows of the history: the entries listed so far, and what is opened of them."""

import dataclasses
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.wire.history import HistoryRow
from engine.wire.messages import (
    AnyEvent,
    CompareHistory,
    DeleteHistory,
    Failed,
    Finished,
    HistoryCompared,
    HistoryDeleted,
    HistoryListed,
    HistoryOpened,
    HistoryWork,
    ListHistory,
    Notice,
    OpenHistory,
    Record,
)
from engine.wire.values import Failure

if TYPE_CHECKING:
    from gui.run_state.views import State

Look = OpenHistory | CompareHistory


@dataclasses.dataclass(frozen=True, slots=True)
class HistoryView:
    """``rows`` is None as long as nobody has told; they are the first of ``total`` that fit ``query``.

    ``shown``: what was opened, or two side by side. ``failed``: the request that ``failure`` is about. ``notice``: what
    the desk has told of the file itself.
    """

    rows: tuple[HistoryRow, ...] | None = None
    total: int = 0
    query: ListHistory | None = None
    listing: ListHistory | None = None
    looking: Look | None = None
    shown: HistoryOpened | HistoryCompared | None = None
    deleting: DeleteHistory | None = None
    failure: Failure | None = None
    failed: HistoryWork | None = None
    notice: str = ""

    def waiting_for(self, request_id: str) -> HistoryWork | None:
        """The request of this id that the desk has not answered yet."""
        waiting = (self.listing, self.looking, self.deleting)
        return next((one for one in waiting if one is not None and one.id == request_id), None)


def asked(state: "State", request: HistoryWork) -> "State":
    """The desk was asked. A newer look takes the place of one that is not answered yet."""
    view = state.history
    match request:
        case ListHistory():
            failure = None if isinstance(view.failed, ListHistory) else view.failure
            view = replace(view, listing=request, failure=failure)
        case OpenHistory() | CompareHistory():
            view = replace(view, looking=request, failure=None)
        case DeleteHistory():
            view = replace(view, deleting=request, failure=None)
        case Record():
            return state  # the client's own word
    return replace(state, history=view)


def apply(state: "State", request: HistoryWork, event: AnyEvent) -> "State":
    """After an event of ``request``, which was not answered before."""
    view = state.history
    match event:
        case HistoryListed():
            before = (view.rows or ())[: event.offset] if event.offset else ()
            view = replace(view, rows=(*before, *event.rows), total=event.total, query=view.listing)
        case HistoryOpened() | HistoryCompared():
            view = replace(view, shown=event)
        case HistoryDeleted():
            view = _without(view, frozenset(event.numbers))
        case Notice():
            view = replace(view, notice=event.text)
        case Failed():
            view = replace(_done(view, request), failure=event.failure, failed=request)
        case Finished():
            view = _done(view, request)
    return replace(state, history=view)


def noticed(state: "State", notice: Notice) -> "State":
    """What the client has told of the history by itself."""
    return replace(state, history=replace(state.history, notice=notice.text))


def _without(view: HistoryView, gone: frozenset[int]) -> HistoryView:
    rows = tuple(row for row in view.rows or () if row.number not in gone)
    shown = view.shown if view.shown is not None and not (numbers_of(view.shown) & gone) else None
    return replace(view, rows=rows, total=max(len(rows), view.total - len(gone)), shown=shown)


def numbers_of(shown: HistoryOpened | HistoryCompared) -> frozenset[int]:
    """Of the entries that are shown."""
    rows = (shown.row,) if isinstance(shown, HistoryOpened) else (shown.first, shown.second)
    return frozenset(row.number for row in rows)


def _done(view: HistoryView, request: HistoryWork) -> HistoryView:
    match request:
        case ListHistory():
            return replace(view, listing=None)
        case DeleteHistory():
            return replace(view, deleting=None)
        case _:
            return replace(view, looking=None)
