"""Which encoders of Transformers are covered, and where in each of them the parts of a layer are.

One entry a family: what is here is what the mode BetterTransformer covers, and what a person is shown.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.kernels.passes import ACTIVATIONS

FUSED_ACTIVATIONS = ("gelu", "relu")
"""What PyTorch's fused encoder layer knows."""

_BOTH = "Packed tokens with prepacked weights, or PyTorch's fused layer, whichever is faster"
_PACKED = "Packed tokens with prepacked weights"


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """The modules of one layer that normalizes after each sum (post-norm)."""

    query: Any
    key: Any
    value: Any
    output: Any
    output_norm: Any
    up: Any
    down: Any
    down_norm: Any
    heads: int


@dataclasses.dataclass(frozen=True, slots=True)
class Family:
    """``layers``: the encoder's layers in the order in which they run, a shared one as often as it does.

    ``project``: what follows the embeddings. ``skips_padding``: positions count from after the padding index, and
    tokens that equal the padding token count for none (RoBERTa). ``bias``: relative positions' share of the scores
    for a width, [1, heads, width, width]. ``activation``: its name in the configuration, and what holds where it
    is not named there.
    """

    title: str
    how: str
    layers: Callable[[Any], Sequence[Any]]
    parts: Callable[[Any], Parts]
    activation: tuple[str, str] = ("hidden_act", "gelu")
    project: Callable[[Any], Callable[[Any], Any] | None] = lambda body: None
    skips_padding: bool = False
    bias: Callable[[Any, int], Any] | None = None
    fuses: bool = True


def refusal(model_type: str, config: Mapping[str, Any]) -> str:
    """Why the model with this configuration is not covered, in a sentence; empty where it is."""
    family = FAMILIES.get(model_type)
    if family is None:
        named = ", ".join(known.title for known in FAMILIES.values())
        return f"It is written for these families: {named}. This one is {model_type}."
    if config.get("position_embedding_type", "absolute") != "absolute":
        return "The model's attention adds relative positions, which the packed layers do not compute."
    if config.get("is_decoder") or config.get("add_cross_attention") or config.get("is_encoder_decoder"):
        return "The model is set up as a decoder, which the packed layers do not compute."
    if config.get("chunk_size_feed_forward"):
        return "The model cuts its feed-forward layers into chunks, which the packed layers do not do."
    activation = activation_of(family, config)
    if activation not in ACTIVATIONS:
        return f"The packed layers do not know the model's activation ({activation})."
    return ""


def activation_of(family: Family, config: Mapping[str, Any]) -> Any:
    """The name of the activation between the two feed-forward layers."""
    name, usual = family.activation
    return config.get(name, usual)


def _encoder_layers(body: Any) -> Sequence[Any]:
    return list(body.encoder.layer)


def _bert(layer: Any) -> Parts:
    own, output = layer.attention.self, layer.attention.output
    return Parts(
        *(own.query, own.key, own.value, output.dense, output.LayerNorm),
        *(layer.intermediate.dense, layer.output.dense, layer.output.LayerNorm, own.num_attention_heads),
    )


def _mpnet(layer: Any) -> Parts:
    own = layer.attention.attn
    return Parts(
        *(own.q, own.k, own.v, own.o, layer.attention.LayerNorm),
        *(layer.intermediate.dense, layer.output.dense, layer.output.LayerNorm, own.num_attention_heads),
    )


def _distilbert(layer: Any) -> Parts:
    own = layer.attention
    return Parts(
        *(own.q_lin, own.k_lin, own.v_lin, own.out_lin, layer.sa_layer_norm),
        *(layer.ffn.lin1, layer.ffn.lin2, layer.output_layer_norm, own.n_heads),
    )


def _albert(layer: Any) -> Parts:
    own = layer.attention
    return Parts(
        *(own.query, own.key, own.value, own.dense, own.LayerNorm),
        *(layer.ffn, layer.ffn_output, layer.full_layer_layer_norm, own.num_attention_heads),
    )


def _albert_layers(body: Any) -> Sequence[Any]:
    config, groups = body.config, body.encoder.albert_layer_groups
    per_group = config.num_hidden_layers / config.num_hidden_groups
    return [layer for i in range(config.num_hidden_layers) for layer in groups[int(i / per_group)].albert_layers]


def _mpnet_bias(body: Any, width: int) -> Any:
    import torch

    return body.encoder.compute_position_bias(torch.empty(1, width))


FAMILIES = {
    "bert": Family("BERT", _BOTH, _encoder_layers, _bert),
    "roberta": Family("RoBERTa", _BOTH, _encoder_layers, _bert, skips_padding=True),
    "xlm-roberta": Family("XLM-RoBERTa", _BOTH, _encoder_layers, _bert, skips_padding=True),
    "camembert": Family("CamemBERT", _BOTH, _encoder_layers, _bert, skips_padding=True),
    "distilbert": Family(
        *("DistilBERT", _BOTH, lambda body: list(body.transformer.layer), _distilbert),
        activation=("activation", "gelu"),
    ),
    "electra": Family(
        *("ELECTRA", _BOTH, _encoder_layers, _bert),
        project=lambda body: getattr(body, "embeddings_project", None),
    ),
    "albert": Family(
        *("ALBERT", f"{_PACKED}; one shared layer, and an activation that the fused one lacks"),
        *(_albert_layers, _albert),
        activation=("hidden_act", "gelu_new"),
        project=lambda body: body.encoder.embedding_hidden_mapping_in,
    ),
    "mpnet": Family(
        *("MPNet", f"{_PACKED}; the fused layer takes no relative positions", _encoder_layers, _mpnet),
        skips_padding=True,
        bias=_mpnet_bias,
        fuses=False,
    ),
}
