"""The same techniques as the modes', as a person would write them: the library's own calls and a bare loop.

Each maker takes the folder of a BERT, inputs of the shape that is measured, and the threads; it returns what is called
with the inputs by name. Nothing of Fastpath is in them but its sample of texts for calibrating.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Inputs = Mapping[str, Any]
Made = Callable[..., Any]
Maker = Callable[[Path, Inputs, int], Made]


def maker(mode: str, precision: str) -> Maker | None:
    """None for a technique that nobody has written by hand yet."""
    if mode == "ipex":  # only its own runtime has it
        from tests.bench.by_hand import ipex_graphs

        return ipex_graphs.TRACES.get(precision)
    from tests.bench.by_hand import onnx_graphs, openvino_graphs, packed, plain_torch

    makers: dict[str, dict[str, Maker]] = {
        "eager": plain_torch.EAGER,
        "torchscript": plain_torch.TRACED,
        "torch-compile": plain_torch.COMPILED,
        "better-transformer": packed.PACKED,
        "onnx-runtime": onnx_graphs.SESSIONS,
        "openvino": openvino_graphs.REQUESTS,
    }
    return makers.get(mode, {}).get(precision)
