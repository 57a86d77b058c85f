"""What the system does not let Fastpath read of a model, in a sentence that names it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from engine.wire.errors import ModelBroken


@contextlib.contextmanager
def told() -> Iterator[None]:
    """The border to the file system where a model is read: an OSError becomes ModelBroken.

    Even asking whether a file is there fails where its folder may not be entered.
    """
    try:
        yield
    except OSError as error:
        remedy = "Allow your user to read it, or pick another model." if isinstance(error, PermissionError) else ""
        raise ModelBroken(f"{_named(error)} cannot be read.", remedy, str(error)) from error


def _named(error: OSError) -> str:
    if not isinstance(error.filename, str | os.PathLike):
        return "A file of the model"
    place = Path(error.filename)
    closed = (folder for folder in reversed(place.parents) if not os.access(folder, os.X_OK))
    folder = next(closed, None) if isinstance(error, PermissionError) else None
    if folder is None and os.path.isdir(place):  # noqa: PTH112 - Path.is_dir may raise
        folder = place
    return f"The folder {folder}" if folder else f"The file {place.name} of {place.parent.name}"
