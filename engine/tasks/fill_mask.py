"""Fill mask: the words that fit into the gaps of a text."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from engine.models import arrays
from engine.models.facts import ModelFacts
from engine.models.tensors import Outputs
from engine.models.tokenizer import Tokenizer, all_tokens, as_batch
from engine.models.tokenizer import decode as text_of
from engine.models.tokenizer import encode as tokenize
from engine.models.tokenizer_loading import open_tokenizer
from engine.task import Encoded, cut_notice, example, output, read_fields
from engine.wire.errors import BadInput, NotForThisModel
from engine.wire.values import Field, Result, TaskCard

__all__ = ["auto_class", "card", "decode", "encode", "open", "same"]

card = TaskCard(
    id="fill-mask",
    title="Fill mask",
    plain="Finds words that fit into a gap of a text.",
    fields=(
        Field(
            id="inputs",
            title="Text",
            kind="text",
            plain="A text with [MASK] or <mask> where a word is missing.",
        ),
    ),
    output="mask",
    example=example("fill-mask"),
)
auto_class = "MaskedLM"

_TOP = 5
_COMMON_MASKS = ("[MASK]", "<mask>")


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    tokenizer: Tokenizer


def open(facts: ModelFacts, tokenizer: str) -> Any:
    """See ``Task.open``. Raises NotForThisModel also for a tokenizer without a mask token."""
    opened = open_tokenizer(facts, tokenizer)
    if opened.mask_id < 0:
        raise NotForThisModel("This model's tokenizer has no mask token.", "Pick another task or another model.")
    return _Reader(opened)


def encode(reader: _Reader, fields: Mapping[str, Any]) -> Encoded:
    """One row. Whichever of the usual mask tokens was written becomes the tokenizer's own.

    Raises BadInput also where no mask is in the text, or none in the part that the model reads.
    """
    tokenizer = reader.tokenizer
    text = read_fields(card, fields)["inputs"]
    for mask in _COMMON_MASKS:
        text = text.replace(mask, tokenizer.mask_token)
    encoding = tokenize(tokenizer, text)
    if tokenizer.mask_id not in encoding.ids:
        remedy = f"Write {tokenizer.mask_token} where the missing word belongs."
        if any(tokenizer.mask_id in part.ids for part in encoding.overflowing):
            raise BadInput(
                f"{tokenizer.mask_token} is beyond the {tokenizer.max_tokens} tokens that the model reads.",
                "Shorten the text.",
            )
        raise BadInput(f"Text has no {tokenizer.mask_token} in it.", remedy)
    return Encoded(
        batches=(as_batch(tokenizer, [encoding]),),
        state=encoding.ids,
        notices=cut_notice([all_tokens(encoding)], tokenizer.max_tokens),
    )


def decode(reader: _Reader, encoded: Encoded, outputs: Sequence[Outputs]) -> Result:
    """The five likeliest ``{score, token, token_str, sequence}``; of several masks, a list of such lists."""
    ids: list[int] = encoded.state
    gaps = [index for index, token_id in enumerate(ids) if token_id == reader.tokenizer.mask_id]
    probabilities = arrays.softmax(output(outputs[0], "logits")[0, gaps])
    found = [
        [_filling(reader, ids, gap, int(token), float(row[token]), len(gaps) == 1) for token in (-row).argsort()[:_TOP]]
        for gap, row in zip(gaps, probabilities, strict=True)
    ]
    return Result(kind=card.output, value=found[0] if len(gaps) == 1 else found)


def same(reference: Result, other: Result) -> Sequence[bool]:
    """The same where the likeliest token of each mask is."""
    return [_first_tokens(reference) == _first_tokens(other)]


def _first_tokens(result: Result) -> list[int]:
    rows = [result.value] if isinstance(result.value[0], dict) else result.value
    return [row[0]["token"] for row in rows]


def _filling(reader: _Reader, ids: list[int], gap: int, token: int, score: float, only_gap: bool) -> dict[str, Any]:
    filled = [token if index == gap else other for index, other in enumerate(ids)]
    kept = [token_id for token_id in filled if token_id != reader.tokenizer.pad_id]
    return {
        "score": score,
        "token": token,
        "token_str": text_of(reader.tokenizer, [token], skip_special_tokens=False),
        # With several gaps the special tokens stay, or the other gaps would not be seen.
        "sequence": text_of(reader.tokenizer, kept, skip_special_tokens=only_gap),
    }
