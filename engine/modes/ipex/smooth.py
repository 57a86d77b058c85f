"""SmoothQuant for layers whose activations are quantised as they come: each channel of a linear layer's input is
divided by a factor, and the weights multiplied by it, so that no single channel takes up the whole range of int8.

Xiao et al., "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language Models"
(arXiv 2211.10438), equation 4. IPEX itself does this for calibrated int8 alone.
"""

from collections.abc import Sequence
from typing import Any

from engine.models.tensors import Inputs

_LEAST = 1e-5


def smooth(model: Any, batches: Sequence[Inputs], alpha: float) -> None:
    """Changes ``model`` in place; its answers stay, but for rounding. ``batches``: real texts."""
    import torch

    linears = {name: module for name, module in model.named_modules() if type(module) is torch.nn.Linear}
    for name, largest in _largest_inputs(model, linears, batches).items():
        linear = linears[name]
        weights = linear.weight.abs().amax(0).clamp(min=_LEAST)
        factors = (largest.clamp(min=_LEAST) ** alpha / weights ** (1 - alpha)).clamp(min=_LEAST)
        linear.weight.mul_(factors)
        parent, _, own = name.rpartition(".")
        setattr(model.get_submodule(parent), own, _divided(linear, 1 / factors))


def keep_narrowing(model: Any) -> None:
    """Linear layers with more inputs than outputs stay as they are: what quantises looks for the very type."""
    import torch

    class Kept(torch.nn.Linear):  # type: ignore[misc]
        """A linear layer under another name."""

    for module in model.modules():
        if type(module) is torch.nn.Linear and module.in_features > module.out_features:
            module.__class__ = Kept


def _largest_inputs(model: Any, linears: dict[str, Any], batches: Sequence[Inputs]) -> dict[str, Any]:
    """By layer, the largest absolute value of each channel of its input."""
    import torch

    largest: dict[str, Any] = {}

    def watch(name: str) -> Any:
        def look(module: Any, inputs: tuple[Any, ...]) -> None:
            found = inputs[0].abs().flatten(0, -2).amax(0)
            largest[name] = torch.maximum(largest[name], found) if name in largest else found

        return look

    hooks = [linear.register_forward_pre_hook(watch(name)) for name, linear in linears.items()]
    try:
        for batch in batches:
            model(**batch)
    finally:
        for hook in hooks:
            hook.remove()
    return largest


def _divided(linear: Any, factors: Any) -> Any:
    import torch

    class Divided(torch.nn.Module):  # type: ignore[misc]
        """``factors`` [channels]: one over what each channel is divided by."""

        def __init__(self) -> None:
            super().__init__()
            self.linear = linear
            self.register_buffer("factors", factors)

        @property
        def weight(self) -> Any:
            """Some models look at a layer's weights for their type."""
            return self.linear.weight

        def forward(self, inputs: Any) -> Any:
            return self.linear(inputs * self.factors)

    return Divided()
