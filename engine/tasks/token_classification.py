"""Token classification: names of persons, places and the like in a text, grouped as the Hub groups them
("simple").
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.models import arrays
from engine.models.facts import ModelFacts
from engine.models.tensors import Outputs
from engine.models.tokenizer import Tokenizer, as_batch, encode_in_windows, join_tokens
from engine.models.tokenizer_loading import open_tokenizer
from engine.task import WINDOWS_IN_BATCH, Encoded, example, labels_of, output, read_fields, window_notice
from engine.wire.values import Field, Result, TaskCard

if TYPE_CHECKING:
    from engine.models.arrays import Array

__all__ = ["auto_class", "card", "decode", "encode", "open", "same"]

card = TaskCard(
    id="token-classification",
    title="Token classification",
    plain="Finds names of persons, places and the like in a text.",
    fields=(Field(id="inputs", title="Text", kind="text", plain="The text to look through."),),
    output="entities",
    example=example("token-classification"),
)
auto_class = "TokenClassification"

_WINDOW = 512
_OVERLAP = 128


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    tokenizer: Tokenizer
    labels: Mapping[int, str]


@dataclasses.dataclass(frozen=True, slots=True)
class _Token:
    label: str
    score: float
    text: str
    start: int
    end: int


def open(facts: ModelFacts, tokenizer: str) -> Any:
    """See ``Task.open``."""
    return _Reader(open_tokenizer(facts, tokenizer), labels_of(facts))


def encode(reader: _Reader, fields: Mapping[str, Any]) -> Encoded:
    """One row, or for a text longer than the model overlapping windows over all of it."""
    text = read_fields(card, fields)["inputs"]
    length = reader.tokenizer.max_tokens or _WINDOW
    windows = encode_in_windows(reader.tokenizer, text, None, length, min(_OVERLAP, length // 4))
    groups = [windows[start : start + WINDOWS_IN_BATCH] for start in range(0, len(windows), WINDOWS_IN_BATCH)]
    return Encoded(
        batches=tuple(as_batch(reader.tokenizer, group) for group in groups),
        state=(text, windows),
        notices=window_notice(len(windows), length),
    )


def decode(reader: _Reader, encoded: Encoded, outputs: Sequence[Outputs]) -> Result:
    """Entities in the order of the text: ``{entity_group, score, word, start, end}``, as the pipeline with
    ``aggregation_strategy="simple"`` (and ``stride`` where there are windows) gives them.
    """
    text, windows = encoded.state
    logits = [row for out in outputs for row in output(out, "logits")]
    found = [
        entity
        for window, row in zip(windows, logits, strict=True)
        for entity in _group(reader, _tokens(reader, text, window, row))
    ]
    return Result(kind=card.output, value=_without_overlaps(found) if len(windows) > 1 else found)


def same(reference: Result, other: Result) -> Sequence[bool]:
    """The same where spans and groups of all entities are."""
    keys = ("start", "end", "entity_group")
    expected, given = ([tuple(entity[key] for key in keys) for entity in side.value] for side in (reference, other))
    return [expected == given]


def _tokens(reader: _Reader, text: str, window: Any, logits: "Array") -> list[_Token]:
    """The tokens of one window, without special ones and padding."""
    scores = arrays.softmax(logits[: len(window)])
    best = scores.argmax(axis=-1)
    tokens = []
    for index, (token_id, (start, end), special) in enumerate(
        zip(window.ids, window.offsets, window.special_tokens_mask, strict=True)
    ):
        if special:
            continue
        label = int(best[index])
        word = text[start:end] if token_id == reader.tokenizer.unk_id else window.tokens[index]
        tokens.append(_Token(reader.labels.get(label, f"LABEL_{label}"), float(scores[index, label]), word, start, end))
    return tokens


def _group(reader: _Reader, tokens: list[_Token]) -> list[dict[str, Any]]:
    """Neighbours of one kind together, where the latter does not begin a new one (B-); O is left out."""
    groups: list[list[_Token]] = []
    for token in tokens:
        if groups and not token.label.startswith("B-") and _kind(token) == _kind(groups[-1][-1]):
            groups[-1].append(token)
        else:
            groups.append([token])
    return [
        {
            "entity_group": group[0].label.split("-", 1)[-1],
            "score": sum(token.score for token in group) / len(group),
            "word": join_tokens(reader.tokenizer, [token.text for token in group]),
            "start": group[0].start,
            "end": group[-1].end,
        }
        for group in groups
        if group[0].label.split("-", 1)[-1] != "O"
    ]


def _kind(token: _Token) -> str:
    return token.label[2:] if token.label.startswith(("B-", "I-")) else token.label


def _without_overlaps(entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of entities that overlap (two windows saw them) the longer, then the likelier, as the pipeline does."""
    kept: list[dict[str, Any]] = []
    for entity in sorted(entities, key=lambda entity: int(entity["start"])):
        if kept and kept[-1]["start"] <= entity["start"] < kept[-1]["end"]:
            kept[-1] = max(kept[-1], entity, key=lambda one: (one["end"] - one["start"], one["score"]))
        else:
            kept.append(entity)
    return kept
