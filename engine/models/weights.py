"""What a model's weight files are: safetensors headers read and checked, without loading a tensor.

The rules are those of the format's description (https://github.com/huggingface/safetensors#format): a header
of at most 100 MB, tensors that follow each other without a hole or an overlap, and end with the file.
"""

import dataclasses
import math
from pathlib import Path
from typing import Any

import msgspec

from engine.wire.errors import ModelBroken, UnsafeWeights

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
ONNX_PLACES = ("model.onnx", "onnx/model.onnx")

_HEADER_LIMIT_BYTES = 100_000_000
_INDEX_LIMIT_BYTES = 64 * 1024 * 1024
_FLOAT_BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8}
_BITS = _FLOAT_BITS | {
    "I64": 64,
    "U64": 64,
    "I32": 32,
    "U32": 32,
    "I16": 16,
    "U16": 16,
    "I8": 8,
    "U8": 8,
    "BOOL": 8,
}
_CODE_ENDINGS = {".bin": "pickle", ".pt": "pickle", ".pth": "pickle", ".ckpt": "pickle", ".h5": "Keras"}


class _Tensor(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Weights:
    """``files`` are relative to the model's folder. ``parameters`` is 0 where only an ONNX graph is there."""

    kind: str
    files: tuple[str, ...]
    onnx_file: str
    parameters: int


def read(folder: Path) -> Weights:
    """The weights of the model in ``folder``. Raises ModelBroken, UnsafeWeights (pickled weights alone)."""
    onnx_file = next((name for name in ONNX_PLACES if (folder / name).is_file()), "")
    if (folder / SINGLE).is_file():
        return Weights("safetensors", (SINGLE,), onnx_file, _parameters(header(folder / SINGLE)))
    if (folder / INDEX).is_file():
        return _sharded(folder, onnx_file)
    if onnx_file:
        return Weights("ONNX", (onnx_file,), onnx_file, 0)
    kinds = {_CODE_ENDINGS[file.suffix] for file in folder.iterdir() if file.suffix in _CODE_ENDINGS}
    if kinds:
        named = " and ".join(sorted(kinds))
        raise UnsafeWeights(f"The weights of {folder.name} are only in {named} files, which can run code.")
    raise ModelBroken(f"The folder {folder.name} has no weights ({SINGLE} or model.onnx).")


def header(file: Path) -> dict[str, _Tensor]:
    """The checked header of a safetensors file: tensors by name. Raises ModelBroken."""
    try:
        size_bytes = file.stat().st_size
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if size_bytes < 8 or length > size_bytes - 8:
                raise _broken(file, "is cut short")
            if length > _HEADER_LIMIT_BYTES:
                raise _broken(file, "has a header larger than the format allows")
            text = stream.read(length)
        raw: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
        raw.pop("__metadata__", None)
        tensors = msgspec.convert(raw, dict[str, _Tensor], strict=True)
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
        if tensor.dtype not in _BITS or min(tensor.shape, default=0) < 0:
            raise _broken(file, f"has a tensor of an unknown kind ({tensor.dtype})")
        if end > data_bytes:
            raise _broken(file, "is cut short")
        if begin != at or end - begin != math.prod(tensor.shape) * _BITS[tensor.dtype] // 8:
            raise _broken(file, "has tensors that overlap or do not follow each other")
        at = end
    if at != data_bytes:
        raise _broken(file, "has data that belongs to no tensor")


def _sharded(folder: Path, onnx_file: str) -> Weights:
    index = folder / INDEX
    try:
        if index.stat().st_size > _INDEX_LIMIT_BYTES:
            raise _broken(index, "is larger than any real index")
        shard_of = msgspec.json.decode(index.read_bytes(), type=_Index).weight_map
    except (OSError, msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _broken(index, "cannot be read") from error
    names = tuple(sorted(set(shard_of.values())))
    parameters = 0
    for name in names:
        if not _is_plain(name) or not name.endswith(".safetensors"):
            raise _broken(index, f"names a file that is not a part of the model (“{name}”)")
        if not (folder / name).is_file():
            raise ModelBroken(f"The weights of {folder.name} are not complete: {name} is missing.")
        tensors = header(folder / name)
        if any(tensor not in tensors for tensor, shard in shard_of.items() if shard == name):
            raise _broken(folder / name, f"lacks tensors that {INDEX} promises")
        parameters += _parameters(tensors)
    if not names:
        raise _broken(index, "names no file")
    return Weights("safetensors", names, onnx_file, parameters)


class _Index(msgspec.Struct, frozen=True):
    weight_map: dict[str, str]


def _is_plain(name: str) -> bool:
    return name not in ("", ".", "..") and not any(sign in name for sign in ("/", "\\", ":", "\0"))


def _parameters(tensors: dict[str, _Tensor]) -> int:
    """Floating numbers only: old files carry tables of positions as integers, which are not learned."""
    return sum(math.prod(tensor.shape) for tensor in tensors.values() if tensor.dtype in _FLOAT_BITS)


def _broken(file: Path, what: str) -> ModelBroken:
    return ModelBroken(f"The file {file.name} of {file.parent.name} {what}.")
