"""Sizes in a configuration against what is possible, and against the weights that it belongs to: a model of 10^9
layers would be built, layer by layer, before anybody saw that its weights have twelve.
"""

from typing import Any

from engine.models.weights import Weights
from engine.wire.errors import ModelBroken

_MOST_LAYERS = 1_000
_MOST = 10_000_000

_DEPTHS = ("num_hidden_layers", "n_layers", "num_hidden_groups", "inner_group_num", "num_feedforward_networks")
_WIDTHS = (
    *("vocab_size", "hidden_size", "intermediate_size", "dim", "hidden_dim", "embedding_size", "type_vocab_size"),
)
_COUNTS = (
    *("num_attention_heads", "n_heads", "max_position_embeddings", "num_labels", "block_size", "num_random_blocks"),
    *("position_buckets", "max_relative_positions", "conv_kernel_size", "head_ratio", "num_groups"),
    *("true_hidden_size", "intra_bottleneck_size", "input_embedding_size", "output_embedding_size"),
    *("local_attention", "global_attn_every_n_layers", "embedding_dimension"),
)
_SHARES_LAYERS = frozenset({"albert"})
"""Families whose layers share one set of weights."""


def check(model: str, config: dict[str, Any], found: Weights) -> None:
    """Raises ModelBroken where a size is absurd, or larger than anything in the weights."""
    for key in _DEPTHS:
        most = found.tensors if found.tensors and config.get("model_type") not in _SHARES_LAYERS else _MOST_LAYERS
        _require(model, config, key, min(most, _MOST_LAYERS))
    for key in _WIDTHS:
        _require(model, config, key, min(found.longest or _MOST, _MOST))
    for key in _COUNTS:
        _require(model, config, key, _MOST)


def _require(model: str, config: dict[str, Any], key: str, most: int) -> None:
    value = config.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return  # of another form than a size: what makes use of it will say so
    if not -1 <= value <= most:  # -1 stands for none
        raise ModelBroken(
            f"The config.json of {model} says {key} is {value:.12g}, which its weights cannot be.",
            details=f"At most {most:,} is possible.",
        )
