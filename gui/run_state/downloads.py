"""What the window knows of downloads that go on, and of those that broke off."""

from dataclasses import replace

from engine.wire.hub import PendingDownload
from engine.wire.messages import AnyEvent, Describe, Download, Downloading, Failed, Finished, Notice
from engine.wire.values import Failure
from gui.run_state.hub import DownloadKey
from gui.run_state.views import DownloadView, State

FINAL = frozenset({"ModelNotFound", "UnsafeWeights", "NeedsRemoteCode", "NotForThisModel", "ModelBroken"})
"""Failures that stay, however often the same is downloaded."""


def missing(describe: Describe, failure: Failure) -> Download | None:
    """What would bring the model, or the tokenizer, that ``describe`` did not find: by the name that the desk's list
    has for it, not by the address that was pasted. Its id is empty as yet.
    """
    if failure.code != "NotDownloaded":
        return None
    of_tokenizer = failure.about == describe.tokenizer.strip() != describe.ref.strip()
    named = failure.hub or (describe.tokenizer if of_tokenizer else describe.ref)
    repo, _, revision = named.partition("@")
    return Download(id="", ref=repo, revision=revision, part="tokenizer" if of_tokenizer else "model")


def views_of(state: State, key: DownloadKey) -> tuple[DownloadView, ...]:
    """All that this window asked for the same, from whichever page: the desk fetches it once, until the last is
    stopped.
    """
    return tuple(one for one in state.downloads if key_of(one.request) == key)


def joined(state: State) -> State:
    """What the Run page misses is on its way already: that page waits for it, and offers no other."""
    missing, wanted = state.missing, state.wanted
    views = views_of(state, key_of(missing)) if missing is not None else ()
    view = next((one for one in views if not one.stopping), None)
    if view is None:
        return state
    others = (replace(one, then=wanted if one is view else None) for one in state.downloads)
    return replace(state, downloads=tuple(others), model_failure=None)


def began(state: State, request: Download) -> State:
    """The person asked for it. Where it is what the Run page misses, that page waits for it, and for no other."""
    others = state.downloads
    view = DownloadView(request)
    if state.missing is not None and key_of(request) == key_of(state.missing):
        others = tuple(replace(one, then=None) for one in others)
        view = replace(view, then=state.wanted or Describe(id="", ref=request.ref))
        state = replace(state, model_failure=None)
    cut = {key: failure for key, failure in state.hub.cut.items() if key != key_of(request)}
    return replace(state, downloads=(*others, view), hub=replace(state.hub, cut=cut))


def stopping(state: State, request_id: str) -> State:
    """One of them was told to stop."""
    return replace(
        state,
        downloads=tuple(
            replace(one, stopping=True) if one.request.id == request_id else one for one in state.downloads
        ),
    )


def apply(state: State, view: DownloadView, event: AnyEvent) -> State:
    """After an event of the download ``view``. What a stopped or failed one received stays: it can go on."""
    match event:
        case Downloading():
            return _with(state, view, replace(view, progress=event, notice=""))
        case Notice():
            return _with(state, view, replace(view, notice=event.text))
        case Finished():
            state = _with(state, view, None)
            state = replace(state, hub=replace(state.hub, pending=_others(state, view)))
            return replace(state, missing=None, wanted=None) if view.then is not None else state
        case Failed():
            return _failed(_with(state, view, None), view, event.failure)
    return state


def _failed(state: State, view: DownloadView, failure: Failure) -> State:
    """It waits among those that can go on; the desk tells it more exactly when it is asked."""
    stopped, progress = failure.code == "Stopped", view.progress
    pending = PendingDownload(
        ref=view.request.ref,
        revision=view.request.revision,
        part=view.request.part,
        state="paused" if stopped else "failed",
        done_bytes=progress.done_bytes if progress is not None else 0,
        total_bytes=progress.total_bytes if progress is not None else 0,
        failure="" if stopped else failure.what_happened,
    )
    cut = state.hub.cut if stopped else {**state.hub.cut, key_of(view.request): failure}
    others = _others(state, view)
    state = replace(state, hub=replace(state.hub, pending=(*(others or ()), pending), cut=cut))
    if view.then is None:
        return state
    again = None if failure.code in FINAL else view.request
    return replace(state, model_failure=failure, wanted=view.then, missing=again)


def _others(state: State, view: DownloadView) -> tuple[PendingDownload, ...] | None:
    """What waits beside the model of ``view``."""
    pending = state.hub.pending
    if pending is None:
        return None
    return tuple(one for one in pending if key_of(one) != key_of(view.request))


def key_of(download: Download | PendingDownload) -> DownloadKey:
    return download.ref, download.revision, download.part


def _with(state: State, view: DownloadView, now: DownloadView | None) -> State:
    """``now`` in the place of ``view``, or nothing."""
    kept = ((now if one is view else one) for one in state.downloads)
    return replace(state, downloads=tuple(one for one in kept if one is not None))
