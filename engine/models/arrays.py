"""A model's outputs as numpy arrays, and the few functions on them that tasks share. Numpy is imported on
use.
"""

from typing import TYPE_CHECKING, Any

from engine.models.tensors import Inputs, Outputs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]


def array(value: Any) -> "Array":
    """A float32 array of a tensor or array of any float precision; no copy of float32 on the CPU."""
    import numpy as np

    if hasattr(value, "detach"):
        value = value.detach().float().cpu().numpy()
    return np.asarray(value, dtype=np.float32)


def arrays(outputs: Outputs) -> dict[str, "Array"]:
    """The outputs that are tensors or arrays, by name."""
    return {name: array(value) for name, value in outputs.items() if hasattr(value, "shape")}


def softmax(logits: "Array") -> "Array":
    """Along the last axis."""
    import numpy as np

    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    share: Array = powers / powers.sum(axis=-1, keepdims=True)
    return share


def sigmoid(logits: "Array") -> "Array":
    """Element by element, without overflow."""
    import numpy as np

    small = np.exp(-np.abs(logits))
    value: Array = np.where(logits >= 0, 1 / (1 + small), small / (1 + small)).astype(np.float32)
    return value


def pool(hidden: "Array", batch: Inputs, how: str) -> "Array":
    """Vectors [batch, hidden] of token vectors [batch, tokens, hidden]: the first token's for ``cls``, else
    the mean over the tokens that are not padding, as sentence-transformers computes it.
    """
    import numpy as np

    if how == "cls":
        return hidden[:, 0]
    mask = array(batch["attention_mask"])
    vectors: Array = np.einsum("bth,bt->bh", hidden, mask) / np.maximum(mask.sum(axis=1, keepdims=True), 1e-9)
    return vectors


def unit(vectors: "Array") -> "Array":
    """Rows scaled to length one; a row of zeros stays."""
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Array = vectors / np.maximum(lengths, 1e-12)
    return scaled
