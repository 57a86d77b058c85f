"""Text to token ids and back, on the Rust backend of a fast tokenizer.

Transformers' wrapper around it is left out, since importing that takes seconds; a short text takes 0.06 ms.
``engine.models.tokenizer_loading`` opens one. Character offsets count Python code points.
"""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any

from engine.models.tensors import Inputs

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclasses.dataclass(frozen=True, slots=True)
class Tokenizer:
    """A tokenizer that was opened for one model. Not to be used by two threads at once.

    ``backend`` is a ``tokenizers.Tokenizer``. ``max_tokens``: the longest row that model and tokenizer take,
    special tokens included (0 = unknown). Ids are -1 where the tokenizer has no such token.
    """

    backend: Any
    max_tokens: int
    pad_id: int
    cls_id: int
    unk_id: int
    mask_id: int
    mask_token: str
    uses_type_ids: bool
    truncation_side: str = "right"
    cleans_up_spaces: bool = False


def readable(text: str) -> str:
    """``text`` with each lone surrogate, which UTF-8 cannot hold, replaced by U+FFFD; offsets stay."""
    return LONE_SURROGATE.sub("\ufffd", text)


def encode(tokenizer: Tokenizer, text: str) -> Any:
    """A ``tokenizers.Encoding`` with special tokens, cut to the model's length; see ``all_tokens``."""
    if tokenizer.max_tokens:
        tokenizer.backend.enable_truncation(tokenizer.max_tokens, direction=tokenizer.truncation_side)
    else:
        tokenizer.backend.no_truncation()
    return tokenizer.backend.encode(text)


def encode_in_windows(tokenizer: Tokenizer, text: str, pair: str | None, length: int, overlap: int) -> list[Any]:
    """Encodings that cover all of ``text``, or of ``pair`` with ``text`` before each window of it.

    Each has at most ``length`` tokens with the special ones; neighbours share ``overlap`` tokens, which must
    be fewer than a window has room for.
    """
    strategy = "longest_first" if pair is None else "only_second"
    tokenizer.backend.enable_truncation(length, stride=overlap, strategy=strategy)
    first = tokenizer.backend.encode(text, pair)
    return [first, *first.overflowing]


def count_tokens(tokenizer: Tokenizer, text: str) -> int:
    """How many tokens the text alone has, without special ones."""
    tokenizer.backend.no_truncation()
    tokens: int = len(tokenizer.backend.encode(text, add_special_tokens=False))
    return tokens


def all_tokens(encoding: Any) -> int:
    """How many tokens the text of a cut encoding has in all, the special tokens counted once."""
    specials = sum(encoding.special_tokens_mask)
    tokens: int = len(encoding) + sum(len(part) - specials for part in encoding.overflowing)
    return tokens


def as_batch(tokenizer: Tokenizer, encodings: Sequence[Any]) -> Inputs:
    """Int64 tensors [rows, tokens], padded on the right to the longest row; type ids if the model has any."""
    import torch

    longest = max(len(encoding) for encoding in encodings)

    def tensor(rows: Iterable[list[int]], padding: int) -> Any:
        return torch.tensor([row + [padding] * (longest - len(row)) for row in rows], dtype=torch.int64)

    batch = {
        "input_ids": tensor((encoding.ids for encoding in encodings), max(tokenizer.pad_id, 0)),
        "attention_mask": tensor((encoding.attention_mask for encoding in encodings), 0),
    }
    if tokenizer.uses_type_ids:
        batch["token_type_ids"] = tensor((encoding.type_ids for encoding in encodings), 0)
    return batch


def decode(tokenizer: Tokenizer, ids: Sequence[int], skip_special_tokens: bool) -> str:
    """Text of token ids, as Transformers' ``decode`` gives it."""
    text: str = tokenizer.backend.decode(list(ids), skip_special_tokens=skip_special_tokens)
    return clean_up_spaces(text) if tokenizer.cleans_up_spaces else text


def join_tokens(tokenizer: Tokenizer, tokens: list[str]) -> str:
    """Text of tokens, as Transformers' ``convert_tokens_to_string`` gives it."""
    decoder = tokenizer.backend.decoder
    text: str = " ".join(tokens) if decoder is None else decoder.decode(tokens)
    return text


def clean_up_spaces(text: str) -> str:
    """What Transformers' ``clean_up_tokenization`` does: English punctuation without the space before it."""
    for spaced in (" .", " ?", " !", " ,"):
        text = text.replace(spaced, spaced[1:])
    text = text.replace(" ' ", "'")
    for spaced in (" n't", " 'm", " 's", " 've", " 're"):
        text = text.replace(spaced, spaced[1:])
    return text
