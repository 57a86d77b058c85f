"""PyTorch's fused encoder layer, ``torch._transformer_encoder_layer_fwd``: what BetterTransformer began with.

Batches with padding go through it as nested tensors, so that padding takes no part either.
"""

import warnings
from typing import Any

from engine.kernels.families import FUSED_ACTIVATIONS
from engine.kernels.packed import FloatLayer
from engine.kernels.packing import Packing
from engine.kernels.passes import ACTIVATIONS


class FusedLayer:
    """A layer made from a packed one, with a plain copy of its weights: [texts, width, size] in and out."""

    def __init__(self, layer: FloatLayer) -> None:
        self._size, self._heads = layer.qkv.in_features, layer.heads
        self.dtype = layer.output_norm.weight.dtype
        self._weights = (
            *(layer.qkv.weight(), layer.qkv.bias, layer.output.weight(), _bias(layer.output)),
            *(ACTIVATIONS[layer.activation] == ACTIVATIONS["gelu"], False, layer.output_norm.epsilon),
            *(layer.output_norm.weight, layer.output_norm.bias, layer.down_norm.weight, layer.down_norm.bias),
            *(layer.up.weight(), _bias(layer.up), layer.down.weight(), _bias(layer.down)),
        )

    def __call__(self, hidden: Any) -> Any:
        import torch

        return torch._transformer_encoder_layer_fwd(hidden, self._size, self._heads, *self._weights)


def can_fuse(layer: Any) -> bool:
    """Whether the fused operator computes what ``layer`` does."""
    return (
        isinstance(layer, FloatLayer)
        and layer.activation in FUSED_ACTIVATIONS
        and layer.output_norm.epsilon == layer.down_norm.epsilon
        and layer.qkv.out_features == 3 * layer.qkv.in_features
        and layer.heads % 2 == 0
    )


def enter(hidden: Any, packed: Packing) -> Any:
    """[tokens, size] -> [texts, width, size], nested where there is padding."""
    import torch

    padded = packed.spread(hidden)
    if packed.index is None:
        return padded
    mask = torch.zeros(packed.texts * packed.width, dtype=torch.bool).index_fill_(0, packed.index, True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The PyTorch API of nested tensors is in prototype stage")
        return torch._nested_tensor_from_mask(padded, mask.view(packed.texts, packed.width), mask_check=False)


def leave(hidden: Any, packed: Packing) -> Any:
    """What ``enter`` gave, back to [tokens, size]."""
    if packed.index is not None:
        hidden = hidden.to_padded_tensor(0.0, (packed.texts, packed.width, hidden.size(-1)))
    return packed.take(hidden)


def _bias(linear: Any) -> Any:
    return linear.weight().new_zeros(linear.out_features) if linear.bias is None else linear.bias
