"""Reference outputs: what eager fp32 answered for an encoded input, so that checking again costs nothing."""

import contextlib
import hashlib
import io
import logging
import os
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from engine import folders
from engine.runtimes.command import MAIN_TORCH
from engine.store import versions, whole

log = logging.getLogger(__name__)

LIMIT_BYTES = 2 * 1024**3
"""Of all that is kept, and so of one: a word for each token of forty texts is 0.7 GB with a vocabulary of 250,000."""
_DIGEST_BYTES = 32


_Found = TypeVar("_Found")
Batches = tuple[Mapping[str, Any], ...]
"""One mapping a batch, from an output's name to a numpy array (float32, as eager gave)."""


def key(content_key: str, task: str, batches: Iterable[Mapping[str, Any]]) -> str:
    """Names an encoded input of a model, alike in every runtime. ``batches``: its inputs, tensors on the CPU or numpy
    arrays.
    """
    import numpy

    digest = hashlib.sha256(msgspec.json.encode([content_key, task, _versions()], order="deterministic"))
    for batch in batches:
        for name in sorted(batch):
            array = numpy.ascontiguousarray(batch[name])
            digest.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
            digest.update(array.tobytes())
        digest.update(b"\1")
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    """Of what computed the reference: always the main runtime's PyTorch, also seen from another runtime."""
    torch = os.environ.get(MAIN_TORCH) or versions.installed().get("torch", "")
    return {"torch": torch, "transformers": versions.installed().get("transformers", "")}


def is_known(named: str) -> bool:
    """As ``find`` would find it, at the cost of reading it alone."""
    return _read(named, lambda stream: True) is not None


def find(named: str) -> Batches | None:
    """The reference kept under ``named``; a damaged one is removed and counts as not known."""
    return _read(named, _decode)


def _read(named: str, how: Callable[[BinaryIO], _Found]) -> _Found | None:
    file = _file(named)
    try:
        with file.open("rb") as stream:
            digest = stream.read(_DIGEST_BYTES)
            if hashlib.file_digest(stream, "sha256").digest() != digest:
                raise ValueError("its content has changed")
            stream.seek(_DIGEST_BYTES)
            found = how(stream)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        log.warning("The reference %s cannot be read and is removed: %s", file.name, error)
        whole.remove(file)
        return None
    os.utime(file)
    return found


def keep(named: str, reference: Batches, limit_bytes: int = LIMIT_BYTES) -> bool:
    """Keeps a reference; the least recently used go past ``limit_bytes``. False for one larger than that, which is not
    kept. Raises DiskFull, DataFolder.
    """
    if _size_bytes(reference) > limit_bytes:
        return False
    file = _file(named)
    whole.write(file, _encode(reference))
    _free_up(file.parent, limit_bytes)
    return True


def _encode(reference: Batches) -> memoryview:
    """A SHA-256, then an .npz: a zip's own sums do not cover its list of contents, so a part could be lost."""
    import numpy

    arrays = {
        f"{number}/{name}": numpy.asarray(array)
        for number, batch in enumerate(reference)
        for name, array in batch.items()
    }
    stream = io.BytesIO(bytes(_DIGEST_BYTES))
    stream.seek(_DIGEST_BYTES)
    numpy.savez(stream, allow_pickle=False, **arrays)
    content = stream.getbuffer()
    content[:_DIGEST_BYTES] = hashlib.sha256(content[_DIGEST_BYTES:]).digest()
    return content


def _decode(stream: BinaryIO) -> Batches:
    import numpy

    batches: dict[int, dict[str, Any]] = {}
    with numpy.load(stream, allow_pickle=False) as arrays:
        for name in arrays.files:
            number, _, output = name.partition("/")
            batches.setdefault(int(number), {})[output] = arrays[name]
    return tuple(batches[number] for number in sorted(batches))


def _size_bytes(reference: Batches) -> int:
    return sum(int(array.nbytes) for batch in reference for array in batch.values())


def _free_up(folder: Path, limit_bytes: int) -> None:
    whole.sweep(folder)
    files = []
    for file in folder.glob("*.reference"):
        with contextlib.suppress(FileNotFoundError):  # another process frees up as well
            files.append((file, file.stat()))
    total = sum(status.st_size for _, status in files)
    for file, status in sorted(files, key=lambda pair: pair[1].st_mtime_ns):
        if total <= limit_bytes:
            return
        total -= status.st_size
        whole.remove(file)


def _file(named: str) -> Path:
    return folders.part("outputs") / f"{named}.reference"
