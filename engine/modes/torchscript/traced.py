"""A traced model that is called like the model. The fusion holds for the traced shapes alone, so there is a trace for
each batch size and padded length.
"""

import collections
from typing import Any

from engine.evidence import torch_kernels
from engine.evidence.told import Told
from engine.measure import memory
from engine.mode import BF16, Events, Job, refusing, stage, tensors
from engine.models.tensors import Inputs, Outputs
from engine.modes.torchscript import graph
from engine.modes.torchscript.alike import alike
from engine.ragged.parts import TOKEN_OUTPUTS
from engine.wire.errors import NotForThisModel
from engine.wire.messages import Notice

MOST_TRACES = 8
_MEMORY_SHARE = 1 / 16
"""Each trace keeps a packed copy of the linear layers' weights (measured: 0.75 of their size); all traces
together may take this share of the computer's memory."""

_PADDABLE = {"input_ids", "attention_mask", "token_type_ids"}

_Shape = tuple[int, int, tuple[str, ...]]
"""Batch, tokens after padding, names of the inputs."""


def padded_length(tokens: int, most: int) -> int:
    """The length to which ``tokens`` are padded, so that a few traces serve all lengths.

    ``most``: the longest input the model takes (0 = unknown); lengths that padding would bring over it stay.
    Steps of 16 for short inputs too would cost much: MiniLM took 8.4 ms for 32 tokens and 5.5 for 17.
    """
    step = 4 if tokens <= 32 else 8 if tokens <= 64 else 16
    padded = -(-tokens // step) * step
    return tokens if most and padded > most else padded


class Traced:
    """``engine.mode.Prepared``. ``most_traces``: how many shapes stay fused at once."""

    mode = "torchscript"

    def __init__(self, job: Job, model: Any) -> None:
        self.precision = job.precision
        self.most_traces = _traces_in_memory(model)
        self._facts = job.facts
        self._model = model
        self._token_outputs = TOKEN_OUTPUTS.get(job.auto_class, ())
        self._pad_id = model.config.pad_token_id or 0
        self._pads = True
        self._fused: collections.OrderedDict[_Shape, Any] = collections.OrderedDict()
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
        with torch.no_grad(), refusing("TorchScript", self._facts):
            expected = tensors(self._model(**inputs))
            trace = self._fused_or_none(padded)
            if trace is not None and self._alike(expected, self._cut(trace(**padded), inputs), inputs):
                self._keep(shape, trace)
            elif self._pads and not self._alike(expected, self._cut(self._model(**padded), inputs), inputs):
                self._pads = False
                self._trace(inputs)
            elif self._alike(expected, self._unfused_for(inputs)(**self._padded(inputs, 0)), inputs):
                self._unfusable.add(shape)
            else:
                raise NotForThisModel(f"The traced graph of {self._facts.folder.name} answers differently.")

    def _fused_or_none(self, padded: Inputs) -> Any:
        trace = graph.recorded(self._model, padded)
        # A distance in the wrong bucket could hide below the tolerance of bf16.
        if self.precision == BF16.id and graph.has_logarithm(trace):
            return None
        return graph.fused_or_none(trace, padded)

    def _alike(self, expected: Outputs, got: Outputs, inputs: Inputs) -> bool:
        return alike(self.precision, expected, got, inputs.get("attention_mask"), self._token_outputs)

    def _keep(self, shape: _Shape, trace: Any) -> None:
        self._fused[shape] = trace
        while len(self._fused) > self.most_traces:
            self._fused.popitem(last=False)

    def _unfused_for(self, inputs: Inputs) -> Any:
        """A graph for any shape of these inputs. A fused one would fuse anew for another shape, unchecked."""
        padded = self._padded(inputs, 0)
        names = tuple(sorted(padded))
        if names not in self._unfused:
            self._unfused[names] = graph.warmed(graph.recorded(self._model, padded), padded)
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
        found = dict(tensors(outputs))
        tokens = inputs["input_ids"].shape[1]
        for name in self._token_outputs:
            if name in found and found[name].shape[1] > tokens:
                found[name] = found[name][:, :tokens]
        return found


def _traces_in_memory(model: Any) -> int:
    import torch

    linear: Any = (module.weight for module in model.modules() if isinstance(module, torch.nn.Linear))
    packed_bytes: int = sum(weight.numel() * weight.element_size() for weight in linear)
    room = int(memory.total_bytes() * _MEMORY_SHARE)
    return max(1, min(MOST_TRACES, room // max(1, packed_bytes)))
