"""Where data lives. ``FASTPATH_HOME`` moves all of it."""

import os
from pathlib import Path

import platformdirs

from engine.wire.errors import DataFolder


def home() -> Path:
    """The data folder, made if needed. Raises DataFolder where it can't be made or written."""
    named = os.environ.get("FASTPATH_HOME")
    folder = Path(named).expanduser().absolute() if named else Path(platformdirs.user_data_dir("fastpath", False))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolder(f"The data folder {folder} cannot be made.", details=str(error)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DataFolder(f"The data folder {folder} cannot be written.")
    return folder


def part(*names: str) -> Path:
    """A folder inside ``home()``, made if needed."""
    folder = home().joinpath(*names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolder(f"The data folder {folder} cannot be made.", details=str(error)) from error
    return folder
