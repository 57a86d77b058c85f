"""Symbolic links in a model's folder: none may lead out of it, as what lies there would be read as the model."""

import os
from pathlib import Path

from engine.wire.errors import ModelBroken, UnsafeWeights

_READ_ENDINGS = frozenset(
    {
        *(".json", ".txt", ".model", ".jinja", ".safetensors", ".onnx", ".onnx_data", ".data"),
        *(".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5"),
    }
)
"""Endings of what belongs to a model; links of other names are nobody's concern."""


def check(folder: Path) -> None:
    """Raises UnsafeWeights for a link that leads out; the Hub's shared cache links to its own files.

    Looks at the folder and its direct subfolders, which is as deep as anything is read from.
    """
    for file in _links(folder):
        try:
            inside = stays_inside(folder, file)
        except (OSError, RuntimeError) as error:
            raise ModelBroken(f"The link {file.name} of {folder.name} leads nowhere.", details=str(error)) from error
        if not inside:
            raise UnsafeWeights(
                f"{file.relative_to(folder)} of {folder.name} is a link to a file outside of the model's folder.",
                "Copy the file itself into the folder if you trust where the link leads.",
            )


def stays_inside(folder: Path, file: Path) -> bool:
    """Whether ``file``, with all links followed, is in ``folder``, or is one of the files of the same model
    in the Hub's shared cache. Raises OSError, and RuntimeError where links go in a circle.
    """
    home, place = folder.resolve(), file.resolve()
    return place.is_relative_to(home) or _is_blob(place, home)


def _is_blob(place: Path, home: Path) -> bool:
    snapshots = next((part for part in home.parents if part.name == "snapshots"), None)
    return snapshots is not None and place.parent == snapshots.parent / "blobs"


def _links(folder: Path) -> list[Path]:
    found = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if Path(entry.path).is_dir():
            inner = _belonging(Path(entry.path))
            if inner and entry.is_symlink():
                found.append(Path(entry.path))
            else:
                found += [file for file in inner if file.is_symlink()]
        elif entry.is_symlink() and Path(entry.name).suffix in _READ_ENDINGS:
            found.append(Path(entry.path))
    return found


def _belonging(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if Path(entry.name).suffix in _READ_ENDINGS]
    except PermissionError:
        return []
