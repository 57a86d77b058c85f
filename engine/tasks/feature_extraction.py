"""Feature extraction: the vectors that a model makes of a text."""

import contextlib
import dataclasses
import errno
import hashlib
import os
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import folders
from engine.models import arrays
from engine.models.facts import ModelFacts
from engine.models.tensors import Outputs
from engine.models.tokenizer import Tokenizer, all_tokens, as_batch
from engine.models.tokenizer import encode as tokenize
from engine.models.tokenizer_loading import open_tokenizer
from engine.task import Encoded, cut_notice, example, output, read_fields
from engine.wire.errors import DataFolder
from engine.wire.values import INLINE_ARRAY_BYTES, Field, Result, TaskCard

if TYPE_CHECKING:
    from engine.models.arrays import Array

__all__ = ["auto_class", "card", "decode", "encode", "open", "same"]

card = TaskCard(
    id="feature-extraction",
    title="Feature extraction",
    plain="Turns a text into the numbers that the model knows it by.",
    fields=(Field(id="inputs", title="Text", kind="text", plain="The text to turn into vectors."),),
    output="vectors",
    example=example("feature-extraction"),
)
auto_class = "FeatureExtraction"

_KEEP_S = 24 * 3600
_COSINE = 0.99


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    tokenizer: Tokenizer
    pooling: str
    normalize: bool


def open(facts: ModelFacts, tokenizer: str) -> Any:
    """See ``Task.open``."""
    return _Reader(open_tokenizer(facts, tokenizer), facts.pooling, facts.normalize)


def encode(reader: _Reader, fields: Mapping[str, Any]) -> Encoded:
    """One row."""
    encoding = tokenize(reader.tokenizer, read_fields(card, fields)["inputs"])
    return Encoded(
        batches=(as_batch(reader.tokenizer, [encoding]),),
        notices=cut_notice([all_tokens(encoding)], reader.tokenizer.max_tokens),
    )


def decode(reader: _Reader, encoded: Encoded, outputs: Sequence[Outputs]) -> Result:
    """Of a sentence model its vector [hidden], of length one where the model says so; of any other model [1,
    tokens, hidden]. The Hub gives the same. Arrays over INLINE_ARRAY_BYTES go to a file. Raises DataFolder.
    """
    features = output(outputs[0], "last_hidden_state")
    if reader.pooling:
        features = arrays.pool(features, encoded.batches[0], reader.pooling)[0]
        features = arrays.unit(features) if reader.normalize else features
    shape = tuple(int(size) for size in features.shape)
    if features.nbytes <= INLINE_ARRAY_BYTES:
        return Result(kind=card.output, value=features.tolist(), shape=shape)
    return Result(kind=card.output, value=None, shape=shape, array_file=str(_write(features)))


def same(reference: Result, other: Result) -> Sequence[bool]:
    """The same where no vector (of the text, or of each token) has a cosine below 0.99 to its reference.

    Where an array's file is gone by now, the comparison of raw outputs, which are that array, decides alone.
    """
    if reference.shape != other.shape:
        return [False]
    try:
        expected, given = arrays.unit(_rows(reference)), arrays.unit(_rows(other))
    except FileNotFoundError:
        return [True]
    return [bool(((expected * given).sum(axis=-1) >= _COSINE).all())]


def _rows(result: Result) -> "Array":
    import numpy as np

    if result.array_file:
        with np.load(result.array_file, allow_pickle=False) as stored:
            value = stored["value"]
    else:
        value = np.array(result.value, dtype=np.float32)
    rows: Array = value.reshape(-1, value.shape[-1])
    return rows


def _write(value: "Array") -> Path:
    """Into the results folder, whole or not at all; results of earlier days go.

    The name is a hash of shape and content: a run decodes at each of its calls, and equal results share one file.
    """
    import numpy as np

    folder = folders.part("results")
    content = np.ascontiguousarray(value)
    digest = hashlib.blake2b(content.data, digest_size=16, key=str(value.shape).encode())
    place = folder / f"{digest.hexdigest()}.npz"
    try:
        if place.is_file():
            os.utime(place)
            return place
        _remove_old(folder)
        unfinished = folder / f"{uuid.uuid4().hex}.part.npz"
        np.savez(unfinished, value=value)
        unfinished.replace(place)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise  # a full disk has words of its own
        raise DataFolder(f"The result cannot be written to {folder}.", details=str(error)) from error
    return place


def _remove_old(folder: Path) -> None:
    for file in folder.glob("*.npz"):
        with contextlib.suppress(FileNotFoundError):  # another process was faster
            if file.stat().st_mtime < time.time() - _KEEP_S:
                file.unlink()
