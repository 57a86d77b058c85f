"""BetterTransformer: the encoder's layers run without padding and with weights packed for this CPU.

Two ways, of which the faster for the shape is measured once and kept: tokens packed into one row, through linear
layers that oneDNN has packed (``engine.kernels.packed``), and PyTorch's fused encoder layer with nested tensors
(``engine.kernels.fused``), which Optimum's and Transformers' BetterTransformer was. int8 runs packed alone.
"""

import dataclasses
import time
from collections.abc import Callable, Generator
from typing import Any

from engine.evidence import torch_kernels
from engine.evidence.told import Told
from engine.kernels import body, fused, packed
from engine.kernels.families import FAMILIES, refusal
from engine.kernels.fused import FusedLayer
from engine.kernels.linears import int8_is_exact
from engine.kernels.packing import Packing, packing
from engine.kernels.passes import GENERATED, Passes, Plain, passes
from engine.kernels.quantized import OVERFLOWS
from engine.mode import (
    BF16,
    BF16_AUTOCAST,
    FP32,
    INT8_DYNAMIC,
    INT8_STATIC,
    INT8_WEIGHTS,
    NO_CAP_FP32,
    Events,
    Fit,
    Job,
    Prepared,
    Unavailable,
    attention_of,
    fits_bf16,
    fits_pytorch,
    refusing,
    stage,
    tensors,
    without,
)
from engine.models.facts import ModelFacts
from engine.models.load import load_eager
from engine.models.tensors import Inputs, Outputs
from engine.wire.errors import NotForThisModel
from engine.wire.messages import Event, Notice
from engine.wire.values import ModeCard, Supported

card = ModeCard(
    id="better-transformer",
    title="BetterTransformer",
    plain="Joins the operations of each layer and skips padding; ready in a second.",
    precisions=(
        FP32,
        BF16,
        without(BF16_AUTOCAST, "Its layers run in one precision: take bf16."),
        INT8_DYNAMIC,
        without(INT8_STATIC, "Its int8 layers find the range of each token as it passes; nothing is calibrated."),
        without(INT8_WEIGHTS, "Its int8 layers take the activations in 8 bits too."),
    ),
    capped=("bf16", "int8-dynamic"),
    no_cap=NO_CAP_FP32,
    supported=tuple(Supported(family=family.title, how=family.how) for family in FAMILIES.values()),
)

_PROBE_TOKENS = 16
_TRIES = 5
_TRIED_LAYERS = 3
_CLEARLY = 0.9
"""The fused layers need a plain copy of the weights, so they must be faster by more than chance."""


def available() -> Unavailable | None:
    """Always: PyTorch has all that is needed. A C++ compiler makes int8 faster, and is not needed."""
    return None


def fits(facts: ModelFacts, precision: str) -> Fit:
    """The families of ``engine.kernels.families``, as far as their settings are covered."""
    fit = fits_pytorch(facts)
    if fit.verdict != "no" and (why := refusal(facts.model_type, facts.config)):
        return Fit("no", why)
    return fits_bf16(fit) if precision == BF16.id else fit


def prepare(job: Job) -> Generator[Event, None, Prepared]:
    """Loads, converts layer by layer, and compares the answer with the model's own on a few tokens.

    Raises NotForThisModel.
    """
    if why := refusal(job.facts.model_type, job.facts.config):
        raise NotForThisModel(f"{card.title} cannot take {job.facts.folder.name}.", details=why)
    dtype = BF16.id if job.precision == BF16.id else FP32.id
    attention = attention_of(job.facts)
    model = yield from stage("load", lambda: load_eager(job.facts, job.auto_class, attention, dtype))
    prepared = yield from stage("prepare", lambda: _converted(job, model))
    yield from prepared.adapt(job.sample)
    return prepared


def _converted(job: Job, model: Any) -> "_Better":
    import torch

    probe = _probe(job.sample)
    with torch.inference_mode(), refusing(card.title, job.facts):
        expected = tensors(model(**probe))
        prepared = _Better(job, model)
        if not _near(expected, prepared(**probe), job.precision):
            raise NotForThisModel(f"{card.title} would answer differently for {job.facts.folder.name}.")
    return prepared


def _probe(sample: Inputs) -> dict[str, Any]:
    """A few tokens of a text, twice: whole, and with its end masked."""
    import torch

    probe = {name: value[:1, :_PROBE_TOKENS].repeat(2, 1) for name, value in sample.items()}
    mask = torch.ones_like(probe["input_ids"])
    mask[1, max(1, mask.shape[1] // 2) :] = 0
    return probe | {"attention_mask": mask}


_LEAST_COSINE = {FP32.id: 0.99999, BF16.id: 0.99, INT8_DYNAMIC.id: 0.95}
"""Of the first token's outputs, to catch a layer mapped wrongly; how near answers are is judged on real texts."""


def _near(expected: Outputs, got: Outputs, precision: str) -> bool:
    """By the first token of each text: padding answers differently in any case."""
    import torch

    if expected.keys() != got.keys():
        return False
    for name, value in expected.items():
        if got[name].shape != value.shape:
            return False
        one, other = (tensor[:, :1].float().reshape(2, -1) for tensor in (value, got[name]))
        if value.dim() == 2:  # labels of a text, or one number a token: too few for an angle
            limit = (1e-3 if precision == FP32.id else 0.5) * max(1.0, float(one.abs().max()))
            near = bool(((one - other).abs() <= limit).all())
        else:
            near = bool((torch.cosine_similarity(one, other) >= _LEAST_COSINE[precision]).all())
        if not near:
            return False
    return True


class _Better:
    mode = card.id

    def __init__(self, job: Job, model: Any) -> None:
        self.precision = job.precision
        self._notices: list[Notice] = []
        self._passes: Passes = Plain()
        self._encoder = body.convert(model.base_model, self._ways())
        self._fused_faster: dict[tuple[bool, bool, int], bool] = {}
        self._model: body.Replaced | None = body.replace(model, job.auto_class, self._encoder, self._chooses_fused)

    def adapt(self, inputs: Inputs) -> Events:
        """Measures which way is faster, once for each kind of shape. Raises NotForThisModel."""
        where = packing(inputs["input_ids"], inputs.get("attention_mask"))
        kind = _kind(where)
        if kind not in self._fused_faster:
            self._fused_faster[kind] = self._is_fused_faster(where)
            if self._fused_faster[kind] and not self._encoder.fused_layers:
                self._encoder.fused_layers = [FusedLayer(layer) for layer in self._encoder.layers]
        yield from self._notices

    def __call__(self, **inputs: Any) -> Outputs:
        import torch

        assert self._model is not None, "closed"
        with torch.inference_mode():
            return self._model(inputs)

    def explain(self, inputs: Inputs) -> Told:
        with self._passes.watched():
            told = torch_kernels.observe(lambda: self(**inputs), GENERATED)
        if self._passes.compiled:
            chosen = "Which instructions ran in Fastpath's own loops: the compiler chose them, and they do not tell."
            told = dataclasses.replace(told, not_provable=(*told.not_provable, chosen))
        where = packing(inputs["input_ids"], inputs.get("attention_mask"))
        if self._chooses_fused(where):
            own = {"whole encoder layer": len(self._encoder.layers)}
            way = "PyTorch's fused encoder layer, measured to be faster here than packed tokens."
        else:
            own, way = self._joined(), "Packed tokens with prepacked weights."
        padding = where.texts * where.width - where.tokens
        removed = f"{where.tokens:,} tokens, {padding:,} of padding removed."
        return dataclasses.replace(
            told, fused={**own, **told.fused}, details=f"{way} {removed}\n{told.details}".strip()
        )

    def close(self) -> None:
        self._model = None
        self._encoder.layers.clear()
        self._encoder.fused_layers.clear()
        self._encoder.biases.clear()
        self._encoder.body = None

    def _ways(self) -> packed.Ways:
        if self.precision != INT8_DYNAMIC.id:
            return packed.floating()
        if not int8_is_exact():
            raise NotForThisModel(OVERFLOWS)
        self._passes = passes()
        if not self._passes.compiled:
            self._notices.append(Notice(text="Without a C++ compiler, what joins the int8 products runs slower."))
        return packed.int8(self._passes)

    def _joined(self) -> dict[str, int]:
        counted: dict[str, int] = {}
        for layer in self._encoder.layers:
            for kind, count in layer.fused.items():
                counted[kind] = counted.get(kind, 0) + count
        return counted

    def _chooses_fused(self, where: Packing) -> bool:
        return bool(self._encoder.fused_layers) and self._fused_faster.get(_kind(where), False)

    def _is_fused_faster(self, where: Packing) -> bool:
        """A few layers each way, on numbers of this shape: of one alone the weights would stay in the cache."""
        import torch

        encoder = self._encoder
        if not encoder.family.fuses or not all(fused.can_fuse(layer) for layer in encoder.layers):
            return False
        ours = encoder.layers[:_TRIED_LAYERS]
        theirs = [FusedLayer(layer) for layer in ours]
        with torch.inference_mode():
            hidden = torch.randn(where.tokens, ours[0].qkv.in_features).to(theirs[0].dtype)
            nested = fused.enter(hidden, where)
            packed_s, fused_s = _fastest_s(
                lambda: [layer(hidden, where, None) for layer in ours], lambda: [layer(nested) for layer in theirs]
            )
        return fused_s < packed_s * _CLEARLY


def _kind(where: Packing) -> tuple[bool, bool, int]:
    """One text or several, with padding or without, how many tokens in powers of two."""
    return where.texts == 1, where.index is None, where.tokens.bit_length()


def _fastest_s(*calls: Callable[[], object]) -> list[float]:
    """Of a few calls of each, in turn."""
    found = [float("inf")] * len(calls)
    for _ in range(1 + _TRIES):
        for i, call in enumerate(calls):
            began = time.perf_counter()
            call()
            found[i] = min(found[i], time.perf_counter() - began)
    return found
