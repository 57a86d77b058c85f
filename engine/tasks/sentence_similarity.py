"""Sentence similarity: how near in meaning each sentence is to a first one, as cosines of their vectors."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from engine.models import arrays
from engine.models.facts import ModelFacts
from engine.models.tensors import Outputs
from engine.models.tokenizer import Tokenizer, all_tokens, as_batch
from engine.models.tokenizer import encode as tokenize
from engine.models.tokenizer_loading import open_tokenizer
from engine.task import SCORE_TOLERANCE, Encoded, cut_notice, example, output, read_fields
from engine.wire.values import Field, Result, TaskCard

__all__ = ["auto_class", "card", "decode", "encode", "open", "same"]

card = TaskCard(
    id="sentence-similarity",
    title="Sentence similarity",
    plain="Tells how near in meaning each sentence is to the first one.",
    fields=(
        Field(id="source_sentence", title="Source sentence", kind="line", plain="The sentence to compare with."),
        Field(id="sentences", title="Sentences", kind="lines", plain="One sentence a line."),
    ),
    output="scores",
    example=example("sentence-similarity"),
)
auto_class = "FeatureExtraction"

_ROWS = 32
"""Rows of a batch; longer lists go in several, texts of like length together, so that little is padding."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    tokenizer: Tokenizer
    pooling: str


def open(facts: ModelFacts, tokenizer: str) -> Any:
    """See ``Task.open``."""
    return _Reader(open_tokenizer(facts, tokenizer), facts.pooling or "mean")


def encode(reader: _Reader, fields: Mapping[str, Any]) -> Encoded:
    """The source sentence and the others as rows, longest first where there are more than one batch holds."""
    values = read_fields(card, fields)
    texts = [values["source_sentence"], *values["sentences"]]
    encodings = [tokenize(reader.tokenizer, text) for text in texts]
    order = list(range(len(texts)))
    if len(texts) > _ROWS:
        order.sort(key=lambda index: -len(encodings[index]))
    groups = [order[start : start + _ROWS] for start in range(0, len(order), _ROWS)]
    return Encoded(
        batches=tuple(as_batch(reader.tokenizer, [encodings[index] for index in group]) for group in groups),
        inputs=len(texts),
        state=order,
        notices=cut_notice([all_tokens(encoding) for encoding in encodings], reader.tokenizer.max_tokens),
    )


def decode(reader: _Reader, encoded: Encoded, outputs: Sequence[Outputs]) -> Result:
    """A list of cosines, one a sentence. Vectors are pooled as the sentence model says, by the mean where
    none does.
    """
    import numpy as np

    pooled = [
        arrays.pool(output(out, "last_hidden_state"), batch, reader.pooling)
        for out, batch in zip(outputs, encoded.batches, strict=True)
    ]
    vectors = arrays.unit(np.concatenate(pooled)[np.argsort(encoded.state)])
    scores = vectors[1:] @ vectors[0]
    return Result(kind=card.output, value=[float(score) for score in scores], shape=scores.shape)


def same(reference: Result, other: Result) -> Sequence[bool]:
    """One truth a sentence: its score is within the tolerance, and it passed none that was further away."""
    import numpy as np

    expected, given = np.array(reference.value), np.array(other.value)
    if expected.shape != given.shape:
        return [False] * len(expected)
    truths = []
    for score, new in zip(expected, given, strict=True):
        below, above = expected < score - SCORE_TOLERANCE, expected > score + SCORE_TOLERANCE
        passed = (below & (given > new)).any() or (above & (given < new)).any()
        truths.append(bool(abs(score - new) <= SCORE_TOLERANCE and not passed))
    return truths
