"""Cutting a batch: the cheapest groups, and outputs that come back to their rows."""

import itertools
import random

import pytest
import torch

from engine.ragged import parts
from engine.ragged.parts import Part
from engine.ragged.race import call_cost


def cost(found: parts.Parts, call: float) -> float:
    return sum(call + len(part.rows) * part.tokens for part in found)


def cheapest(lengths: list[int], call: float, most: int) -> float:
    """By trying every way to cut the sorted lengths."""
    ordered = sorted(lengths, reverse=True)
    best = float("inf")
    for cuts in range(min(most, len(ordered))):
        for edges in itertools.combinations(range(1, len(ordered)), cuts):
            ends = [0, *edges, len(ordered)]
            groups = [ordered[a:b] for a, b in itertools.pairwise(ends)]
            best = min(best, sum(call + len(group) * group[0] for group in groups))
    return best


@pytest.mark.parametrize("seed", range(20))
def test_groups_are_the_cheapest_there_are(seed: int) -> None:
    draw = random.Random(seed)
    lengths = [draw.randint(2, 90) for _ in range(draw.randint(2, 9))]
    for call, most in itertools.product((0.0, 10.0, 200.0), (1, 2, 3, 8)):
        found = parts.by_length(lengths, call, most)

        assert cost(found, call) == cheapest(lengths, call, most)
        assert len(found) <= most
        assert sorted(row for part in found for row in part.rows) == list(range(len(lengths)))
        assert all(part.tokens == max(lengths[row] for row in part.rows) for part in found)


def test_dear_calls_leave_the_batch_whole_and_cheap_ones_do_not() -> None:
    assert parts.by_length([90, 10, 12], 1000.0, 8) == (Part((0, 1, 2), 90),)
    assert parts.by_length([90, 10, 10], 0.0, 8) == (Part((0,), 90), Part((1, 2), 10))
    assert parts.singly([10, 90, 10]) == (Part((1,), 90), Part((0,), 10), Part((2,), 10))


def test_a_thousand_texts_are_grouped_at_once() -> None:
    lengths = [2 + i % 511 for i in range(1024)]

    assert len(parts.by_length(lengths, 10.0, 8)) == 8


def test_outputs_come_back_to_their_rows() -> None:
    mask = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]])
    inputs = {"input_ids": torch.arange(12).reshape(3, 4), "attention_mask": mask}
    lengths = parts.lengths_of(inputs)
    assert lengths == (2, 4, 1)
    found = parts.singly(lengths)
    outputs = []
    for part in found:
        own = parts.cut(inputs, part)["input_ids"].float()
        outputs.append({"logits": own.unsqueeze(-1).repeat(1, 1, 4), "pooled": own[:, :1].repeat(1, 4)})
    whole = parts.joined(found, outputs, 4, ("logits",))

    assert whole["logits"][..., 0].tolist() == [[0, 1, 0, 0], [4, 5, 6, 7], [8, 0, 0, 0]]
    assert whole["pooled"].tolist() == [[0] * 4, [4] * 4, [8] * 4]


@pytest.mark.parametrize(
    "inputs",
    [
        {"input_ids": torch.ones(3, 4)},
        {"input_ids": torch.ones(1, 4), "attention_mask": torch.ones(1, 4)},
        {"input_ids": torch.ones(2, 4), "attention_mask": torch.tensor([[0, 1, 1, 1], [1, 1, 1, 1]])},
        {"input_ids": torch.ones(2, 4), "attention_mask": torch.tensor([[0, 0, 0, 0], [1, 1, 1, 1]])},
        {"input_ids": torch.ones(2, 4), "attention_mask": torch.ones(2, 4), "global": torch.ones(2, 9)},
    ],
    ids=["no mask", "one row", "padded on the left", "an empty row", "an input of another shape"],
)
def test_what_cannot_be_cut_is_told_by_none(inputs: dict[str, torch.Tensor]) -> None:
    assert parts.lengths_of(inputs) is None


def test_cost_of_a_call_is_where_the_line_meets_no_tokens() -> None:
    assert call_cost(large_ms=2 + 0.1 * 1000, large_tokens=1000, small_ms=2 + 0.1 * 10, small_tokens=10) == (
        pytest.approx(20)
    )
    assert call_cost(large_ms=5, large_tokens=1000, small_ms=6, small_tokens=10) == 1000
