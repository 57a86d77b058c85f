"""The work that an answer is: counted as the formulas of the families have it, padding for nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch

from engine.evidence import flops
from engine.models.look import look
from tests import tiny as maker
from tests.engine.modes.trying import tokens

Tiny = Callable[[str, str], Path]

HIDDEN, INNER, LAYERS, EMBEDDING, WORDS = 32, 64, 2, 16, 64


def attention(tokens: int) -> int:
    """Queries times keys, and weights times values: multiply-adds count twice."""
    return 2 * 2 * tokens * tokens * HIDDEN


def layer(tokens: int, inner_products: int = 2) -> int:
    """Four square products (query, key, value, output) and those of the inner size."""
    return 2 * tokens * (4 * HIDDEN**2 + inner_products * HIDDEN * INNER) + attention(tokens)


def expected(family: str, tokens: int) -> int:
    if family == "modernbert":  # gated: two products into the inner size, one out
        return LAYERS * layer(tokens, inner_products=3)
    whole = LAYERS * layer(tokens)
    if family in ("albert", "electra"):
        whole += 2 * tokens * EMBEDDING * HIDDEN
    if family == "deberta-v2":  # keys and queries of 2 x 32 relative positions; positions times content, both ways
        whole += LAYERS * (2 * 2 * WORDS * HIDDEN**2 + 2 * 2 * tokens * WORDS * HIDDEN)
    return whole


def counted(folder: Path, head: str, *batches: dict[str, Any]) -> flops.Counted:
    return flops.count(look(folder), head, batches)


@pytest.mark.parametrize("family", [family for family in maker.ALL_FAMILIES if family != "longformer"])
def test_every_family_as_its_formula(tiny: Tiny, family: str) -> None:
    folder = tiny(family, "FeatureExtraction")
    for length in (16, 100):
        found = counted(folder, "FeatureExtraction", tokens(folder, 1, length))
        assert found.flops == pytest.approx(expected(family, length), rel=0.02)
        assert found.operators is not None
        assert LAYERS * 10 <= found.operators <= LAYERS * 100
        assert found.reason == ""


@pytest.mark.parametrize(
    ("head", "more"),
    [
        ("TokenClassification", lambda n: 2 * n * HIDDEN * 5),
        ("QuestionAnswering", lambda n: 2 * n * HIDDEN * 2),
        ("SequenceClassification", lambda n: 2 * HIDDEN**2 + 2 * HIDDEN * 2),
    ],
)
def test_heads_count_too(tiny: Tiny, head: str, more: Callable[[int], int]) -> None:
    folder = tiny("bert", head)

    assert counted(folder, head, tokens(folder, 1, 24)).flops == expected("bert", 24) + more(24)


def test_the_masked_language_head_is_the_largest(tiny: Tiny) -> None:
    folder = tiny("bert", "MaskedLM")
    vocabulary = look(folder).config["vocab_size"]

    head = 2 * 24 * HIDDEN * (HIDDEN + vocabulary)
    assert counted(folder, "MaskedLM", tokens(folder, 1, 24)).flops == expected("bert", 24) + head


def test_the_real_starter(starter_folder: Path) -> None:
    found = counted(starter_folder, "FeatureExtraction", tokens(starter_folder, 1, 128))
    hidden, inner = 384, 1536
    formula = 6 * (2 * 128 * (4 * hidden**2 + 2 * hidden * inner) + 4 * 128 * 128 * hidden)

    assert found.flops == pytest.approx(formula, rel=0.001)


def test_padding_counts_for_nothing_and_batches_add_up(tiny: Tiny) -> None:
    folder = tiny("bert", "FeatureExtraction")
    batch = tokens(folder, 3, 40)
    lengths = batch["attention_mask"].sum(-1).tolist()
    assert len(set(lengths)) == 3
    found = counted(folder, "FeatureExtraction", batch, tokens(folder, 1, 16))

    assert found.flops == sum(expected("bert", int(length)) for length in (*lengths, 16))


def test_very_many_lengths_are_counted_at_some_and_read_off_between(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny("bert", "FeatureExtraction")
    lengths = range(3, 503)
    ids = torch.ones(len(lengths), 502, dtype=torch.int64)
    mask = (torch.arange(502)[None] < torch.tensor(list(lengths))[:, None]).long()
    asked: list[int] = []
    one = flops._one

    def watched(model: Any, like: Any, length: int) -> Any:
        asked.append(length)
        return one(model, like, length)

    monkeypatch.setattr(flops, "_one", watched)
    found = counted(folder, "FeatureExtraction", {"input_ids": ids, "attention_mask": mask})

    assert len(asked) <= flops.MOST_LENGTHS
    assert {3, 502} <= set(asked)
    assert found.flops == pytest.approx(sum(expected("bert", length) for length in lengths), rel=0.001)


def test_an_onnx_graph_alone_is_not_counted(tiny: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(tiny("bert", "TokenClassification"), folder)
    (folder / "model.safetensors").unlink()
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), folder / "model.onnx")
    found = counted(folder, "TokenClassification", tokens(folder, 1, 16))

    assert (found.flops, found.operators) == (None, None)
    assert "ONNX graph alone" in found.reason


def test_what_cannot_run_on_shapes_alone_says_so(tiny: Tiny) -> None:
    """Longformer cuts its attention by numbers that a shape does not hold."""
    folder = tiny("longformer", "FeatureExtraction")
    autocast = torch.autocast
    found = counted(folder, "FeatureExtraction", tokens(folder, 1, 32))

    assert (found.flops, found.operators) == (None, None)
    assert found.reason.endswith("so it is not counted.")
    assert torch.autocast is autocast


def test_counting_leaves_no_trace(tiny: Tiny) -> None:
    """Neither the switch of the device nor those of attention outlive it: numbers are computed as before."""
    folder = tiny("bert", "FeatureExtraction")
    counted(folder, "FeatureExtraction", tokens(folder, 1, 16))
    given = torch.ones(1, 1, 2, 4)

    assert torch.ones(1).device.type == "cpu"
    assert torch.equal(torch.nn.functional.scaled_dot_product_attention(given, given, given), given)
