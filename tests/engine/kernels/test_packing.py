"""Padding taken out and put back, and attention that stays within a text."""

import pytest
import torch

from engine.kernels.packing import attention, packing
from engine.wire.errors import NotForThisModel


def masked(*lengths: int) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(lengths)
    mask = torch.stack([(torch.arange(width) < length).long() for length in lengths])
    return torch.arange(mask.numel()).view_as(mask), mask


def test_tokens_go_and_come_back() -> None:
    ids, mask = masked(3, 5, 1)
    where = packing(ids, mask)
    packed = where.take(ids)

    assert packed.tolist() == [0, 1, 2, 5, 6, 7, 8, 9, 10]
    assert torch.equal(where.spread(packed), ids * mask)
    assert where.first(packed).tolist() == [0, 5, 10]


@pytest.mark.parametrize("mask", [None, torch.ones(2, 4)])
def test_without_padding_nothing_is_gathered(mask: torch.Tensor | None) -> None:
    ids = torch.arange(8).view(2, 4)
    where = packing(ids, mask)

    assert where.index is None
    assert torch.equal(where.spread(where.take(ids)), ids)
    assert where.first(where.take(ids)).tolist() == [0, 4]


@pytest.mark.parametrize("lengths", [(7,), (4, 4), (4, 4, 1, 6), (2, 5, 5, 2)])
@pytest.mark.parametrize("biased", [False, True])
def test_each_text_attends_to_itself(lengths: tuple[int, ...], biased: bool) -> None:
    ids, mask = masked(*lengths)
    where = packing(ids, mask)
    heads, size, width = 2, 12, max(lengths)
    padded = torch.randn(len(lengths), width, 3 * size)
    bias = torch.randn(1, heads, width, width) if biased else None
    got = where.spread(attention(where.take(padded), heads, where, bias))
    for row, length in enumerate(lengths):
        parts = padded[row, :length].view(length, 3, heads, size // heads).permute(1, 2, 0, 3)
        scores = parts[0] @ parts[1].transpose(-1, -2) / (size // heads) ** 0.5
        scores = scores if bias is None else scores + bias[0, :, :length, :length]
        expected = (scores.softmax(-1) @ parts[2]).transpose(0, 1).reshape(length, size)
        assert torch.allclose(got[row, :length], expected, atol=1e-5)


@pytest.mark.parametrize("mask", [[[0, 1, 1]], [[1, 0, 1]], [[1, 1, 1], [0, 0, 0]]])
def test_masks_that_are_no_padded_end_are_refused(mask: list[list[int]]) -> None:
    given = torch.tensor(mask)
    with pytest.raises(NotForThisModel):
        packing(torch.zeros_like(given), given)
