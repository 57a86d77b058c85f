"""How much work a model's answer is: floating-point operations and operators, counted on its shape alone.

The model runs once for each length on PyTorch's meta device, which computes shapes and no numbers.
"""

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from engine.models.facts import ModelFacts
from engine.models.load import class_of, clean_config
from engine.models.tensors import Inputs


@dataclasses.dataclass(frozen=True, slots=True)
class Counted:
    """``flops``: two for each multiply-add of the matrix products, over the texts' own tokens, so that padding counts
    for nothing. ``operators``: of one call in plain PyTorch with SDPA, views left out.
    """

    flops: float
    operators: int


def count(facts: ModelFacts, auto_class: str, batches: Sequence[Inputs]) -> Counted | None:
    """Of all ``batches``; None for a model that is an ONNX graph alone."""
    if facts.weights == "ONNX":
        return None
    model = _shape_of(facts, auto_class)
    rows = Counter(int(length) for batch in batches for length in batch["attention_mask"].sum(-1).tolist())
    counted = {length: _one(model, batches[0], length) for length in rows}
    return Counted(
        sum(counted[length].flops * often for length, often in rows.items()),
        max(one.operators for one in counted.values()),
    )


def _shape_of(facts: ModelFacts, auto_class: str) -> Any:
    import torch

    config = clean_config(facts)
    model_class = class_of(facts, auto_class)
    with torch.device("meta"):
        for attention in ("sdpa", "eager"):
            config._attn_implementation = attention
            try:
                return model_class(config).eval()
            except ValueError:  # the family has no SDPA
                if attention == "eager":
                    raise
    raise AssertionError


def _one(model: Any, like: Inputs, length: int) -> Counted:
    import torch

    counter = _counter()
    inputs = {name: torch.ones(1, length, dtype=value.dtype, device="meta") for name, value in like.items()}
    with torch.no_grad(), counter, _attention_as_one(counter):
        model(**inputs)
    return Counted(counter.flops, counter.operators)


def _counter() -> Any:
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import flop_registry

    class Counter(TorchDispatchMode):  # type: ignore[misc]
        flops = 0.0
        operators = 0

        def __torch_dispatch__(self, func: Any, types: Any, words: Any = (), named: Any = None) -> Any:
            named = named or {}
            if func is torch.ops.aten._local_scalar_dense.default:
                return True  # "is every token one of the text's?": here they are
            result = func(*words, **named)
            if not any(value.alias_info and not value.alias_info.is_write for value in func._schema.returns):
                self.operators += 1
            if func._overloadpacket in flop_registry:
                self.flops += flop_registry[func._overloadpacket](*words, **named, out_val=result)
            return result

    return Counter()


def _attention_as_one(counter: Any) -> Any:
    """SDPA as the one operator that it is on a CPU; the meta device would take it apart."""
    import torch
    from torch.overrides import TorchFunctionMode

    class Attention(TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(self, func: Any, types: Any, words: Any = (), named: Any = None) -> Any:
            named = named or {}
            if func is not torch.nn.functional.scaled_dot_product_attention:
                return func(*words, **named)
            query, key, value = (*words, *(named[name] for name in ("query", "key", "value") if name in named))[:3]
            rows = math.prod(query.shape[:-1])
            counter.flops += 2.0 * rows * key.shape[-2] * (query.shape[-1] + value.shape[-1])
            counter.operators += 1
            return query.new_empty((*query.shape[:-1], value.shape[-1]))

    return Attention()
