"""The least that a call brings from memory: as the formulas of the families have it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.evidence import flops
from engine.evidence.traffic import Traffic
from engine.models.look import look
from tests.engine.evidence.test_flops import HIDDEN, INNER, LAYERS
from tests.engine.modes.trying import tokens

Tiny = Callable[[str, str], Path]
PRODUCTS = LAYERS * (4 * HIDDEN**2 + 2 * HIDDEN * INNER)


def traffic(folder: Path, head: str, *shapes: tuple[int, int]) -> Traffic:
    found = flops.count(look(folder), head, [tokens(folder, *shape) for shape in shapes]).traffic
    assert found is not None
    return found


@pytest.mark.parametrize("family", ["bert", "distilbert", "mpnet"])
def test_weights_of_the_products_are_counted_and_embeddings_are_not(tiny: Tiny, family: str) -> None:
    found = traffic(tiny(family, "FeatureExtraction"), "FeatureExtraction", (1, 16))

    assert found.products == PRODUCTS
    assert found.embedded == found.outputs == 16 * HIDDEN


def test_a_tied_head_reads_the_embedding_as_weights(tiny: Tiny) -> None:
    body, head = tiny("bert", "FeatureExtraction"), tiny("bert", "MaskedLM")
    words = traffic(head, "MaskedLM", (1, 8)).outputs / 8
    more = traffic(head, "MaskedLM", (1, 8)).products - traffic(body, "FeatureExtraction", (1, 8)).products

    assert more == words * HIDDEN + HIDDEN**2  # the decoder, and the layer before it


def test_weights_are_read_once_a_batch_whatever_its_size(tiny: Tiny) -> None:
    folder = tiny("bert", "FeatureExtraction")
    one, two = (traffic(folder, "FeatureExtraction", *shapes) for shapes in ([(4, 8)], [(4, 8), (4, 8)]))

    assert (one.batches, two.batches) == (1, 2)
    assert two.products == one.products
    assert two.outputs == 2 * one.outputs
    assert two.least_bytes("fp32") == 2 * one.least_bytes("fp32")


@pytest.mark.parametrize(
    ("precision", "weight_bytes"),
    [("fp32", 4), ("bf16-autocast", 4), ("bf16", 2), ("int8-dynamic", 1), ("int8-static", 1), ("int8-weights", 1)],
)
def test_fewer_bits_make_the_weights_smaller(precision: str, weight_bytes: int) -> None:
    found = Traffic(batches=1, products=1_000, others=10, ids=4, embedded=20, outputs=30.0)

    assert found.least_bytes(precision) == weight_bytes * 1_000 + 4 * (10 + 20 + 30) + 8 * 4
