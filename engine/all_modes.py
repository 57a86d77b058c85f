"""Every mode, in the window's order."""

from engine.mode import Mode
from engine.modes import better_transformer, eager, ipex, onnx_runtime, openvino_runtime, torch_compile, torchscript

MODES: dict[str, Mode] = {
    "eager": eager,
    "torchscript": torchscript,
    "torch-compile": torch_compile,
    "better-transformer": better_transformer,
    "onnx-runtime": onnx_runtime,
    "openvino": openvino_runtime,
    "ipex": ipex,
}
