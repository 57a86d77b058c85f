"""An encoder of Transformers whose layers are ours; its embeddings and the heads around it stay Transformers' own."""

import dataclasses
from typing import Any

from engine.kernels import fused, packed
from engine.kernels.families import FAMILIES, Family, Parts, activation_of
from engine.kernels.fused import FusedLayer
from engine.kernels.packing import Packing, packing
from engine.models.tensors import Inputs

TOKEN_HEADS = frozenset({"TokenClassification", "QuestionAnswering", "MaskedLM"})
"""Heads that work on each token by itself: they get packed tokens, and padding costs them nothing either."""


@dataclasses.dataclass(slots=True)
class Encoder:
    """``layers`` run on packed tokens. ``fused_layers``: the fused operator's, where it was faster; else empty."""

    family: Family
    body: Any
    ways: packed.Ways
    layers: list[Any]
    fused_layers: list[FusedLayer] = dataclasses.field(default_factory=list)
    biases: dict[int, Any] = dataclasses.field(default_factory=dict)

    def embedded(self, ids: Any, types: Any, where: Packing) -> Any:
        """[tokens, size]: the embeddings of the tokens that are not padding."""
        positions = _positions(self.family, self.body, ids, where)
        tokens = where.take(ids)[None]
        embeddings = self.body.embeddings
        if self.body.config.model_type == "distilbert":  # its embeddings take no positions
            total = embeddings.word_embeddings(tokens) + embeddings.position_embeddings(positions)
            hidden = embeddings.LayerNorm(total)
        else:
            taken = {} if types is None else {"token_type_ids": where.take(types)[None]}
            if types is None and hasattr(embeddings, "token_type_embeddings"):
                taken = {"token_type_ids": tokens.new_zeros(tokens.shape)}
            hidden = embeddings(input_ids=tokens, position_ids=positions, **taken)
        project = self.family.project(self.body)
        return (project(hidden) if project else hidden)[0]

    def encoded(self, hidden: Any, where: Packing) -> Any:
        """[tokens, size] -> [tokens, size], through packed layers."""
        bias = self.bias(where.width, hidden.dtype)
        state = self.ways.begin(hidden)
        for layer in self.layers:
            state = layer(state, where, bias)
        return self.ways.hidden(state)

    def encoded_fused(self, hidden: Any, where: Packing) -> Any:
        """The same through the fused operator's layers."""
        nested = fused.enter(hidden, where)
        for layer in self.fused_layers:
            nested = layer(nested)
        return fused.leave(nested, where)

    def bias(self, width: int, dtype: Any) -> Any:
        """Relative positions' share of the scores, or None."""
        if self.family.bias is None:
            return None
        if width not in self.biases:
            self.biases.clear()
            self.biases[width] = self.family.bias(self.body, width).to(dtype)
        return self.biases[width]


def _positions(family: Family, body: Any, ids: Any, where: Packing) -> Any:
    import torch

    if not family.skips_padding:
        return where.take(torch.arange(where.width).expand(where.texts, where.width))[None]
    padding = body.embeddings.padding_idx
    counted = (ids != padding).int()
    return where.take(torch.cumsum(counted, 1) * counted + padding)[None].long()


def convert(body: Any, ways: packed.Ways) -> Encoder:
    """Makes our layers of those of ``body``, and frees each as it is done: at no time are there two of all.

    ``body``: a base model of Transformers of one of ``FAMILIES``, fp32 or bf16.
    """
    family = FAMILIES[body.config.model_type]
    activation = str(activation_of(family, body.config.to_dict()))
    originals = family.layers(body)
    made: dict[int, Any] = {}
    for layer in originals:
        if id(layer) not in made:
            parts = family.parts(layer)
            made[id(layer)] = ways.make(parts, activation)
            _free(parts)
    return Encoder(family, body, ways, [made[id(layer)] for layer in originals])


def _free(parts: Parts) -> None:
    for name in Parts.__slots__:
        part = getattr(parts, name)
        for tensor in part.parameters() if hasattr(part, "parameters") else ():
            tensor.data = tensor.new_empty(0)


def replace(model: Any, auto_class: str, encoder: Encoder, chooses_fused: Any) -> "Replaced":
    """``model`` with ``encoder`` in the place of its base model.

    ``chooses_fused``: from a ``Packing`` to whether the fused layers run it.
    """
    made = _module()(encoder, auto_class, chooses_fused)
    if model is encoder.body:
        return Replaced(made, made, auto_class)
    setattr(model, model.base_model_prefix, made)
    return Replaced(model, made, auto_class)


@dataclasses.dataclass(frozen=True, slots=True)
class Replaced:
    """A model of Transformers around our encoder."""

    model: Any
    made: Any
    auto_class: str

    def __call__(self, inputs: Inputs) -> dict[str, Any]:
        """Outputs by name, in the padded shape. Raises NotForThisModel for masks that are not a padded end."""
        self.made.where = where = packing(inputs["input_ids"], inputs.get("attention_mask"))
        outputs = {name: value for name, value in self.model(**inputs).items() if hasattr(value, "shape")}
        if self.auto_class not in TOKEN_HEADS:
            return outputs
        return {name: where.spread(value[0]) for name, value in outputs.items()}


def _module() -> Any:
    import torch
    from transformers.modeling_outputs import BaseModelOutputWithPooling

    class Body(torch.nn.Module):  # type: ignore[misc]
        """Called by Transformers' heads like the base model that it replaces."""

        def __init__(self, encoder: Encoder, auto_class: str, chooses_fused: Any) -> None:
            super().__init__()
            self.encoder, self.auto_class, self.chooses_fused = encoder, auto_class, chooses_fused
            self.pooler: Any = getattr(encoder.body, "pooler", None)
            self.where: Packing | None = None

        def forward(self, input_ids: Any, token_type_ids: Any = None, **unused: Any) -> Any:
            where, encoder = self.where, self.encoder
            assert where is not None
            hidden = encoder.embedded(input_ids, token_type_ids, where)
            hidden = (encoder.encoded_fused if self.chooses_fused(where) else encoder.encoded)(hidden, where)
            pooled = self._pooled(where.first(hidden)[:, None]) if self.pooler is not None else None
            return BaseModelOutputWithPooling(last_hidden_state=self._shaped(hidden, where), pooler_output=pooled)

        def _pooled(self, first: Any) -> Any:
            if hasattr(encoder_body := self.encoder.body, "pooler_activation"):  # ALBERT's pooler is a bare linear
                return encoder_body.pooler_activation(self.pooler(first[:, 0]))
            return self.pooler(first)

        def _shaped(self, hidden: Any, where: Packing) -> Any:
            if self.auto_class in TOKEN_HEADS:
                return hidden[None]
            if self.auto_class == "SequenceClassification":
                return where.first(hidden)[:, None]  # of the rest the head reads nothing
            return where.spread(hidden)

    return Body
