"""Linear layers of a model of Transformers, replaced one by one by int8 ones that are called alike."""

from typing import Any

from engine.kernels.linears import Int8Linear, int8_is_exact
from engine.kernels.passes import Passes
from engine.wire.errors import NotForThisModel

_SENSITIVE = ("pooler", "embed")
"""Parts of a body that stay as they are: few numbers, on which all others depend."""

OVERFLOWS = "The int8 products of PyTorch overflow on this CPU, which would change the answers."


def quantize_linears(body: Any, passes: Passes) -> None:
    """Replaces every ``torch.nn.Linear`` of an encoder's ``body``, in place, and frees each as it goes.

    Raises NotForThisModel where int8 cannot be counted rightly on this CPU, or nothing is there to replace.
    """
    import torch

    if not int8_is_exact():
        raise NotForThisModel(OVERFLOWS)
    made = _module()
    named = [
        (parent, name)
        for path, parent in body.named_modules()
        for name, child in parent.named_children()
        if type(child) is torch.nn.Linear and not any(word in f"{path}.{name}" for word in _SENSITIVE)
    ]
    if not named:
        raise NotForThisModel("The model has no linear layers that could run in int8.")
    for parent, name in named:
        setattr(parent, name, made(getattr(parent, name), passes))


def _module() -> Any:
    import torch

    class Quantized(torch.nn.Module):  # type: ignore[misc]
        """fp32 [..., in] -> [..., out]; tokens are quantized as they come, each by its own scale."""

        def __init__(self, linear: Any, passes: Passes) -> None:
            super().__init__()
            self._linear, self._passes = Int8Linear(linear.weight, linear.bias), passes

        def forward(self, x: Any) -> Any:
            linear = self._linear
            rows = self._passes.quantize(x.reshape(-1, linear.in_features))
            restored = self._passes.restore(linear(rows), rows.scales, linear.bias)
            return restored.reshape(*x.shape[:-1], linear.out_features)

    return Quantized
