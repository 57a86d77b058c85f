"""The passes between int8 products: compiled and plain ones give the same numbers."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from engine.kernels import native
from engine.kernels.linears import Int8Linear, Linear, int8_is_exact
from engine.kernels.passes import ACTIVATIONS, Norm, Passes, Plain, Rows, passes

needs_compiler = pytest.mark.skipif(not native.compiler(), reason="no C++ compiler here")


@pytest.fixture(params=["plain", pytest.param("compiled", marks=needs_compiler)])
def way(request: pytest.FixtureRequest) -> Passes:
    found = Plain() if request.param == "plain" else passes()
    assert found.compiled == (request.param == "compiled")
    return found


def restored(rows: Rows) -> torch.Tensor:
    return (rows.q.float() - 128) * rows.scales


@pytest.fixture(params=[(1, 1), (3, 37), (70, 768)])
def numbers(request: pytest.FixtureRequest) -> Callable[[], torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return lambda: torch.randn(request.param, generator=generator)


def test_eight_bits_are_at_most_half_a_step_off(way: Passes, numbers: Callable[[], torch.Tensor]) -> None:
    x = numbers() * 5
    rows = way.quantize(x)

    assert rows.q.dtype == torch.uint8
    assert torch.equal(rows.scales, (x.abs().amax(1, keepdim=True) / 127)) or torch.allclose(
        rows.scales, x.abs().amax(1, keepdim=True) / 127
    )
    assert ((restored(rows) - x).abs() <= rows.scales * 0.501).all()


def test_rows_of_zeros_stay_zeros(way: Passes) -> None:
    assert not restored(way.quantize(torch.zeros(2, 33))).any()


def test_what_is_not_a_number_stays_none(way: Passes) -> None:
    x = torch.ones(2, 33)
    x[1, 5] = math.nan
    rows = way.quantize(x)

    assert rows.scales[0].isfinite()
    assert rows.scales[1].isnan()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation_is_transformers_own(way: Passes, activation: str) -> None:
    from transformers.activations import ACT2FN

    product = torch.linspace(-12, 12, 4001).repeat(2, 1)
    scales, bias = torch.tensor([[1.0], [0.3]]), torch.linspace(-1, 1, 4001)
    expected = ACT2FN[activation](product * scales + bias)
    rows = way.activate(product.clone(), scales, bias, activation)

    assert ((restored(rows) - expected).abs() <= rows.scales * 0.51).all()


def test_norm_is_pytorchs(way: Passes, numbers: Callable[[], torch.Tensor]) -> None:
    product, residual = numbers(), numbers()
    width = product.shape[1]
    scales, bias = torch.rand(len(product), 1), torch.randn(width)
    norm = Norm(torch.randn(width), torch.randn(width), 1e-5)
    total = product * scales + bias + residual
    expected = torch.nn.functional.layer_norm(total, (width,), norm.weight, norm.bias, 1e-5)
    normed, rows = way.normalize(product.clone(), scales, bias, residual, norm)

    assert torch.allclose(normed, expected, atol=1e-4)
    assert ((restored(rows) - expected).abs() <= rows.scales * 0.51 + 1e-4).all()


def test_int8_product_is_near_the_exact_one(way: Passes) -> None:
    generator = torch.Generator().manual_seed(4)
    weight, bias = torch.randn(96, 160, generator=generator), torch.randn(96, generator=generator)
    x = torch.randn(17, 160, generator=generator)
    linear, rows = Int8Linear(weight, bias), way.quantize(x)
    got = way.restore(linear(rows), rows.scales, linear.bias)

    assert int8_is_exact()
    assert torch.cosine_similarity(got, torch.nn.functional.linear(x, weight, bias)).min() > 0.9995


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_packed_weights_come_back_as_they_were(dtype: torch.dtype) -> None:
    weight, bias, x = (torch.randn(shape).to(dtype) for shape in ((48, 40), (48,), (5, 40)))
    linear = Linear(weight, bias)
    expected = torch.nn.functional.linear(x, weight, bias)

    assert torch.equal(linear.weight(), weight)
    assert torch.allclose(linear(x), expected, atol=1e-5 if dtype == torch.float32 else 0.2)
    assert torch.allclose(linear.plus(x, expected), 2 * expected, atol=1e-5 if dtype == torch.float32 else 0.4)
    assert torch.allclose(linear(x, "relu"), expected.relu(), atol=1e-5 if dtype == torch.float32 else 0.2)


def test_without_a_compiler_plain_passes_serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)

    assert not passes().compiled


@pytest.mark.parametrize("script", ["exit 1", "exit 0", 'while [ "$1" != -o ]; do shift; done; echo no > "$2"'])
def test_a_compiler_that_fails_or_lies_is_done_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str
) -> None:
    broken = tmp_path / "broken"
    broken.write_text(f"#!/bin/sh\n{script}\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CXX", str(broken))

    assert not passes().compiled
