"""An encoder's layers on packed tokens: in fp32 and bf16 with weights packed for oneDNN, and in int8."""

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

from engine.kernels.families import Parts
from engine.kernels.linears import Int8Linear, Linear
from engine.kernels.packing import Packing, attention
from engine.kernels.passes import ACTIVATIONS, Norm, Passes, Rows

_FUSED = {0: ("gelu", "none"), 1: ("gelu", "tanh"), 2: ("relu", "")}
"""Activations that oneDNN applies within the product, by their number in ``ACTIVATIONS``."""


class Layer(Protocol):
    """One layer. ``fused``: how many of each joined kind a call runs."""

    fused: dict[str, int]

    def __call__(self, state: Any, packed: Packing, bias: Any) -> Any:
        """State in, state out; the first comes from ``begin``, and ``hidden`` reads it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ways:
    """How layers of one precision are made and run."""

    make: Callable[[Parts, str], Layer]
    begin: Callable[[Any], Any]
    hidden: Callable[[Any], Any]


def floating() -> Ways:
    """Layers in the precision of the weights."""
    return Ways(FloatLayer, lambda hidden: hidden, lambda state: state)


def int8(passes: Passes) -> Ways:
    """Layers whose products are int8; attention, sums and norms are fp32 (bf16 attention was slower: measured)."""
    return Ways(
        lambda parts, activation: Int8Layer(parts, activation, passes),
        lambda hidden: (hidden, passes.quantize(hidden)),
        lambda state: state[0],
    )


def one_weight(*linears: Any) -> tuple[Any, Any]:
    """Weight and bias of linear layers beside each other, as one."""
    import torch

    biases = [
        linear.weight.new_zeros(linear.out_features) if linear.bias is None else linear.bias for linear in linears
    ]
    return torch.cat([linear.weight for linear in linears]), torch.cat(biases)


class FloatLayer:
    """[tokens, size] in and out, fp32 or bf16."""

    def __init__(self, parts: Parts, activation: str) -> None:
        self.heads = parts.heads
        self.qkv = Linear(*one_weight(parts.query, parts.key, parts.value))
        self.output = Linear(parts.output.weight, parts.output.bias)
        self.up = Linear(parts.up.weight, parts.up.bias)
        self.down = Linear(parts.down.weight, parts.down.bias)
        self.output_norm, self.down_norm = _norm(parts.output_norm), _norm(parts.down_norm)
        self.activation = activation
        self._then = _FUSED.get(ACTIVATIONS[activation])
        self.fused = {"q, k and v in one linear": 1, "linear + add": 2}
        if self._then:
            self.fused[f"linear + {self._then[0]}"] = 1

    def __call__(self, state: Any, packed: Packing, bias: Any) -> Any:
        found = attention(self.qkv(state), self.heads, packed, bias)
        state = _normed(self.output.plus(found, state), self.output_norm)
        return _normed(self.down.plus(self._activated(state), state), self.down_norm)

    def _activated(self, x: Any) -> Any:
        if self._then:
            return self.up(x, *self._then)
        from engine.kernels.passes import activated

        return activated(self.up(x), self.activation)


class Int8Layer:
    """(fp32 [tokens, size], the same as ``Rows``) in and out."""

    def __init__(self, parts: Parts, activation: str, passes: Passes) -> None:
        self._heads, self._activation, self._passes = parts.heads, activation, passes
        self._qkv = Int8Linear(*one_weight(parts.query, parts.key, parts.value))
        self._output = Int8Linear(parts.output.weight, parts.output.bias)
        self._up = Int8Linear(parts.up.weight, parts.up.bias)
        self._down = Int8Linear(parts.down.weight, parts.down.bias)
        self._output_norm, self._down_norm = _norm(parts.output_norm), _norm(parts.down_norm)
        self.fused = {"q, k and v in one linear": 1}

    def __call__(self, state: tuple[Any, Rows], packed: Packing, bias: Any) -> tuple[Any, Rows]:
        residual, rows = state
        passes, scales = self._passes, rows.scales
        qkv = passes.restore(self._qkv(rows), scales, self._qkv.bias)
        rows = passes.quantize(attention(qkv, self._heads, packed, bias))
        residual, rows = passes.normalize(
            self._output(rows), rows.scales, self._output.bias, residual, self._output_norm
        )
        inner = passes.activate(self._up(rows), rows.scales, self._up.bias, self._activation)
        return passes.normalize(self._down(inner), inner.scales, self._down.bias, residual, self._down_norm)


def _norm(norm: Any) -> Norm:
    return Norm(norm.weight.clone(), norm.bias.clone(), norm.eps)


def _normed(x: Any, norm: Norm) -> Any:
    import torch

    return torch.layer_norm(x, (x.shape[-1],), norm.weight, norm.bias, norm.epsilon)
