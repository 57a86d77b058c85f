"""Tokens of a batch in one row, without padding, and attention kept inside each text.

The technique of "unpadding" (ByteDance's Effective Transformer, 2020; MosaicBERT): what is not attention works on
each token by itself, so it never sees where texts begin.
"""

import dataclasses
import itertools
from typing import Any

from engine.wire.errors import NotForThisModel


@dataclasses.dataclass(frozen=True, slots=True)
class Packing:
    """Where the tokens of a padded batch [texts, width] are.

    ``index``: int64 [tokens], places in the flattened batch; None where nothing is padding. ``runs``: texts of
    like length beside each other, as (texts, length).
    """

    texts: int
    width: int
    lengths: tuple[int, ...]
    index: Any

    @property
    def tokens(self) -> int:
        return sum(self.lengths)

    @property
    def runs(self) -> tuple[tuple[int, int], ...]:
        return tuple((len(list(group)), length) for length, group in itertools.groupby(self.lengths))

    def take(self, values: Any) -> Any:
        """[texts, width, ...] -> [tokens, ...]."""
        flat = values.reshape(self.texts * self.width, *values.shape[2:])
        return flat if self.index is None else flat.index_select(0, self.index)

    def spread(self, packed: Any) -> Any:
        """[tokens, ...] -> [texts, width, ...], zeros where there is padding."""
        rest = packed.shape[1:]
        if self.index is not None:
            padded = packed.new_zeros(self.texts * self.width, *rest)
            packed = padded.index_copy_(0, self.index, packed)
        return packed.reshape(self.texts, self.width, *rest)

    def first(self, packed: Any) -> Any:
        """[tokens, ...] -> [texts, ...]: the first token of each text."""
        if self.index is None:
            return packed.reshape(self.texts, self.width, *packed.shape[1:])[:, 0]
        starts = (0, *itertools.accumulate(self.lengths[:-1]))
        return packed[list(starts)]


def packing(input_ids: Any, mask: Any) -> Packing:
    """``mask``: [texts, width], 1 for tokens, or None. Raises NotForThisModel for masks that no tokenizer makes."""
    texts, width = input_ids.shape
    if mask is None or bool(mask.all()):
        return Packing(texts, width, (width,) * texts, None)
    if mask.dim() != 2:
        raise NotForThisModel("The packed path takes an attention mask of one number a token.")
    kept = mask != 0
    lengths = tuple(kept.sum(1).tolist())
    # Right padding alone: heads read the first column, and relative positions count within a text.
    if not min(lengths) or bool((kept[:, 1:] & ~kept[:, :-1]).any()):
        raise NotForThisModel("The packed path takes texts that are padded at their end.")
    return Packing(texts, width, lengths, kept.reshape(-1).nonzero().squeeze(1))


def attention(qkv: Any, heads: int, packed: Packing, bias: Any = None) -> Any:
    """Softmax attention within each text. ``qkv``: [tokens, 3 * size] -> [tokens, size].

    ``bias``: [1, heads, width, width] added to the scores (relative positions), or None.
    """
    import torch

    size = qkv.shape[1] // 3
    parts, start = [], 0
    for texts, length in packed.runs:
        rows = qkv[start : start + texts * length].view(texts, length, 3, heads, size // heads)
        query, key, value = rows.permute(2, 0, 3, 1, 4).unbind(0)
        added = None if bias is None else bias[:, :, :length, :length]
        found = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=added)
        parts.append(found.transpose(1, 2).reshape(texts * length, size))
        start += texts * length
    return parts[0] if len(parts) == 1 else torch.cat(parts)
