"""By hand: a BERT whose texts lie in one row without padding, with one matrix for q, k and v, and packed weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from tests.bench.by_hand import Inputs, Made, Maker
from tests.bench.by_hand.int8 import Int8Linear
from tests.bench.by_hand.plain_torch import load

Linear = Callable[[torch.Tensor], torch.Tensor]


def _packed_weights(linear: torch.nn.Linear) -> Linear:
    """oneDNN's product with weights in the order that it wants."""
    weight = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), None)
    product, bias = torch.ops.mkldnn._linear_pointwise, linear.bias.detach()
    return lambda x: product(x, weight, bias, "none", [], "")


def _joined(*linears: torch.nn.Linear) -> torch.nn.Linear:
    one = torch.nn.Linear(linears[0].in_features, sum(linear.out_features for linear in linears)).to(linears[0].weight)
    one.weight.data = torch.cat([linear.weight.data for linear in linears])
    one.bias.data = torch.cat([linear.bias.data for linear in linears])
    return one


class _Layer:
    def __init__(self, layer: Any, linear: Callable[[torch.nn.Linear], Linear]) -> None:
        own = layer.attention.self
        self.heads = own.num_attention_heads
        self.qkv = linear(_joined(own.query, own.key, own.value))
        self.out, self.norm = linear(layer.attention.output.dense), layer.attention.output.LayerNorm
        self.up, self.down = linear(layer.intermediate.dense), linear(layer.output.dense)
        self.last_norm = layer.output.LayerNorm

    def __call__(self, x: torch.Tensor, lengths: list[int]) -> torch.Tensor:
        """``x`` [tokens of all texts, width]."""
        heads = self.qkv(x).view(len(x), 3, self.heads, -1).transpose(0, 2)  # heads, 3, tokens, width of a head
        texts = [functional.scaled_dot_product_attention(*text.unbind(1)) for text in heads.split(lengths, 2)]
        attended = torch.cat(texts, 1).transpose(0, 1).reshape(x.shape)
        x = self.norm(self.out(attended).add_(x))
        return self.last_norm(self.down(functional.gelu(self.up(x))).add_(x))


def _made(dtype: torch.dtype, linear: Callable[[torch.nn.Linear], Linear]) -> Maker:
    def make(folder: Path, inputs: Inputs, threads: int) -> Made:
        model = load(folder, dtype)
        layers = [_Layer(layer, linear) for layer in model.encoder.layer]

        def call(input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
            with torch.inference_mode():
                kept = attention_mask.bool()
                lengths = attention_mask.sum(1).tolist()
                x = model.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)[kept]
                for layer in layers:
                    x = layer(x, lengths)
                padded = x.new_zeros(*input_ids.shape, x.shape[-1])
                padded[kept] = x
                return padded

        return call

    return make


PACKED: dict[str, Maker] = {
    "fp32": _made(torch.float32, _packed_weights),
    "bf16": _made(torch.bfloat16, _packed_weights),
    "int8-dynamic": _made(torch.float32, Int8Linear),
}
