"""How a padded batch can be cut: into groups of like length, or into single texts."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from engine.models.tensors import Inputs, Outputs

TOKEN_OUTPUTS = {
    "FeatureExtraction": ("last_hidden_state",),
    "TokenClassification": ("logits",),
    "MaskedLM": ("logits",),
    "QuestionAnswering": ("start_logits", "end_logits"),
}
"""By the suffix of the model's class: the outputs whose second dimension is the tokens'. Others may by chance be as
wide.
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """Rows of the batch that run together, cut to the first ``tokens``."""

    rows: tuple[int, ...]
    tokens: int


Parts = tuple[Part, ...]


def lengths_of(inputs: Inputs) -> tuple[int, ...] | None:
    """The tokens of each row. None for what cannot be cut: a single row, no mask, padding that is not on the right,
    an input that is not [rows, tokens], or a row without a token.
    """
    mask = inputs.get("attention_mask")
    if mask is None or mask.ndim != 2 or len(mask) < 2 or any(value.shape != mask.shape for value in inputs.values()):
        return None
    if bool((mask[:, 1:] > mask[:, :-1]).any()):
        return None
    lengths = tuple((mask > 0).sum(1).tolist())
    return lengths if min(lengths) > 0 else None


def singly(lengths: Sequence[int]) -> Parts:
    """Each text alone, the longest first."""
    return tuple(Part((row,), lengths[row]) for row in _longest_first(lengths))


def by_length(lengths: Sequence[int], call_cost: float, most: int) -> Parts:
    """At most ``most`` groups of like length, the longest first: those whose padded tokens and calls cost least.

    ``call_cost``: what one more call costs, in tokens. Exact, by dynamic programming over the rows sorted by length;
    rows of one length are never parted.
    """
    rows = _longest_first(lengths)
    # Where a group may begin: at the first row, and wherever the length changes.
    edges = [i for i, row in enumerate(rows) if i == 0 or lengths[row] != lengths[rows[i - 1]]]
    ends = [*edges, len(rows)]
    # After n groups: for each edge reached, the cost and the edge where the last group began.
    steps: list[dict[int, tuple[float, int]]] = [{0: (0.0, -1)}]
    for _ in range(min(most, len(edges))):
        reached: dict[int, tuple[float, int]] = {}
        for begin, (cost, _) in steps[-1].items():
            if begin == len(edges):
                continue
            width = lengths[rows[ends[begin]]]
            for end in range(begin + 1, len(ends)):
                total = cost + call_cost + width * (ends[end] - ends[begin])
                if end not in reached or total < reached[end][0]:
                    reached[end] = (total, begin)
        steps.append(reached)
    end = len(edges)
    groups = min((n for n in range(1, len(steps)) if end in steps[n]), key=lambda n: steps[n][end][0])
    parts = []
    for n in range(groups, 0, -1):
        begin = steps[n][end][1]
        chosen = rows[ends[begin] : ends[end]]
        parts.append(Part(tuple(sorted(chosen)), lengths[chosen[0]]))
        end = begin
    return tuple(reversed(parts))


def cut(inputs: Inputs, part: Part) -> dict[str, Any]:
    """The inputs of one part."""
    rows = list(part.rows)
    return {name: value[rows, : part.tokens] for name, value in inputs.items()}


def joined(parts: Parts, outputs: Sequence[Outputs], tokens: int, token_outputs: Sequence[str]) -> Outputs:
    """The outputs of all parts in the shape of the batch; zeros where a row's part did not reach."""
    rows = sum(len(part.rows) for part in parts)
    whole: dict[str, Any] = {}
    for name, first in outputs[0].items():
        is_by_token = name in token_outputs
        shape = (rows, tokens, *first.shape[2:]) if is_by_token else (rows, *first.shape[1:])
        whole[name] = full = first.new_zeros(shape)
        for part, given in zip(parts, outputs, strict=True):
            if is_by_token:
                full[list(part.rows), : part.tokens] = given[name]
            else:
                full[list(part.rows)] = given[name]
    return whole


def _longest_first(lengths: Sequence[int]) -> list[int]:
    return sorted(range(len(lengths)), key=lambda row: -lengths[row])
