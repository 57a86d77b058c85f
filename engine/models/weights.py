"""What a model's weight files are: safetensors headers read and checked, without loading a tensor.

The rules are those of the format's description (https://github.com/huggingface/safetensors#format): tensors that
follow each other without a hole or an overlap, and end with the file.
"""

import dataclasses
import math
from pathlib import Path
from typing import Any

import msgspec

from engine.models import onnx_data, pickled
from engine.models.plain import quoted
from engine.wire.errors import ModelBroken

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
ONNX_PLACES = ("model.onnx", "onnx/model.onnx")

HEADER_LIMIT_BYTES = 25_000_000
"""The format allows 100 MB; that of a text encoder with a thousand tensors has 0.1 MB."""

_MOST_DIMENSIONS = 16
_INDEX_LIMIT_BYTES = 64 * 1024 * 1024
_FLOAT_BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8}
_WHOLE_BITS = {"I64": 64, "U64": 64, "I32": 32, "U32": 32, "I16": 16, "U16": 16, "I8": 8, "U8": 8, "BOOL": 8}
_BITS = _FLOAT_BITS | _WHOLE_BITS


def learned(counts: dict[str, int]) -> int:
    """Of numbers by their format those that are learned: old files carry tables of positions as integers."""
    return sum(count for kind, count in counts.items() if kind in _FLOAT_BITS)


def stored_bytes(counts: dict[str, int]) -> int:
    """What so many numbers of each format take in a file. An unknown format counts as fp32."""
    return sum(count * _BITS.get(kind, 32) // 8 for kind, count in counts.items())


class _Tensor(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Weights:
    """``kind``: ``safetensors``, ``ONNX`` or ``pickle``. ``files`` are relative to the model's folder.

    From the headers of safetensors, else 0: ``parameters``, ``tensors``, and ``longest``, the largest of all
    dimensions. ``outputs``: the names of an ONNX graph's outputs, where it is alone.
    """

    kind: str
    files: tuple[str, ...]
    onnx_file: str
    parameters: int = 0
    tensors: int = 0
    longest: int = 0
    outputs: tuple[str, ...] = ()


def read(folder: Path, prefer_pickle: bool = False) -> Weights:
    """The weights of the model in ``folder``: safetensors, else ONNX, else pickled ones.

    ``prefer_pickle``: rather than ONNX, as the person allowed it. Raises ModelBroken, UnsafeWeights,
    NotForThisModel.
    """
    if (folder / SINGLE).is_file():
        return _counted((SINGLE,), [header(folder / SINGLE)], _onnx_beside(folder))
    if (folder / INDEX).is_file():
        return _sharded(folder)
    onnx_files = _onnx_alone(folder)
    pickles = _pickles(folder)
    if pickles and (prefer_pickle or not onnx_files):
        return Weights("pickle", pickles, onnx_files[0] if onnx_files else "")
    if onnx_files:
        return Weights("ONNX", onnx_files, onnx_files[0], outputs=onnx_data.outputs(folder / onnx_files[0]))
    pickled.refuse_others(folder)
    raise ModelBroken(f"The folder {folder.name} has no weights ({SINGLE} or model.onnx).")


def _onnx_alone(folder: Path) -> tuple[str, ...]:
    """The graph and the files of its data, by names relative to the model's folder; none without a graph."""
    name = next((name for name in ONNX_PLACES if (folder / name).is_file()), "")
    if not name:
        return ()
    beside = onnx_data.require_inside(folder / name)
    return (name, *((folder / name).with_name(data).relative_to(folder).as_posix() for data in beside))


def _onnx_beside(folder: Path) -> str:
    """A damaged graph beside whole weights is passed over: one can be exported from them."""
    try:
        return next(iter(_onnx_alone(folder)), "")
    except ModelBroken:
        return ""


def _pickles(folder: Path) -> tuple[str, ...]:
    if (folder / pickled.SINGLE).is_file():
        names: tuple[str, ...] = (pickled.SINGLE,)
    elif (folder / pickled.INDEX).is_file():
        names = _shards(folder, pickled.INDEX, ".bin")[0]
    else:
        return ()
    for name in names:
        pickled.refuse_disguise(folder / name)
    return names


def header(file: Path) -> dict[str, _Tensor]:
    """The checked header of a safetensors file: tensors by name. Raises ModelBroken."""
    try:
        size_bytes = file.stat().st_size
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            pickled.refuse_disguise(file)
            if size_bytes >= 8 and length > HEADER_LIMIT_BYTES:
                raise _broken(file, "has a header far larger than any real one")
            if length > size_bytes - 8:
                raise _broken(file, "is cut short")
            text = stream.read(length)
        tensors = parsed(text)
    except OutsizedShape as error:
        raise _broken(file, f"has a tensor of an unknown kind ({error})") from error
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeDecodeError) as error:
        raise _broken(file, "has a header that cannot be read") from error
    except OSError as error:
        raise _broken(file, "cannot be read") from error
    _check_layout(file, tensors, size_bytes - 8 - length)
    return tensors


def _check_layout(file: Path, tensors: dict[str, _Tensor], data_bytes: int) -> None:
    at = 0
    for tensor in sorted(tensors.values(), key=lambda tensor: tensor.data_offsets):
        begin, end = tensor.data_offsets
        if tensor.dtype not in _BITS:
            raise _broken(file, f"has a tensor of an unknown kind ({quoted(tensor.dtype)})")
        if end > data_bytes:
            raise _broken(file, "is cut short")
        if begin != at or end - begin != math.prod(tensor.shape) * _BITS[tensor.dtype] // 8:
            raise _broken(file, "has tensors that overlap or do not follow each other")
        at = end
    if at != data_bytes:
        raise _broken(file, "has data that belongs to no tensor")


def _sharded(folder: Path) -> Weights:
    names, shard_of = _shards(folder, INDEX, ".safetensors")
    headers = {name: header(folder / name) for name in names}
    for tensor, name in shard_of.items():
        if tensor not in headers[name]:
            raise _broken(folder / name, f"lacks tensors that {INDEX} promises")
    return _counted(names, list(headers.values()), _onnx_beside(folder))


def _shards(folder: Path, index_name: str, ending: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The names of the parts that an index lists, each of which is there, and for each tensor its part."""
    index = folder / index_name
    try:
        if index.stat().st_size > _INDEX_LIMIT_BYTES:
            raise _broken(index, "is larger than any real index")
        shard_of = msgspec.json.decode(index.read_bytes(), type=_Index).weight_map
    except (OSError, msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _broken(index, "cannot be read") from error
    names = tuple(sorted(set(shard_of.values())))
    if not names:
        raise _broken(index, "names no file")
    for name in names:
        if not _is_plain(name) or not name.endswith(ending):
            raise _broken(index, f"names a file that is not a part of the model ({quoted(name)})")
        if not (folder / name).is_file():
            raise ModelBroken(f"The weights of {folder.name} are not complete: {name} is missing.")
    return names, shard_of


class _Index(msgspec.Struct, frozen=True):
    weight_map: dict[str, str]


def _is_plain(name: str) -> bool:
    return name not in ("", ".", "..") and name.isprintable() and not any(sign in name for sign in "/\\:")


def _counted(names: tuple[str, ...], headers: list[dict[str, _Tensor]], onnx_file: str) -> Weights:
    tensors = [tensor for found in headers for tensor in found.values()]
    parameters = learned(counts_of(headers))
    longest = max((size for tensor in tensors for size in tensor.shape), default=0)
    return Weights("safetensors", names, onnx_file, parameters, len(tensors), longest)


def counts_of(headers: list[dict[str, _Tensor]]) -> dict[str, int]:
    """How many numbers of each format the tensors hold."""
    counts: dict[str, int] = {}
    for tensor in (tensor for found in headers for tensor in found.values()):
        counts[tensor.dtype] = counts.get(tensor.dtype, 0) + math.prod(tensor.shape)
    return counts


def parsed(text: bytes) -> dict[str, _Tensor]:
    """The tensors that the JSON of a safetensors header names. Raises msgspec.DecodeError (OutsizedShape among
    them), RecursionError, UnicodeDecodeError.
    """
    raw: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
    raw.pop("__metadata__", None)
    tensors = msgspec.convert(raw, dict[str, _Tensor], strict=True)
    for tensor in tensors.values():
        if len(tensor.shape) > _MOST_DIMENSIONS or min(tensor.shape, default=0) < 0:
            raise OutsizedShape(quoted(tensor.dtype))
    return tensors


class OutsizedShape(msgspec.ValidationError):
    """A shape that no tensor has, whose sizes could take hours to multiply; says the tensor's format."""


def _broken(file: Path, what: str) -> ModelBroken:
    return ModelBroken(f"The file {file.name} of {file.parent.name} {what}.")
