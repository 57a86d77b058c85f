"""What the window knows of models on the Hub and on this computer, and of what else the desk tells about the Hub."""

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import msgspec

from engine.wire.hub import HubModel, PendingDownload
from engine.wire.messages import (
    AnyEvent,
    CardRead,
    CheckForUpdate,
    DeleteModel,
    DownloadsListed,
    DropDownload,
    Failed,
    Finished,
    HubFound,
    HubLooked,
    ListDownloads,
    ListModels,
    LookAtHub,
    LookAtToken,
    ModelsListed,
    ModelsWork,
    ReadCard,
    SearchHub,
    SetToken,
    TokenTold,
    UpdateTold,
)
from engine.wire.values import Failure

if TYPE_CHECKING:
    from gui.run_state.views import State

Matter = Literal["search", "look", "card", "local", "delete", "pending", "drop", "token", "update"]
"""What the desk is asked about. A newer request about the same takes the place of one that is not answered yet."""
_MATTERS: dict[type[ModelsWork], Matter] = {
    SearchHub: "search",
    LookAtHub: "look",
    ReadCard: "card",
    ListModels: "local",
    DeleteModel: "delete",
    ListDownloads: "pending",
    DropDownload: "drop",
    LookAtToken: "token",
    SetToken: "token",
    CheckForUpdate: "update",
}
DownloadKey = tuple[str, str, str]
"""A download by what it brings: ref, revision and part."""
_ENDS: Mapping[Matter, Matter] = {"local": "delete", "pending": "drop", "look": "card", "card": "look"}
"""A question about the one is also past a failure of the other: the next look at a list, or at another model."""


@dataclasses.dataclass(frozen=True, slots=True)
class HubView:
    """What was told last, each None as long as nobody has told.

    ``found`` answers ``query``; ``cursor`` is for what follows. ``looked`` and ``card`` are of the models
    ``looked_ref`` and ``card_ref``. ``waiting``: what is not answered yet; ``failures``: of what was asked last, by
    what it was about. ``cut``: why a download of this window failed.
    """

    found: tuple[HubModel, ...] | None = None
    cursor: str = ""
    own: bool = False
    query: SearchHub | None = None
    looked: HubLooked | None = None
    looked_ref: str = ""
    card: CardRead | None = None
    card_ref: str = ""
    local: ModelsListed | None = None
    pending: tuple[PendingDownload, ...] | None = None
    cut: Mapping[DownloadKey, Failure] = dataclasses.field(default_factory=dict)
    token: TokenTold | None = None
    update: UpdateTold | None = None
    waiting: Mapping[Matter, ModelsWork] = dataclasses.field(default_factory=dict)
    failures: Mapping[Matter, Failure] = dataclasses.field(default_factory=dict)

    def waiting_for(self, request_id: str) -> ModelsWork | None:
        """The request of this id that the desk has not answered yet."""
        return next((one for one in self.waiting.values() if one.id == request_id), None)


def asked(state: "State", request: ModelsWork) -> "State":
    """The desk was asked. A token is not kept."""
    view, matter = state.hub, _MATTERS[type(request)]
    if isinstance(request, SetToken):
        request = msgspec.structs.replace(request, token="")
    failures = {one: failure for one, failure in view.failures.items() if one not in (matter, _ENDS.get(matter))}
    waiting = dict(view.waiting)
    if isinstance(request, SetToken):  # another account may see more: what is under way would tell of the former
        waiting = {one: asked for one, asked in waiting.items() if one not in ("look", "card")}
    view = replace(view, waiting={**waiting, matter: request}, failures=failures)
    if isinstance(request, CheckForUpdate):
        view = replace(view, update=None)
    if isinstance(request, DropDownload):
        dropped = (request.ref, request.revision, request.part)
        cut = {key: failure for key, failure in view.cut.items() if key != dropped}
        view = replace(view, cut=cut)
    return replace(state, hub=view)


def apply(state: "State", request: ModelsWork, event: AnyEvent) -> "State":
    """After an event of ``request``, which was not answered before."""
    view, matter = state.hub, _MATTERS[type(request)]
    match event:
        case Finished() | Failed():
            waiting = {one: asked for one, asked in view.waiting.items() if one != matter}
            view = replace(view, waiting=waiting)
            if isinstance(event, Failed):
                view = replace(view, failures={**view.failures, matter: event.failure})
            elif isinstance(request, DeleteModel):  # before, the client ended the work process with all it held
                state = replace(state, kept=frozenset())
        case _:
            view = _told(view, request, event)
    return replace(state, hub=view)


def _told(view: HubView, request: ModelsWork, event: AnyEvent) -> HubView:
    match event, request:
        case HubFound(), SearchHub():
            before = (view.found or ()) if request.cursor else ()
            return replace(view, found=(*before, *event.models), cursor=event.cursor, own=event.own, query=request)
        case HubLooked(), LookAtHub():
            return replace(view, looked=event, looked_ref=request.ref)
        case CardRead(), ReadCard():
            return replace(view, card=event, card_ref=request.ref)
        case ModelsListed(), _:
            return replace(view, local=event)
        case DownloadsListed(), _:
            return replace(view, pending=event.downloads)
        case TokenTold(), SetToken():  # another account may see and have other models
            return replace(view, token=event, looked=None, looked_ref="", card=None, card_ref="")
        case TokenTold(), _:
            return replace(view, token=event)
        case UpdateTold(), _:
            return replace(view, update=event)
    return view
