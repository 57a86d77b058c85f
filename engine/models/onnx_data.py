"""The data that an ONNX graph keeps in other files: ONNX Runtime opens whatever file the graph names.

The graph is walked as bytes (``engine.models.protobuf``), so that looking into one of gigabytes takes
milliseconds and needs no library.
"""

import mmap
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple, TypeVar

from engine.models import links
from engine.models.plain import quoted
from engine.models.protobuf import Buffer, Malformed, parts
from engine.wire.errors import ModelBroken, UnsafeWeights

Value = TypeVar("Value")

WAYS = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto", 10: "TensorProto", 6: "GraphProto", 11: "GraphProto",
        22: "SparseTensorProto", 23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
}  # fmt: skip
"""Every way from a model to a tensor, by field numbers (onnx.proto); a test compares them with the library."""

_GRAPH, _OUTPUT, _NAME = 7, 12, 1
_EXTERNAL_DATA = 13
_KEY, _VALUE = 1, 2


class _Entry(NamedTuple):
    """Where a tensor's bytes are, as the graph says."""

    location: str
    offset: str
    length: str


def outputs(graph: Path) -> tuple[str, ...]:
    """The names of what ``graph`` gives. Raises ModelBroken."""
    return tuple(_walked(graph, _outputs))


def require_inside(graph: Path) -> tuple[str, ...]:
    """The files beside ``graph`` that hold its tensors, each checked to be a file of its own folder.

    A link may only lead to where the Hub's shared cache keeps its files (``blobs`` beside ``snapshots``).
    Raises UnsafeWeights, ModelBroken.
    """
    found = sorted(set(_walked(graph, _of_tensors)))
    for entry in found:
        _check(graph, entry)
    return tuple(sorted({entry.location for entry in found}))


def _walked(graph: Path, walk: Callable[[Buffer, int], Iterator[Value]]) -> list[Value]:
    """What ``walk`` finds in the file's bytes. Raises ModelBroken."""
    try:
        with graph.open("rb") as stream:
            size_bytes = graph.stat().st_size
            if not size_bytes:  # no map of nothing
                return []
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return list(walk(data, size_bytes))
    except (Malformed, OSError) as error:
        raise ModelBroken(f"The ONNX graph {graph.name} cannot be read.", details=str(error)) from error


def _outputs(data: Buffer, size_bytes: int) -> Iterator[str]:
    for number, begin, end in parts(data, 0, size_bytes):
        if number != _GRAPH:
            continue
        for field, first, last in parts(data, begin, end):
            if field != _OUTPUT:
                continue
            for inner, a, b in parts(data, first, last):
                if inner == _NAME:
                    yield data[a:b].decode("utf-8", "replace")


def _of_tensors(data: Buffer, size_bytes: int) -> Iterator[_Entry]:
    """Of every tensor: initialisers, sparse ones, those in attributes, subgraphs, functions and training."""
    waiting = [("ModelProto", 0, size_bytes)]
    while waiting:
        kind, begin, end = waiting.pop()
        if kind == "TensorProto":
            yield from _of_tensor(data, begin, end)
            continue
        ways = WAYS[kind]
        for number, first, last in parts(data, begin, end):
            if number in ways:
                waiting.append((ways[number], first, last))


def _of_tensor(data: Buffer, begin: int, end: int) -> Iterator[_Entry]:
    pairs = [
        {field: data[a:b].decode("utf-8", "replace") for field, a, b in parts(data, first, last)}
        for number, first, last in parts(data, begin, end)
        if number == _EXTERNAL_DATA
    ]
    said = {pair.get(_KEY, ""): pair.get(_VALUE, "") for pair in pairs}
    # A key may come twice, and readers differ in which one they take: each place is looked at.
    for pair in pairs:
        if pair.get(_KEY) == "location":
            yield _Entry(pair.get(_VALUE, ""), said.get("offset", ""), said.get("length", ""))


def _check(graph: Path, entry: _Entry) -> None:
    place = quoted(entry.location)
    file = graph.parent / entry.location
    try:
        is_safe, size_bytes = _is_inside(graph.parent, entry.location), file.stat().st_size
        is_file = file.is_file()
    except (OSError, ValueError):  # ValueError: a zero byte in the name
        is_safe, is_file, size_bytes = _looks_inside(entry.location), False, 0
    if not is_safe:
        raise UnsafeWeights(
            f"The ONNX graph {graph.name} takes data from outside its folder ({place}).",
            "Pick another version of the model.",
        )
    if not is_file:
        raise ModelBroken(f"The ONNX graph {graph.name} lacks its data: {place} is missing.")
    offset, length = _number(entry.offset), _number(entry.length)
    if offset is None or length is None or offset + length > size_bytes:
        raise ModelBroken(f"The ONNX graph {graph.name} and its data do not fit: {place} is cut short.")


def _number(text: str) -> int | None:
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _looks_inside(location: str) -> bool:
    kinds = (PurePosixPath(location), PureWindowsPath(location))
    return not any(path.is_absolute() or path.drive or path.root or ".." in path.parts for path in kinds)


def _is_inside(folder: Path, location: str) -> bool:
    """A hard link shows no other place: a file with two names may be anybody's. The Hub's cache has none."""
    if not _looks_inside(location):
        return False
    file = folder / location
    return links.stays_inside(folder, file) and file.stat().st_nlink == 1
