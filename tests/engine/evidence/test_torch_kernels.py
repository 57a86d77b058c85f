"""What PyTorch ran, read back from real calls: a linear in each precision, and the starter as plain PyTorch."""

import time
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from engine.cpu import read as cpu
from engine.evidence import torch_kernels
from engine.evidence.kinds import kind_of, spoken
from engine.evidence.told import KINDS
from engine.models.load import load_eager
from engine.models.look import look

USABLE = {feature.id for feature in cpu.facts().features if feature.usable}
BF16 = {"avx512_bf16", "amx_bf16", "bf16"}


def close_to_one(shares: dict[str, float]) -> bool:
    return abs(sum(shares.values()) - 1) < 1e-6


def test_fp32_linear_is_one_operator_in_fp32() -> None:
    x, layer = torch.randn(64, 256), torch.nn.Linear(256, 256).requires_grad_(False)
    told = torch_kernels.observe(lambda: layer(x))

    assert told.ops_after == 1  # aten::linear calls aten::addmm, which computes
    assert told.precision_executed == {"linear": "fp32"}
    assert told.fused == {}
    assert not BF16 & set(told.isa_executed)
    assert close_to_one(dict(told.time_share))
    assert "aten::addmm" in told.details


@pytest.mark.skipif("avx512_bf16" not in USABLE, reason="this CPU has no AVX-512 BF16")
def test_bf16_linear_proves_the_instructions_for_bf16() -> None:
    x, layer = torch.randn(64, 256, dtype=torch.bfloat16), torch.nn.Linear(256, 256).bfloat16().requires_grad_(False)
    told = torch_kernels.observe(lambda: layer(x))

    assert told.ops_after == 1
    assert told.precision_executed == {"linear": "bf16"}
    assert BF16 & set(told.isa_executed)
    assert told.fused == {}
    assert told.not_provable == ()


def test_int8_product_is_told_as_int8() -> None:
    a, b = torch.randint(-9, 9, (64, 256), dtype=torch.int8), torch.randint(-9, 9, (256, 256), dtype=torch.int8)
    told = torch_kernels.observe(lambda: torch._int_mm(a, b))

    assert told.ops_after == 1
    assert told.precision_executed == {"linear": "int8"}
    if not told.isa_executed:  # oneDNN runs it as a plain product
        assert told.not_provable == ("Which instructions ran in oneDNN's plain products: it names no kernel for them.",)


def test_autocast_shows_what_it_converts_and_in_which_precision_each_kind_ran() -> None:
    x, layer = torch.randn(64, 256), torch.nn.Linear(256, 256).requires_grad_(False)

    def call() -> None:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            functional.layer_norm(layer(x).float(), (256,))

    told = torch_kernels.observe(call)
    assert told.precision_executed["linear"] == "bf16"
    assert told.precision_executed["normalization"] == "fp32"
    assert "layout" in told.time_share


def test_attention_counts_as_one_operator_and_its_loops_prove_what_aten_was_built_for() -> None:
    q = torch.randn(1, 4, 64, 32)
    told = torch_kernels.observe(lambda: functional.gelu(functional.scaled_dot_product_attention(q, q, q)))

    assert told.ops_after == 2
    assert set(told.precision_executed) == {"attention", "activation"}
    if torch.backends.cpu.get_cpu_capability() == "AVX512":
        assert "avx512_f" in told.isa_executed


def test_views_and_allocations_are_no_operators() -> None:
    x = torch.randn(8, 8)
    told = torch_kernels.observe(lambda: x.view(64).unsqueeze(0).expand(3, 64)[0].t())

    assert told.ops_after == 0
    assert told.precision_executed == {}
    assert close_to_one(dict(told.time_share))


def test_starter_in_plain_pytorch(starter_folder: Path) -> None:
    model = load_eager(look(starter_folder), "FeatureExtraction", "sdpa")
    inputs = {"input_ids": torch.randint(10, 2000, (1, 64)), "attention_mask": torch.ones(1, 64, dtype=torch.long)}
    with torch.no_grad():
        model(**inputs)
        began = time.process_time()
        told, *again = (torch_kernels.observe(lambda: model(**inputs)) for _ in range(3))
        took_s = (time.process_time() - began) / 3

    kinds = set(told.precision_executed)
    assert {"linear", "attention", "normalization", "activation", "embedding", "elementwise"} <= kinds <= set(KINDS)
    assert set(told.precision_executed.values()) == {"fp32"}
    assert 75 <= (told.ops_after or 0) <= 90  # 36 linears, 6 attentions, 6 GELUs, 13 norms, 13 additions, the embedding
    assert told.fused == {}
    assert close_to_one(dict(told.time_share))
    longest = [max(one.time_share, key=lambda kind: one.time_share[kind]) for one in (told, *again)]
    assert "linear" in longest  # other programs may hold up some part of one call
    assert took_s < 1.5
    if told.not_provable:
        assert told.not_provable[0].startswith("Which instructions ran in MKL, which computed products of ")
    x = torch.randn(4, 4)
    assert torch_kernels.observe(lambda: x @ x).details.count("MKL_VERBOSE") <= 1  # nothing is left switched on


@pytest.mark.parametrize(
    ("operator", "kind"),
    [
        ("aten::addmm", "linear"),
        ("mkldnn::_linear_pointwise", "linear"),
        ("onednn::qlinear_pointwise", "linear"),
        ("aten::_int_mm", "linear"),
        ("aten::bmm", "attention"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu", "attention"),
        ("aten::_softmax", "attention"),
        ("aten::native_layer_norm", "normalization"),
        ("aten::gelu", "activation"),
        ("aten::add_", "elementwise"),
        ("aten::masked_fill", "elementwise"),
        ("aten::index_select", "embedding"),
        ("aten::copy_", "layout"),
        ("aten::_to_copy", "layout"),
        ("aten::cumsum", "other"),
    ],
)
def test_kind_by_name(operator: str, kind: str) -> None:
    assert kind_of(operator) == kind


def test_operators_are_spoken_of_in_words() -> None:
    assert [spoken(name) for name in ("aten::native_layer_norm", "_to_copy", "aten::masked_fill")] == [
        "layer norm",
        "convert",
        "masked fill",
    ]
