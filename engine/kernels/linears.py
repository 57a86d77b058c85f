"""Linear layers whose weights are packed once for oneDNN, as PyTorch's Inductor does for frozen graphs."""

import functools
from typing import Any

from engine.kernels.passes import Rows


class Linear:
    """fp32 or bf16: [tokens, in] -> [tokens, out]. Copies what it is given; ``bias`` may be None."""

    def __init__(self, weight: Any, bias: Any) -> None:
        import torch

        self.out_features, self.in_features = weight.shape
        self._packs = weight.dtype in (torch.float32, torch.bfloat16) and torch.backends.mkldnn.is_available()
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight) if self._packs else weight.clone()
        self.bias = None if bias is None else bias.clone()
        self._linear = torch.ops.mkldnn._linear_pointwise.default
        self._linear_add = torch.ops.mkldnn._linear_pointwise.binary

    def __call__(self, x: Any, then: str = "none", algorithm: str = "") -> Any:
        """``then``: what oneDNN applies in the same kernel: none, relu, gelu (by ``algorithm`` none or tanh)."""
        if self._packs:
            return self._linear(x, self._weight, self.bias, then, [], algorithm)
        return _then(_plain(x, self._weight, self.bias), then, algorithm)

    def plus(self, x: Any, other: Any) -> Any:
        """The product plus ``other`` [tokens, out], added in the same kernel."""
        if self._packs:
            return self._linear_add(x, other, self._weight, self.bias, "add")
        return _plain(x, self._weight, self.bias).add_(other)

    def weight(self) -> Any:
        """A plain copy of the weights [out, in]."""
        return self._weight.to_dense() if self._packs else self._weight.clone()


def _plain(x: Any, weight: Any, bias: Any) -> Any:
    import torch

    return torch.nn.functional.linear(x, weight, bias)


def _then(x: Any, then: str, algorithm: str) -> Any:
    import torch

    if then == "none":
        return x
    return torch.relu_(x) if then == "relu" else torch.nn.functional.gelu(x, approximate=algorithm)


class Int8Linear:
    """Weights in 8 bits, one scale a channel; takes ``Rows``, gives a product that lacks their scales and the bias.

    Copies what it is given.
    """

    def __init__(self, weight: Any, bias: Any) -> None:
        import torch

        weight = weight.float()
        self.out_features, self.in_features = weight.shape
        scales = weight.abs().amax(dim=1).clamp_min(1e-30) / 127
        rounded = (weight / scales[:, None]).round_().to(torch.int8)
        self.bias = weight.new_zeros(self.out_features) if bias is None else bias.float().clone()
        self._product = _Prepacked(rounded, scales) if prepacked_is_exact() else _IntMm(rounded, scales)

    def __call__(self, rows: Rows) -> Any:
        """fp32 [tokens, out]."""
        return self._product(rows.q)


class _Prepacked:
    """oneDNN's int8 kernel. Weights packed for any number of tokens: with a number given they are slower (measured)."""

    def __init__(self, weight: Any, scales: Any) -> None:
        import torch

        self._weight = torch.ops.onednn.qlinear_prepack(weight, None)
        self._scales, self._zeros = scales, torch.zeros(len(scales), dtype=torch.int64)
        self._linear, self._dtype = torch.ops.onednn.qlinear_pointwise.default, torch.float32

    def __call__(self, q: Any) -> Any:
        return self._linear(
            *(q, 1.0, 128, self._weight, self._scales, self._zeros, None),
            *(1.0, 0, self._dtype, "none", [], ""),
        )


class _IntMm:
    """PyTorch's int8 product."""

    def __init__(self, weight: Any, scales: Any) -> None:
        self._weight, self._scales = weight.t().contiguous(), scales

    def __call__(self, q: Any) -> Any:
        import torch

        signed = q.bitwise_xor(128).view(torch.int8)
        return torch._int_mm(signed, self._weight).float().mul_(self._scales)


@functools.cache
def prepacked_is_exact() -> bool:
    """Whether oneDNN's kernel counts rightly here: without VNNI some kernels add in 16 bits, which overflow."""
    return _is_exact(_Prepacked)


@functools.cache
def int8_is_exact() -> bool:
    """Whether any of the int8 products counts rightly on this CPU."""
    return prepacked_is_exact() or _is_exact(_IntMm)


def _is_exact(product: Any) -> bool:
    import torch

    generator = torch.Generator().manual_seed(7)
    weight = torch.randint(-127, 128, (64, 256), generator=generator, dtype=torch.int8)
    weight[0], weight[1] = 127, -127
    q = torch.randint(1, 256, (18, 256), generator=generator, dtype=torch.uint8)
    q[0], q[1] = 255, 1
    expected = (q.double() - 128) @ weight.double().t()
    try:
        found = product(weight, torch.ones(64))(q)
    except (RuntimeError, AttributeError):  # a build of PyTorch without it
        return False
    return bool(((found.double() - expected).abs() <= 1).all())
