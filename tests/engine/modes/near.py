"""How near OpenVINO's answers are: what stands at padding is nobody's answer."""

import itertools
from collections.abc import Iterable
from typing import Any

import torch

from engine.mode import Prepared
from engine.ragged.parts import TOKEN_OUTPUTS
from tests.engine.modes.trying import TOLERANCE


def assert_near(head: str, inputs: Any, expected: Any, got: Any, tolerance: float = TOLERANCE) -> None:
    """The same names and shapes, and the same numbers wherever a text is."""
    assert set(got) == set(expected)
    for name, value in got.items():
        assert value.shape == expected[name].shape, name
        kept = inputs["attention_mask"] > 0 if name in TOKEN_OUTPUTS.get(head, ()) else ...
        assert (value[kept] - expected[name][kept]).abs().max() <= tolerance, name
        assert value.numel() == 2 or value.std() > 0, name


def cosines(head: str, inputs: Iterable[Any], one: Prepared, other: Prepared) -> list[float]:
    """Of each row's raw outputs, padding left out."""
    found = []
    for batch in inputs:
        a, b = one(**batch), other(**batch)
        for row, name in itertools.product(range(len(batch["input_ids"])), a):
            kept = batch["attention_mask"][row] > 0 if name in TOKEN_OUTPUTS.get(head, ()) else ...
            pair = (a[name][row][kept].flatten().double(), b[name][row][kept].flatten().double())
            found.append(torch.nn.functional.cosine_similarity(*pair, dim=0).item())
    return found
