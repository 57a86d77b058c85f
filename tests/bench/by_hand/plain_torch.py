"""By hand: PyTorch alone, eager, traced and compiled, at each precision."""

import functools
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel

from tests.bench.by_hand import Inputs, Made, Maker
from tests.bench.by_hand.int8 import Int8Linear

WARM_CALLS = 3


def load(folder: Path, dtype: torch.dtype = torch.float32) -> Any:
    """The body in evaluation mode, without a pooler."""
    return AutoModel.from_pretrained(folder, add_pooling_layer=False, dtype=dtype).eval()


def _inferring(model: Any) -> Made:
    def call(**inputs: Any) -> Any:
        with torch.inference_mode():
            return model(**inputs)

    return call


def _eager(dtype: torch.dtype) -> Maker:
    return lambda folder, inputs, threads: _inferring(load(folder, dtype))


def _autocast(folder: Path, inputs: Inputs, threads: int) -> Made:
    model = load(folder)

    def call(**inputs: Any) -> Any:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            return model(**inputs)

    return call


def _int8(folder: Path, inputs: Inputs, threads: int) -> Made:
    model = load(folder)
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, torch.nn.Linear):
                setattr(module, name, Int8Linear(child))
    return _inferring(model)


def _traced(dtype: torch.dtype) -> Maker:
    def make(folder: Path, inputs: Inputs, threads: int) -> Made:
        """Of the fused graph the next to last call compiles, for the shape that it is called with."""
        torch.jit.enable_onednn_fusion(True)
        try:
            with torch.no_grad():
                model = load(folder, dtype)
                trace = torch.jit.trace(model, example_kwarg_inputs=dict(inputs), strict=False, check_trace=False)
                trace = torch.jit.freeze(trace)
                for _ in range(WARM_CALLS):
                    trace(**inputs)
        finally:
            torch.jit.enable_onednn_fusion(False)

        def call(**inputs: Any) -> Any:
            with torch.no_grad():
                return trace(**inputs)

        return call

    return make


@functools.cache
def _compiled_model(folder: Path, precision: str) -> Any:
    import torch._inductor.config

    torch._inductor.config.freezing = True
    model = load(folder, torch.bfloat16 if precision == "bf16" else torch.float32)
    if precision == "int8-dynamic":
        from torchao.quantization import Int8DynamicActivationInt8WeightConfig, quantize_

        quantize_(model, Int8DynamicActivationInt8WeightConfig())
    return torch.compile(model, dynamic=True)


def _compiled(precision: str) -> Maker:
    def make(folder: Path, inputs: Inputs, threads: int) -> Made:
        model = _compiled_model(folder, precision)

        def call(**inputs: Any) -> Any:
            with torch.no_grad():
                return model(**inputs)

        return call

    return make


EAGER: dict[str, Maker] = {
    "fp32": _eager(torch.float32),
    "bf16": _eager(torch.bfloat16),
    "bf16-autocast": _autocast,
    "int8-dynamic": _int8,
}
TRACED: dict[str, Maker] = {"fp32": _traced(torch.float32), "bf16": _traced(torch.bfloat16)}
COMPILED: dict[str, Maker] = {name: _compiled(name) for name in ("fp32", "bf16", "int8-dynamic")}
