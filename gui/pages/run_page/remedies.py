"""Which buttons mend which failure: those of a run, and those of looking for a model."""

from collections.abc import Callable
from typing import NamedTuple

from engine.wire.values import Failure
from gui.run_state import State
from gui.widgets.failure_panel import Remedy


class Deeds(NamedTuple):
    """What the page can do; each takes nothing."""

    run_again: Callable[[], object]
    run_ignoring_memory: Callable[[], object]
    take_example: Callable[[], object]
    pick_first_mode: Callable[[], object]
    change_model: Callable[[], object]
    use_starter: Callable[[], object]
    keep_model: Callable[[], object]
    look_again: Callable[[], object]
    download: Callable[[], object]
    allow: Callable[[], object]
    open_settings: Callable[[], object]


_OF_A_RUN: dict[str, tuple[str, ...]] = {
    "BadInput": ("example",),
    "ModelNotFound": ("change",),
    "NotDownloaded": ("change",),
    "ModelGated": ("change",),
    "SignInNeeded": ("change",),
    "ModelBroken": ("change",),
    "UnsafeWeights": ("allow", "change"),
    "NeedsRemoteCode": ("change",),
    "NotForThisModel": ("first mode", "change"),
    "ModeUnavailable": ("first mode",),
    "NotEnoughMemory": ("ignore memory", "change"),
    "DiskFull": ("settings", "again"),
    "Offline": ("again",),
    "TimedOut": ("again", "first mode"),
    "EngineBusy": ("again",),
    "Stopped": ("again",),
    "EngineDied": ("again", "first mode"),
}
_OF_A_MODEL: dict[str, tuple[str, ...]] = {
    "DiskFull": ("settings",),
    "Offline": ("settings",),
    "DataFolder": ("look",),
    "TimedOut": ("look",),
    "ModelBroken": ("look",),
    "EngineDied": ("look",),
}


def of_run(failure: Failure, state: State, deeds: Deeds) -> tuple[Remedy, ...]:
    """For a failure of the run that is shown."""
    offered = _offers(state, deeds)
    return tuple(offered[name] for name in _OF_A_RUN.get(failure.code, ()) if name in offered)


def of_model(failure: Failure, state: State, deeds: Deeds) -> tuple[Remedy, ...]:
    """For a failure of looking for a model or of its download."""
    offered = _offers(state, deeds)
    if state.missing is not None:
        first: tuple[str, ...] = ("download",)
        more = _OF_A_MODEL.get(failure.code, ())
    else:
        first, more = _OF_A_MODEL.get(failure.code, ()), ()
    names = (*first, *(name for name in more if name != "look"), "keep", "starter")
    return tuple(offered[name] for name in names if name in offered)


def _offers(state: State, deeds: Deeds) -> dict[str, Remedy]:
    """What is possible in this state, by name."""
    offered = {
        "example": Remedy("Take the example", "Fills the form with an example that works.", deeds.take_example),
        "change": Remedy("Change model…", "Picks another model. Ctrl+O.", deeds.change_model),
        "again": Remedy("Run again", "Runs with the input as it is now.", deeds.run_again),
        "ignore memory": Remedy(
            "Run all the same",
            "Runs without the check of memory. The computer may become slow, or the system may end the run.",
            deeds.run_ignoring_memory,
        ),
        "settings": Remedy("Open Settings", "Shows the page Settings. Ctrl+6.", deeds.open_settings),
        "look": Remedy("Look again", "Looks into the model once more.", deeds.look_again),
        "download": _download(state, deeds),
    }
    if state.model is None:
        offered["starter"] = Remedy("Use the starter", "Takes the model that came with Fastpath.", deeds.use_starter)
    else:
        offered["keep"] = Remedy("Keep present model", "Leaves it at the model that was there.", deeds.keep_model)
        if state.model.consent:
            offered["allow"] = Remedy("Allow for this model", state.model.consent, deeds.allow)
    modes = state.catalogue.modes if state.catalogue is not None else ()
    if modes and (state.run is None or state.run.request.mode != modes[0].id):
        offered["first mode"] = Remedy(
            f"Pick {modes[0].title}",
            "Chooses plain PyTorch, which runs wherever the model does.",
            deeds.pick_first_mode,
        )
    return offered


def _download(state: State, deeds: Deeds) -> Remedy:
    code = state.model_failure.code if state.model_failure is not None else ""
    title = {"NotDownloaded": "Download", "Stopped": "Go on downloading"}.get(code, "Try again")
    what = "its tokenizer" if state.missing is not None and state.missing.part == "tokenizer" else "the model"
    return Remedy(title, f"Brings {what} from the Hub; what was received before is not fetched again.", deeds.download)
