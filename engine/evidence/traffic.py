"""The least that a model's call has to bring from memory, or take there: what a roofline divides the work by.

After Williams, Waterman and Patterson, "Roofline: An Insightful Visual Performance Model" (2009). What is between
the layers is left out, since it may stay in the caches; so may small weights, and then a call can be faster than the
memory alone would allow.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, Self

from engine.models.tensors import Inputs

_BYTES = {"bf16": 2, "int8-dynamic": 1, "int8-static": 1, "int8-weights": 1}
"""Of a weight, by the precision that a mode prepared; autocast keeps weights in fp32."""

_FP32_BYTES = 4
_ID_BYTES = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Traffic:
    """``products``: weights of the matrix products, each read once for each batch; ``others``: biases and factors, the
    same. ``ids``: numbers in the encoded inputs; ``embedded``: in the rows of the embedding that the tokens pick, one
    row a token; ``outputs``: in what the model returns. Padding counts for nothing but in ``ids``.
    """

    batches: int
    products: int
    others: int
    ids: int
    embedded: int
    outputs: float

    @classmethod
    def of(cls, model: Any, batches: Sequence[Inputs], outputs: float) -> Self:
        """``model`` may be on the meta device: its weights are counted, not read."""
        import torch

        weights = {
            id(weight): weight
            for module in model.modules()
            if not isinstance(module, torch.nn.Embedding)
            for weight in module.parameters(recurse=False)
        }
        products = sum(weight.numel() for weight in weights.values() if weight.ndim > 1)
        tokens = sum(int(batch["attention_mask"].sum()) for batch in batches)
        return cls(
            batches=len(batches),
            products=products,
            others=sum(weight.numel() for weight in weights.values()) - products,
            ids=sum(value.numel() for batch in batches for value in batch.values()),
            embedded=tokens * int(model.get_input_embeddings().weight.shape[-1]),
            outputs=outputs,
        )

    def least_bytes(self, precision: str) -> float:
        """With the weights of the products as ``precision`` (an id of a mode's precisions) keeps them; biases,
        embedding and outputs in fp32, where fewer bits would make no difference to be seen.
        """
        weights = self.products * _BYTES.get(precision, _FP32_BYTES) + self.others * _FP32_BYTES
        moved = (self.embedded + self.outputs) * _FP32_BYTES + self.ids * _ID_BYTES
        return float(self.batches * weights + moved)
