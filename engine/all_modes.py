"""Every mode, in the window's order."""

from engine.mode import Mode
from engine.modes import eager, onnx_runtime, torch_compile, torchscript

MODES: dict[str, Mode] = {
    "eager": eager,
    "torchscript": torchscript,
    "torch-compile": torch_compile,
    "onnx-runtime": onnx_runtime,
}
