"""The data that an ONNX graph keeps in other files: ONNX Runtime opens whatever file the graph names."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from engine.wire.errors import ModelBroken, UnsafeWeights


def require_inside(graph: Path) -> None:
    """Checks that all external data of ``graph`` are files of its own folder.

    A link may only lead to where the Hub's shared cache keeps its files (``blobs`` beside ``snapshots``).
    Reads the graph without its external data. Raises UnsafeWeights, ModelBroken.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        model = onnx.load(graph, load_external_data=False)
    except (DecodeError, OSError) as error:
        raise ModelBroken(f"The ONNX graph {graph.name} cannot be read.", details=str(error)) from error
    for location in sorted(set(_locations(model))):
        if not _is_inside(graph.parent, location):
            raise UnsafeWeights(
                f"The ONNX graph {graph.name} takes data from outside its folder (“{location[:80]}”).",
                "Pick another version of the model.",
            )
        if not (graph.parent / location).is_file():
            raise ModelBroken(f"The ONNX graph {graph.name} lacks its data: {location[:80]} is missing.")


def _locations(model: Any) -> Iterator[str]:
    """Of every tensor that lies elsewhere: initialisers, sparse ones, those in attributes and functions."""
    from onnx import TensorProto

    waiting = [model]
    while waiting:
        message = waiting.pop()
        if isinstance(message, TensorProto):
            yield from (entry.value for entry in message.external_data if entry.key == "location")
            continue
        for field, value in message.ListFields():
            if field.message_type is not None:
                waiting.extend(value if field.is_repeated else (value,))


def _is_inside(folder: Path, location: str) -> bool:
    kinds = (PurePosixPath(location), PureWindowsPath(location))
    if any(path.is_absolute() or path.drive or ".." in path.parts for path in kinds):
        return False
    home = folder.resolve()
    file = (folder / location).resolve()
    if file.is_file() and file.stat().st_nlink > 1:
        return False
    return file.is_relative_to(home) or _is_blob(file, home)


def _is_blob(file: Path, home: Path) -> bool:
    """Whether ``file`` is one of the files of the same model in the Hub's shared cache."""
    snapshots = next((part for part in home.parents if part.name == "snapshots"), None)
    return snapshots is not None and file.parent == snapshots.parent / "blobs"
