"""Question answering: the span of a context that answers a question.

The choice of the span follows Transformers' pipeline (after Chen et al., DrQA): the product of the
probabilities of start and end, at most 15 tokens apart, widened to whole words, equal answers of several
windows added up.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.models import arrays
from engine.models.facts import ModelFacts
from engine.models.tensors import Outputs
from engine.models.tokenizer import Tokenizer, as_batch, count_tokens, encode_in_windows
from engine.models.tokenizer_loading import open_tokenizer
from engine.task import WINDOWS_IN_BATCH, Encoded, example, output, read_fields, window_notice
from engine.wire.errors import BadInput
from engine.wire.values import Field, Result, TaskCard

if TYPE_CHECKING:
    from engine.models.arrays import Array

__all__ = ["auto_class", "card", "decode", "encode", "open", "same"]

card = TaskCard(
    id="question-answering",
    title="Question answering",
    plain="Finds the words of a text that answer a question.",
    fields=(
        Field(id="question", title="Question", kind="line", plain="What you want to know."),
        Field(id="context", title="Context", kind="text", plain="The text that holds the answer."),
    ),
    output="answer",
    example=example("question-answering"),
)
auto_class = "QuestionAnswering"

_WINDOW = 384
_OVERLAP = 128
_SPECIALS = 4
"""The most special tokens that a pair of texts gets."""
_LONGEST_ANSWER = 15
_CANDIDATES = 12


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    tokenizer: Tokenizer


def open(facts: ModelFacts, tokenizer: str) -> Any:
    """See ``Task.open``."""
    return _Reader(open_tokenizer(facts, tokenizer))


def encode(reader: _Reader, fields: Mapping[str, Any]) -> Encoded:
    """Windows of 384 tokens (or the model's length) after the question; neighbours share 128 tokens.

    Raises BadInput also for a question that leaves the context no room.
    """
    values = read_fields(card, fields)
    length = min(reader.tokenizer.max_tokens or _WINDOW, _WINDOW)
    overlap = min(_OVERLAP, length // 2)
    room = length - _SPECIALS - overlap - 1
    asked = count_tokens(reader.tokenizer, values["question"])
    if asked > room:
        raise BadInput(
            f"Question is too long: it has {asked:,} tokens, and at most {room:,} fit beside the context.",
            "Ask a shorter question.",
        )
    windows = encode_in_windows(reader.tokenizer, values["question"], values["context"], length, overlap)
    groups = [windows[start : start + WINDOWS_IN_BATCH] for start in range(0, len(windows), WINDOWS_IN_BATCH)]
    return Encoded(
        batches=tuple(as_batch(reader.tokenizer, group) for group in groups),
        state=(values["context"], windows),
        notices=window_notice(len(windows), length),
    )


def decode(reader: _Reader, encoded: Encoded, outputs: Sequence[Outputs]) -> Result:
    """``{answer, score, start, end}``; ``answer`` is empty where no token of the context can be one."""
    context, windows = encoded.state
    starts = [row for out in outputs for row in output(out, "start_logits")]
    ends = [row for out in outputs for row in output(out, "end_logits")]
    found: dict[str, dict[str, Any]] = {}
    for window, start_logits, end_logits in zip(windows, starts, ends, strict=True):
        for start_token, end_token, score in _spans(reader, window, start_logits, end_logits):
            start, end = _characters(window, start_token, end_token)
            answer = context[start:end]
            if answer.lower() in found:
                found[answer.lower()]["score"] += score
            else:
                found[answer.lower()] = {"answer": answer, "score": score, "start": start, "end": end}
    none: dict[str, Any] = {"answer": "", "score": 0.0, "start": 0, "end": 0}
    return Result(kind=card.output, value=max(found.values(), key=lambda span: float(span["score"]), default=none))


def same(reference: Result, other: Result) -> Sequence[bool]:
    """The same where the span is."""
    return [all(reference.value[key] == other.value[key] for key in ("start", "end"))]


def _spans(
    reader: _Reader, window: Any, start_logits: "Array", end_logits: "Array"
) -> Iterator[tuple[int, int, float]]:
    """The likeliest spans of one window: first token, last token, probability."""
    import numpy as np

    # The first token counts among the probabilities (some models mean "no answer" by it), never in a span.
    allowed = np.array(window.sequence_ids) == 1
    allowed |= np.array(window.ids) == reader.tokenizer.cls_id
    start, end = (
        arrays.softmax(np.where(allowed, logits[: len(window)], np.float32(-10000.0)))
        for logits in (start_logits, end_logits)
    )
    start[0] = end[0] = 0
    products = np.tril(np.triu(np.outer(start, end)), _LONGEST_ANSWER - 1).ravel()
    best = np.argsort(-products, kind="stable")[:_CANDIDATES]
    if len(products) > _CANDIDATES:
        near = np.argpartition(-products, _CANDIDATES)[:_CANDIDATES]
        best = near[np.argsort(-products[near])]
    for index in best:
        first, last = divmod(int(index), len(window))
        if allowed[first] and allowed[last]:
            yield first, last, float(products[index])


def _characters(window: Any, start_token: int, end_token: int) -> tuple[int, int]:
    """First and last character of the words that hold the tokens; of the tokens where there are no words."""
    start_word, end_word = window.token_to_word(start_token), window.token_to_word(end_token)
    if start_word is not None and end_word is not None:
        start, end = window.word_to_chars(start_word, 1), window.word_to_chars(end_word, 1)
        if start is not None and end is not None:
            return int(start[0]), int(end[1])
    return int(window.offsets[start_token][0]), int(window.offsets[end_token][1])
