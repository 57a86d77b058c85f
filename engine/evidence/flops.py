"""How much work a model's answer is: floating-point operations and operators, counted on its shape alone.

The model runs once for each length on PyTorch's meta device, which computes shapes and no numbers.
"""

import contextlib
import dataclasses
import logging
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from engine.evidence.traffic import Traffic
from engine.models.facts import ModelFacts
from engine.models.load import BODY, class_of, clean_config
from engine.models.tensors import Inputs

_log = logging.getLogger(__name__)

MOST_LENGTHS = 24
"""Each takes some 10 ms; of more different lengths, those between are read off the straight line between neighbours
(the count is a quadratic of the length: wrong by less than 0.1 %).
"""

_ONNX_ALONE = "How much work the answer is: the model is an ONNX graph alone, which is not counted."
_NOT_COUNTED = "How much work the answer is: this model cannot be run on shapes alone, so it is not counted."


@dataclasses.dataclass(frozen=True, slots=True)
class Counted:
    """``flops``: two for each multiply-add of the matrix products, over the texts' own tokens, so that padding counts
    for nothing. ``operators``: of one call in plain PyTorch with SDPA, views left out. ``traffic``: what has to be
    brought from memory. All None where they could not be counted, and ``reason`` then says why, in a sentence.
    """

    flops: float | None = None
    operators: int | None = None
    reason: str = ""
    traffic: Traffic | None = None


def count(facts: ModelFacts, auto_class: str, batches: Sequence[Inputs]) -> Counted:
    """Of all ``batches``."""
    if facts.weights == "ONNX":
        return Counted(reason=_ONNX_ALONE)
    rows = Counter(int(length) for batch in batches for length in batch["attention_mask"].sum(-1).tolist())
    try:
        model = _shape_of(facts, auto_class)
        counted = {length: _one(model, batches[0], length) for length in _some_of(sorted(rows))}
    except Exception as error:  # noqa: BLE001 - the model's code runs as nobody meant it to; its evidence stands without
        _log.info("The work is not counted: %s: %s", type(error).__name__, error)
        return Counted(reason=_NOT_COUNTED)
    return Counted(
        sum(_between(counted, length, "flops") * often for length, often in rows.items()),
        max(one.operators for one in counted.values()),
        traffic=Traffic.of(
            model,
            batches,
            outputs=sum(_between(counted, length, "outputs") * often for length, often in rows.items()),
        ),
    )


def _some_of(lengths: Sequence[int]) -> list[int]:
    if len(lengths) <= MOST_LENGTHS:
        return list(lengths)
    step = (len(lengths) - 1) / (MOST_LENGTHS - 1)
    return [lengths[round(i * step)] for i in range(MOST_LENGTHS)]


class _Text(NamedTuple):
    """What one text takes: floating-point operations, operators, and numbers in the model's output."""

    flops: float
    operators: int
    outputs: int


def _between(counted: Mapping[int, _Text], length: int, what: Literal["flops", "outputs"]) -> float:
    import numpy as np

    lengths = sorted(counted)
    return float(np.interp(length, lengths, [getattr(counted[known], what) for known in lengths]))


def _shape_of(facts: ModelFacts, auto_class: str) -> Any:
    import torch

    config = clean_config(facts)
    config.reference_compile = False  # ModernBERT would compile itself for a device that it does not know
    model_class = class_of(facts, auto_class)
    with torch.device("meta"):
        for attention in ("sdpa", "eager"):
            config._attn_implementation = attention
            try:
                model = model_class(config).eval()
                break
            except ValueError:  # the family has no SDPA
                if attention == "eager":
                    raise
    if auto_class == BODY and getattr(model, "pooler", None) is not None:
        model.pooler = None  # as it is loaded: no task reads it
    return model


def _one(model: Any, like: Inputs, length: int) -> _Text:
    import torch

    counter = _counter()
    inputs = {name: torch.ones(1, length, dtype=value.dtype, device="meta") for name, value in like.items()}
    with torch.no_grad(), _without_autocast(), counter, _attention_as_one(counter):
        outputs = model(**inputs)
    numbers = sum(value.numel() for value in outputs.values() if isinstance(value, torch.Tensor))
    return _Text(counter.flops, counter.operators, numbers)


@contextlib.contextmanager
def _without_autocast() -> Iterator[None]:
    """Rotary positions are computed in full precision by ``torch.autocast``, which does not know the meta device."""
    import torch

    kept = torch.autocast
    torch.autocast = lambda *_, **__: contextlib.nullcontext()
    try:
        yield
    finally:
        torch.autocast = kept


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
