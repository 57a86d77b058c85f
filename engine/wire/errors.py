"""Failures, in two sentences each: what happened, what to do.

FastpathError
 ├─ UserFacing            the person or the machine can mend it (exit status 1)
 │   ├─ BadInput              a field is empty, of the wrong kind, or lacks what the task needs
 │   ├─ ModelNotFound         no model under that name or in that folder
 │   │   └─ NotDownloaded        a Hub model that is not on this computer, or only in part: it can be downloaded
 │   ├─ ModelGated            the Hub gives the model only to those who accepted its conditions
 │   ├─ SignInNeeded          the Hub does not tell or give the model to this person
 │   ├─ ModelBroken           a file of the model is damaged, cut or contradicts another
 │   ├─ UnsafeWeights         weights only as pickle, or a configuration that wants to run code
 │   ├─ NeedsRemoteCode       the repository wants its own code to be run
 │   ├─ NotForThisModel       this mode or task cannot serve this model
 │   ├─ ModeUnavailable       the mode lacks something on this computer
 │   ├─ NotEnoughMemory       the model needs more than is free
 │   ├─ DiskFull              no room for what must be written
 │   ├─ DataFolder            the data folder cannot be read or written
 │   ├─ Offline               the network is needed and not there
 │   ├─ TimedOut              something outside took too long
 │   ├─ EngineBusy            a run goes on, and this has to wait for its end
 │   └─ Stopped               the person stopped it (exit status 130)
 ├─ Defect                our mistake: a report ready to paste (exit status 3)
 └─ EngineDied            the engine process ended by itself (exit status 4)

A library's exception is translated into one of these once, at the border where the library is called.
"""

import platform
import sys
import traceback

from engine.wire.values import Failure

TOKEN_FIRST = "add your access token in Settings (in a terminal: fastpath models token --set)"


class FastpathError(Exception):
    """Base of all. ``details``: the full text for those who want it; ``about``: what it is about, as it was named."""

    sort = "user"
    what_to_do = ""
    hub = ""

    def __init__(self, what_happened: str, what_to_do: str = "", details: str = "", about: str = "") -> None:
        super().__init__(what_happened)
        self.about = about
        self.what_happened = what_happened
        self.what_to_do = what_to_do or type(self).what_to_do
        self.details = details


class UserFacing(FastpathError):
    """The person or the machine can mend it."""


class BadInput(UserFacing):
    what_to_do = "Change the input and run again."


class ModelNotFound(UserFacing):
    what_to_do = "Check the name, or pick the model's folder."


class NotDownloaded(ModelNotFound):
    """``hub``: the repository that is missing, as ``Failure.hub``."""

    what_to_do = "Download it, or pick a model's folder."

    def __init__(
        self, what_happened: str, what_to_do: str = "", details: str = "", about: str = "", hub: str = ""
    ) -> None:
        super().__init__(what_happened, what_to_do, details, about)
        self.hub = hub


class ModelGated(UserFacing):
    what_to_do = f"Accept the model's conditions on its page at the Hub, {TOKEN_FIRST}, then try again."


class SignInNeeded(UserFacing):
    what_to_do = f"To sign in, {TOKEN_FIRST}, then try again."


class ModelBroken(UserFacing):
    what_to_do = "Download or copy the model again."


class UnsafeWeights(UserFacing):
    what_to_do = "Pick a version of the model in the safetensors format."


class NeedsRemoteCode(UserFacing):
    what_to_do = "Pick a model that Transformers knows by itself."


class NotForThisModel(UserFacing):
    what_to_do = "Pick another acceleration or another model."


class ModeUnavailable(UserFacing):
    what_to_do = "Pick another acceleration."


class NotEnoughMemory(UserFacing):
    what_to_do = "Close other programs or pick a smaller model."


class DiskFull(UserFacing):
    what_to_do = "Free some disk space and run again."


class DataFolder(UserFacing):
    what_to_do = "Set FASTPATH_HOME to a folder that you can write to."


class Offline(UserFacing):
    what_to_do = "Check the network, or pick a model that is on this computer."


class TimedOut(UserFacing):
    what_to_do = "Run again; if it stays, pick another acceleration."


class EngineBusy(UserFacing):
    what_to_do = "Stop the run, then try again."


class Stopped(UserFacing):
    what_to_do = "Press Run to start again."

    def __init__(self, what_happened: str = "Stopped.", what_to_do: str = "", details: str = "") -> None:
        super().__init__(what_happened, what_to_do, details)


class Defect(FastpathError):
    """Our mistake. ``details`` is a report ready to paste."""

    sort = "defect"
    what_to_do = "Copy the details into a report to the makers of Fastpath."


class EngineDied(FastpathError):
    """The engine process ended without being asked to."""

    sort = "died"
    what_to_do = "Run again; a fresh engine is ready. If it happens again, pick another acceleration."


def failure_of(error: BaseException) -> Failure:
    """What a person reads of ``error``; anything that is not ours becomes a ``Defect`` with its traceback."""
    if isinstance(error, MemoryError):
        error = NotEnoughMemory("The computer ran out of memory.", details=_traceback_of(error))
    elif isinstance(error, OSError) and error.errno == 28:
        error = DiskFull("The disk is full.", details=_traceback_of(error))
    if not isinstance(error, FastpathError):
        error = Defect(f"Something in Fastpath went wrong ({type(error).__name__}).", details=_report(error))
    return Failure(
        code=type(error).__name__,
        sort=error.sort,  # type: ignore[arg-type]
        what_happened=error.what_happened,
        what_to_do=error.what_to_do,
        details=error.details or _cause_of(error),
        about=error.about,
        hub=error.hub,
    )


def _cause_of(error: BaseException) -> str:
    return _traceback_of(error.__cause__) if error.__cause__ is not None else ""


def _traceback_of(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).strip()


def _report(error: BaseException) -> str:
    from importlib import metadata

    names = ("fastpath", "torch", "transformers", "optimum", "onnxruntime", "PySide6-Essentials")
    versions = []
    for name in names:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return f"{platform.platform()}\nPython {sys.version}\n{', '.join(versions)}\n\n{_traceback_of(error)}"
