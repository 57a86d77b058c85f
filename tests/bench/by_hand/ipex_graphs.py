"""By hand: Intel Extension for PyTorch's own calls, traced and frozen; in its own runtime."""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, AutoTokenizer

from engine.models import calibration
from tests.bench.by_hand import Inputs, Made, Maker

WARM_CALLS = 4
ALPHA = 0.8


def _load(folder: Path, attention: str = "sdpa") -> Any:
    return AutoModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation=attention).eval()


def _traced(model: Any, inputs: Inputs, bf16: bool = False) -> Made:
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bf16, cache_enabled=False):
        trace = torch.jit.trace(model, example_kwarg_inputs=dict(inputs), strict=False, check_trace=False)
        trace = torch.jit.freeze(trace)

    def call(**inputs: Any) -> Any:
        with torch.no_grad():
            return trace(**inputs)

    for _ in range(WARM_CALLS):
        call(**inputs)
    return call


def _optimized(dtype: torch.dtype) -> Maker:
    def make(folder: Path, inputs: Inputs, threads: int) -> Made:
        import intel_extension_for_pytorch as ipex

        bf16 = dtype == torch.bfloat16
        with _quietly():
            model = _load(folder, "eager" if bf16 else "sdpa")
            model = ipex.optimize(model, dtype=dtype, inplace=True, auto_kernel_selection=True)
            return _traced(model, inputs, bf16)

    return make


def _static(folder: Path, inputs: Inputs, threads: int) -> Made:
    from intel_extension_for_pytorch import quantization
    from torch.ao.quantization import MinMaxObserver

    with _quietly(), torch.no_grad():
        mapping = quantization.get_smooth_quant_qconfig_mapping(alpha=ALPHA, act_observer=MinMaxObserver)
        model = quantization.prepare(_load(folder), mapping, example_kwarg_inputs=dict(inputs), inplace=True)
        for text in _texts(folder):
            model(**text)
        return _traced(quantization.convert(model, inplace=True), inputs)


class _Divided(torch.nn.Module):  # type: ignore[misc]
    """SmoothQuant (arXiv 2211.10438): a part of the activations' spread goes into the weights."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        self.largest = torch.zeros(linear.in_features)
        self.register_buffer("factors", torch.ones(linear.in_features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x * self.factors)

    def look(self, _: Any, given: Any) -> None:
        self.largest = torch.maximum(self.largest, given[0].abs().flatten(0, -2).amax(0))

    def settle(self) -> None:
        weights = self.linear.weight.abs().amax(0).clamp(min=1e-5)
        factors = self.largest.clamp(min=1e-5) ** ALPHA / weights ** (1 - ALPHA)
        self.linear.weight.mul_(factors)
        self.factors.copy_(1 / factors)


class _Kept(torch.nn.Linear):  # type: ignore[misc]
    """What quantises looks for the very type: this one stays in fp32."""


def _dynamic(folder: Path, inputs: Inputs, threads: int) -> Made:
    """Smoothed, and the layers that narrow in fp32, as the mode has it: plainly it keeps 0.96 on real text."""
    from intel_extension_for_pytorch import quantization

    with _quietly(), torch.no_grad():
        model = _load(folder)
        divided = []
        for parent in list(model.modules()):
            for name, child in list(parent.named_children()):
                if type(child) is not torch.nn.Linear:
                    continue
                if child.in_features > child.out_features:
                    child.__class__ = _Kept
                else:
                    divided.append(_Divided(child))
                    setattr(parent, name, divided[-1])
        hooks = [one.register_forward_pre_hook(one.look) for one in divided]
        for text in _texts(folder):
            model(**text)
        for hook, one in zip(hooks, divided, strict=True):
            hook.remove()
            one.settle()
        mapping = quantization.default_dynamic_qconfig_mapping
        model = quantization.prepare(model, mapping, example_kwarg_inputs=dict(inputs), inplace=True)
        return _traced(quantization.convert(model, inplace=True), inputs)


def _texts(folder: Path) -> Iterator[Inputs]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text in calibration.bundled("calibrate"):
        yield dict(tokenizer(text, return_tensors="pt"))


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


TRACES: dict[str, Maker] = {
    "fp32": _optimized(torch.float32),
    "bf16": _optimized(torch.bfloat16),
    "int8-dynamic": _dynamic,
    "int8-static": _static,
}
