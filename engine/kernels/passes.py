"""Passes over tokens between int8 products: scales, bias, activation or residual and layer norm, 8 bits again.

Each is one loop over the rows in compiled code (``native``), or several operations of PyTorch where there is no
compiler: the same numbers to rounding. int8 rows are unsigned with zero point 128, one scale a token:
value = (q - 128) * scale. Products come as [tokens, channels] fp32, scaled by channel; they are used up.
"""

import contextlib
import ctypes
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from engine.evidence.torch_events import Ran
from engine.kernels import native

ACTIVATIONS = {
    "gelu": 0,
    "gelu_new": 1,
    "gelu_fast": 1,
    "gelu_pytorch_tanh": 1,
    "relu": 2,
    "quick_gelu": 3,
}
"""Transformers' names (``hidden_act``) of what the passes know, by the number in passes.cpp."""

_LEAST = 1e-30
"""Instead of the scale of a row of zeros."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rows:
    """Tokens in 8 bits: ``q`` uint8 [tokens, width], ``scales`` fp32 [tokens, 1]."""

    q: Any
    scales: Any


@dataclasses.dataclass(frozen=True, slots=True)
class Norm:
    """A layer norm over the last dimension, in fp32."""

    weight: Any
    bias: Any
    epsilon: float


GENERATED = {
    f"passes.{name}": Ran(f"passes.{name}", kind, fused=fused)
    for name, kind, fused in (
        ("quantize", "layout", ""),
        ("restore", "elementwise", "scales + bias"),
        ("activate_quantize", "activation", "scales + bias + activation + int8"),
        ("norm_quantize", "normalization", "scales + bias + residual + layer norm + int8"),
    )
}
"""The compiled loops by the names under which the profiler meets them (``Passes.watched``)."""


class Passes(Protocol):
    """``compiled``: whether the loops are compiled ones."""

    compiled: bool

    def watched(self) -> contextlib.AbstractContextManager[None]:
        """While it is open, PyTorch's profiler is told of each loop."""

    def quantize(self, x: Any) -> Rows:
        """``x``: fp32 [tokens, width]."""

    def restore(self, product: Any, scales: Any, bias: Any) -> Any:
        """What the linear layer gives: fp32 [tokens, width]."""

    def activate(self, product: Any, scales: Any, bias: Any, activation: str) -> Rows:
        """The activation of what ``restore`` would give."""

    def normalize(self, product: Any, scales: Any, bias: Any, residual: Any, norm: Norm) -> tuple[Any, Rows]:
        """Layer norm of what ``restore`` would give plus the residual: in fp32, and in 8 bits."""


def passes() -> Passes:
    """Compiled ones where a compiler is at hand and what it made computes rightly, else plain ones."""
    library = native.load(native.compiler())
    if library is None:
        return Plain()
    compiled = Compiled(library)
    return compiled if _agree(compiled, Plain()) else Plain()


class Plain:
    """PyTorch's own operations."""

    compiled = False

    def watched(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def quantize(self, x: Any) -> Rows:
        import torch

        scales = torch.linalg.vector_norm(x, float("inf"), dim=-1, keepdim=True).mul_(1 / 127)
        return Rows((x / scales.clamp_min(_LEAST)).round_().add_(128).to(torch.uint8), scales)

    def restore(self, product: Any, scales: Any, bias: Any) -> Any:
        return product.mul_(scales).add_(bias)

    def activate(self, product: Any, scales: Any, bias: Any, activation: str) -> Rows:
        return self.quantize(activated(product.mul_(scales).add_(bias), activation))

    def normalize(self, product: Any, scales: Any, bias: Any, residual: Any, norm: Norm) -> tuple[Any, Rows]:
        import torch

        total = product.mul_(scales).add_(bias).add_(residual)
        normed = torch.layer_norm(total, (total.shape[-1],), norm.weight, norm.bias, norm.epsilon)
        return normed, self.quantize(normed)


def activated(x: Any, activation: str) -> Any:
    """``x`` after one of ``ACTIVATIONS``, by PyTorch; may overwrite ``x``."""
    import torch

    number = ACTIVATIONS[activation]
    if number == ACTIVATIONS["relu"]:
        return torch.relu_(x)
    if number == ACTIVATIONS["quick_gelu"]:
        return torch.sigmoid(1.702 * x).mul_(x)
    return torch.nn.functional.gelu(x, approximate="none" if number == ACTIVATIONS["gelu"] else "tanh")


class Compiled:
    """The loops of passes.cpp."""

    compiled = True

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library: Any = library

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        library, self._library = self._library, _Watched(self._library)
        try:
            yield
        finally:
            self._library = library

    def quantize(self, x: Any) -> Rows:
        x, rows = x.contiguous(), _empty(x)
        self._library.quantize(x.data_ptr(), rows.q.data_ptr(), rows.scales.data_ptr(), *x.shape)
        return rows

    def restore(self, product: Any, scales: Any, bias: Any) -> Any:
        self._library.restore(product.data_ptr(), scales.data_ptr(), bias.data_ptr(), *product.shape)
        return product

    def activate(self, product: Any, scales: Any, bias: Any, activation: str) -> Rows:
        rows = _empty(product)
        self._library.activate_quantize(
            *(product.data_ptr(), scales.data_ptr(), bias.data_ptr()),
            *(rows.q.data_ptr(), rows.scales.data_ptr(), *product.shape),
            ACTIVATIONS[activation],
        )
        return rows

    def normalize(self, product: Any, scales: Any, bias: Any, residual: Any, norm: Norm) -> tuple[Any, Rows]:
        rows, normed = _empty(product), product.new_empty(product.shape)
        self._library.norm_quantize(
            *(product.data_ptr(), scales.data_ptr(), bias.data_ptr(), residual.data_ptr()),
            *(norm.weight.data_ptr(), norm.bias.data_ptr(), norm.epsilon),
            *(normed.data_ptr(), rows.q.data_ptr(), rows.scales.data_ptr(), *product.shape),
        )
        return normed, rows


class _Watched:
    """The library's functions, each within a region of the profiler's."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    def __getattr__(self, name: str) -> Callable[..., None]:
        import torch

        def call(*arguments: Any) -> None:
            with torch.profiler.record_function(f"passes.{name}"):
                getattr(self._library, name)(*arguments)

        return call


def _empty(like: Any) -> Rows:
    import torch

    return Rows(torch.empty(like.shape, dtype=torch.uint8), torch.empty((like.shape[0], 1)))


def _agree(one: Passes, other: Passes) -> bool:
    """Whether two ways compute alike, on random rows with a row of zeros and a width that no vector divides."""
    import torch

    generator = torch.Generator().manual_seed(7)
    product, residual = (torch.randn(5, 203, generator=generator) * 3 for _ in range(2))
    product[2], residual[2] = 0, 0
    scales = torch.rand(5, 1, generator=generator)
    weight, bias = (torch.randn(203, generator=generator) for _ in range(2))
    norm = Norm(weight, bias, 1e-12)
    restored = [way.restore(product.clone(), scales, bias) for way in (one, other)]
    if not torch.allclose(*restored, atol=1e-5) or not _near(one.quantize(product), other.quantize(product)):
        return False
    found = [way.normalize(product.clone(), scales, bias, residual, norm) for way in (one, other)]
    kinds = ("gelu", "gelu_new", "relu", "quick_gelu")
    pairs = [[way.activate(product.clone(), scales, bias, kind) for way in (one, other)] for kind in kinds]
    return torch.allclose(found[0][0], found[1][0], atol=1e-4) and all(
        _near(*pair) for pair in ((found[0][1], found[1][1]), *pairs)
    )


def _near(one: Rows, other: Rows) -> bool:
    import torch

    steps = (one.q.int() - other.q.int()).abs().max()
    return bool(steps <= 1) and torch.allclose(one.scales, other.scales, rtol=1e-4, atol=1e-7)
