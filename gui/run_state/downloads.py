"""What the window knows of a download."""

from dataclasses import replace

from engine.wire.messages import AnyEvent, Describe, Download, Downloading, Failed, Finished, Notice
from engine.wire.values import Failure
from gui.run_state.views import DownloadView, State

FINAL = frozenset({"ModelNotFound", "UnsafeWeights", "NeedsRemoteCode", "NotForThisModel", "ModelBroken"})
"""Failures that stay, however often the same is downloaded."""


def missing(describe: Describe, failure: Failure) -> Download | None:
    """What would bring the model, or the tokenizer, that ``describe`` did not find. Its id is empty as yet."""
    if failure.code != "NotDownloaded":
        return None
    of_tokenizer = failure.about == describe.tokenizer.strip() != describe.ref.strip()
    ref = describe.tokenizer if of_tokenizer else describe.ref
    return Download(id="", ref=ref, part="tokenizer" if of_tokenizer else "model")


def began(state: State, request: Download) -> State:
    """The person asked for what is missing."""
    then = state.wanted or Describe(id="", ref=request.ref)
    return replace(state, download=DownloadView(request, then), model_failure=None)


def apply(state: State, view: DownloadView, event: AnyEvent) -> State:
    """After an event of the download ``view``. What a stopped or failed one received stays: it can go on."""
    if isinstance(event, Downloading):
        return replace(state, download=replace(view, progress=event, notice=""))
    if isinstance(event, Notice):
        return replace(state, download=replace(view, notice=event.text))
    if isinstance(event, Finished):
        return replace(state, download=None, missing=None, wanted=None)
    if isinstance(event, Failed):
        again = None if event.failure.code in FINAL else view.request
        return replace(state, download=None, model_failure=event.failure, wanted=view.then, missing=again)
    return state
