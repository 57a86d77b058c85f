"""TorchScript: the model traced into a fixed graph, whose operations oneDNN fuses.

Recipe: ``torch.jit.enable_onednn_fusion``, trace, freeze, three warm calls (PyTorch's documentation of oneDNN
Graph). The fusion holds for the traced shapes alone, so there is a trace for each batch size and padded length.
"""

import collections
import logging
from collections.abc import Generator
from typing import Any

from engine.evidence import torch_kernels
from engine.evidence.told import Told
from engine.measure import memory
from engine.mode import (
    FP32,
    Events,
    Fit,
    Job,
    Prepared,
    Unavailable,
    attention_of,
    fits_graph,
    refusing,
    stage,
    tensors,
    tracing_quietly,
)
from engine.models.facts import ModelFacts
from engine.models.load import load_eager
from engine.models.tensors import Inputs, Outputs
from engine.wire.errors import NotForThisModel
from engine.wire.messages import Event, Notice
from engine.wire.values import ModeCard

_log = logging.getLogger(__name__)

card = ModeCard(
    id="torchscript",
    title="TorchScript",
    plain="Records the model once as a fixed graph and joins its operations; ready in a second or two.",
    precisions=(FP32,),
    offers=("export",),
)

_WARM_CALLS = 3
"""The first is profiled, the second makes and compiles the fused graph, the third runs it."""

_MOST_TRACES = 8
_MEMORY_SHARE = 1 / 16
"""Each trace keeps a packed copy of the linear layers' weights (measured: 0.75 of their size); all traces
together may take this share of the computer's memory."""

_TOLERANCE = 1e-3

_TOKEN_OUTPUTS = {
    "FeatureExtraction": ("last_hidden_state",),
    "TokenClassification": ("logits",),
    "MaskedLM": ("logits",),
    "QuestionAnswering": ("start_logits", "end_logits"),
}
"""The outputs whose second dimension is the tokens'. A pooled output may by chance be as wide."""

_PADDABLE = {"input_ids", "attention_mask", "token_type_ids"}

_Shape = tuple[int, int, tuple[str, ...]]
"""Batch, tokens after padding, names of the inputs."""


def available() -> Unavailable | None:
    """Always: it is a part of PyTorch."""
    return None


def fits(facts: ModelFacts, precision: str) -> Fit:
    """Every model with PyTorch weights that can be traced."""
    return fits_graph(facts)


def prepare(job: Job) -> Generator[Event, None, Prepared]:
    """Loads, and traces for the sample's shape. Raises NotForThisModel where tracing fails."""
    attention = attention_of(job.facts)
    model = yield from stage("load", lambda: load_eager(job.facts, job.auto_class, attention))
    prepared = _Traced(job, model)
    yield from prepared.adapt(job.sample)
    return prepared


def padded_length(tokens: int, most: int) -> int:
    """The length to which ``tokens`` are padded, so that a few traces serve all lengths.

    ``most``: the longest input the model takes (0 = unknown); lengths that padding would bring over it stay.
    Steps of 16 for short inputs too would cost much: MiniLM took 8.4 ms for 32 tokens and 5.5 for 17.
    """
    step = 4 if tokens <= 32 else 8 if tokens <= 64 else 16
    padded = -(-tokens // step) * step
    return tokens if most and padded > most else padded


class _Traced:
    mode = card.id
    precision = FP32.id

    def __init__(self, job: Job, model: Any) -> None:
        self._facts = job.facts
        self._model = model
        self._token_outputs = _TOKEN_OUTPUTS.get(job.auto_class, ())
        self._pad_id = model.config.pad_token_id or 0
        self._pads = True
        self._fused: collections.OrderedDict[_Shape, Any] = collections.OrderedDict()
        self._most_traces = _traces_in_memory(model)
        self._unfused: dict[tuple[str, ...], Any] = {}
        self._unfusable: set[_Shape] = set()

    def adapt(self, inputs: Inputs) -> Events:
        """Traces for the shape of ``inputs``. Raises NotForThisModel."""
        shape = self._shape(inputs)
        if shape in self._fused:
            self._fused.move_to_end(shape)
        elif shape not in self._unfusable:
            yield from stage("prepare", lambda: self._trace(inputs))
        if self._shape(inputs) in self._unfusable:
            yield Notice(text="oneDNN cannot fuse the graph of this model rightly, so it runs unfused.")

    def __call__(self, **inputs: Any) -> Outputs:
        import torch

        shape = self._shape(inputs)
        trace = self._fused.get(shape)
        with torch.no_grad():
            if trace is None:
                return tensors(self._unfused_for(inputs)(**self._padded(inputs, 0)))
            return self._cut(trace(**self._padded(inputs, shape[1])), inputs)

    def explain(self, inputs: Inputs) -> Told:
        return torch_kernels.observe(lambda: self(**inputs))

    def close(self) -> None:
        self._fused.clear()
        self._unfused.clear()
        self._model = None

    def _shape(self, inputs: Inputs) -> _Shape:
        batch, tokens = inputs["input_ids"].shape
        if self._pads and inputs.keys() <= _PADDABLE:
            tokens = padded_length(tokens, self._facts.max_tokens)
        return batch, tokens, tuple(sorted({*inputs, "attention_mask"}))

    def _trace(self, inputs: Inputs) -> None:
        """A trace for this shape, whose answer is compared with the model's own. Raises NotForThisModel.

        Where padding changes the answer (a family that mixes neighbouring tokens whatever the mask says),
        lengths are no longer padded. Where the graph cannot be fused, or fusing changes the answer, the
        unfused one serves: MPNet sorts distances by a logarithm that fusing rounds across a whole number.
        """
        import torch

        shape = self._shape(inputs)
        padded = self._padded(inputs, shape[1])
        with torch.no_grad(), refusing(card.title, self._facts):
            expected = tensors(self._model(**inputs))
            trace = _fused_or_none(self._model, padded)
            if trace is not None and _same(expected, self._cut(trace(**padded), inputs)):
                self._keep(shape, trace)
            elif self._pads and not _same(expected, self._cut(self._model(**padded), inputs)):
                self._pads = False
                self._trace(inputs)
            elif _same(expected, self._unfused_for(inputs)(**self._padded(inputs, 0))):
                self._unfusable.add(shape)
            else:
                raise NotForThisModel(f"The traced graph of {self._facts.folder.name} answers differently.")

    def _keep(self, shape: _Shape, trace: Any) -> None:
        self._fused[shape] = trace
        while len(self._fused) > self._most_traces:
            self._fused.popitem(last=False)

    def _unfused_for(self, inputs: Inputs) -> Any:
        """A graph for any shape of these inputs. A fused one would fuse anew for another shape, unchecked."""
        padded = self._padded(inputs, 0)
        names = tuple(sorted(padded))
        if names not in self._unfused:
            self._unfused[names] = trace = _traced(self._model, padded)
            for _ in range(_WARM_CALLS):
                trace(**padded)
        return self._unfused[names]

    def _padded(self, inputs: Inputs, length: int) -> dict[str, Any]:
        """``inputs`` with an attention mask, filled up to ``length`` tokens (0: as long as they are)."""
        import torch

        filled = dict(inputs)
        if "attention_mask" not in filled:
            filled["attention_mask"] = torch.ones_like(filled["input_ids"])
        missing = length - filled["input_ids"].shape[1]
        if missing <= 0:
            return filled
        pad = torch.nn.functional.pad
        return {
            name: pad(value, (0, missing), value=self._pad_id if name == "input_ids" else 0)
            for name, value in filled.items()
        }

    def _cut(self, outputs: Outputs, inputs: Inputs) -> Outputs:
        tokens = inputs["input_ids"].shape[1]
        return {
            name: value[:, :tokens] if name in self._token_outputs else value
            for name, value in tensors(outputs).items()
        }


def _fused_or_none(model: Any, inputs: Inputs) -> Any:
    """None where oneDNN cannot compile what was fused: it finds out in the second call."""
    import torch

    trace = _traced(model, inputs)
    # A switch of the whole process, heeded as a graph is optimised, so in the warm calls. On any longer, functions
    # that Transformers scripts itself would be fused too: DeBERTa-v2's fail ever after, in every mode.
    torch.jit.enable_onednn_fusion(True)
    try:
        for _ in range(_WARM_CALLS):
            trace(**inputs)
    except RuntimeError as error:
        _log.info("not fused: %s", error)
        return None
    finally:
        torch.jit.enable_onednn_fusion(False)
    return trace


def _traced(model: Any, inputs: Inputs) -> Any:
    import torch

    with tracing_quietly():
        trace = torch.jit.trace(model, example_kwarg_inputs=dict(inputs), strict=False, check_trace=False)
        return torch.jit.freeze(trace)


def _same(expected: Outputs, got: Outputs) -> bool:
    for name, value in expected.items():
        if name not in got or got[name].shape != value.shape:
            return False
        limit = _TOLERANCE * max(1.0, float(value.abs().max()))
        if not float((got[name] - value).abs().max()) <= limit:  # so that NaN is not the same
            return False
    return True


def _traces_in_memory(model: Any) -> int:
    import torch

    linear: Any = (module.weight for module in model.modules() if isinstance(module, torch.nn.Linear))
    packed_bytes: int = sum(weight.numel() * weight.element_size() for weight in linear)
    room = int(memory.total_bytes() * _MEMORY_SHARE)
    return max(1, min(_MOST_TRACES, room // max(1, packed_bytes)))
