"""What ONNX Runtime ran: its profile names each operator of the optimised graph that executed, its inputs and time.

Source: ``SessionOptions.enable_profiling``, the events of category ``Node`` (onnxruntime.ai, "Profiling tools"). The
names are those after fusing, so the profile shows what the optimised graph became as it ran.
"""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.evidence.told import Told

_INT8 = ("DynamicQuantizeMatMul", "MatMulIntegerToFloat", "MatMulInteger", "QLinearMatMul", "QGemm", "QAttention")
_KINDS = {
    "linear": ("MatMulNBits", "Gemm", "FusedGemm", "Conv", "FusedConv", "ConvInteger", "QLinearConv", *_INT8[:-1]),
    "attention": ("Attention", "MultiHeadAttention", "QAttention", "GroupQueryAttention", "Softmax"),
    "normalization": (
        *("LayerNormalization", "SkipLayerNormalization", "EmbedLayerNormalization", "QEmbedLayerNormalization"),
        *("SimplifiedLayerNormalization", "SkipSimplifiedLayerNormalization", "BatchNormalization"),
    ),
    "activation": ("Gelu", "BiasGelu", "FastGelu", "QuickGelu", "Erf", "Tanh", "Relu", "Sigmoid"),
    "layout": (
        *("Transpose", "Reshape", "Cast", "Concat", "Unsqueeze", "Squeeze", "Slice", "Expand", "Shape", "Split"),
        *("Identity", "Tile", "Flatten", "ReorderInput", "ReorderOutput", "Constant", "ConstantOfShape"),
        *("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"),
    ),
    "elementwise": (
        *("Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Neg", "Abs", "Exp", "Log", "Where", "Equal", "Not", "And"),
        *("Less", "LessOrEqual", "Greater", "Min", "Max", "Sum", "Clip", "Ceil", "Floor", "Sign"),
    ),
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}
_FUSED = {
    "Attention": "attention",
    "MultiHeadAttention": "attention",
    "QAttention": "attention in int8",
    "SkipLayerNormalization": "add + layer norm",
    "EmbedLayerNormalization": "embeddings + layer norm",
    "BiasGelu": "bias + gelu",
    "Gelu": "gelu",
    "FastGelu": "gelu",
    "FusedMatMul": "scale + matrix product",
    "FusedGemm": "linear + activation",
    "DynamicQuantizeMatMul": "quantise + linear",
    "MatMulIntegerToFloat": "int8 linear + scale",
    "QLinearMatMul": "linear, quantised in and out",
    "MatMulNBits": "unpack int8 weights + linear",
}
_TYPES = {"float": "fp32", "float16": "fp16", "bfloat16": "bf16", "double": "fp64"}
_NO_ISA = "ONNX Runtime does not tell which instructions its kernels used."
_NO_BLOCKS = "ONNX Runtime does not tell whether it rounded the activations beside weights of 8 bits (MatMulNBits) too."


@dataclasses.dataclass(frozen=True, slots=True)
class Operator:
    """One execution. ``inputs``: type and shape of each input that is not packed away."""

    name: str
    duration_us: int
    inputs: tuple[tuple[str, tuple[int, ...]], ...]


def operators(profile: Path, skipped_calls: int = 0) -> list[Operator]:
    """All executions in a profile file but those of the first calls, which set up much."""
    events: list[dict[str, Any]] = msgspec.json.decode(profile.read_bytes())
    calls = sorted(event["ts"] + event["dur"] for event in events if event.get("name") == "model_run")
    begin = calls[skipped_calls - 1] if skipped_calls else 0
    return [
        Operator(event["args"]["op_name"], int(event["dur"]), _inputs(event["args"]))
        for event in events
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time") and event["ts"] >= begin
    ]


def told(executed: Sequence[Operator], calls: int) -> Told:
    """Of ``calls`` calls of one shape."""
    spent: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    precisions: dict[str, set[str]] = {}
    for operator in executed:
        kind = kind_of(operator)
        spent[kind] += operator.duration_us
        counts[operator.name] += 1
        if found := _precision(operator):
            precisions.setdefault(kind, set()).add(found)
    total = sum(spent.values()) or 1.0
    fused: Counter[str] = Counter()
    for name, count in counts.items():
        if name in _FUSED:
            fused[_FUSED[name]] += round(count / calls)
    return Told(
        source="ONNX Runtime's profile",
        ops_after=round(len(executed) / calls),
        fused=dict(fused.most_common()),
        precision_executed={kind: ", ".join(sorted(found, reverse=True)) for kind, found in precisions.items()},
        time_share={kind: time / total for kind, time in spent.most_common()},
        not_provable=(_NO_ISA, _NO_BLOCKS) if counts["MatMulNBits"] else (_NO_ISA,),
        details=_table(executed, calls),
    )


def kind_of(operator: Operator) -> str:
    """One of ``told.KINDS``. A product of two activations is attention's; of an activation and a weight, linear."""
    if operator.name in ("MatMul", "FusedMatMul"):
        weight_is_packed = len(operator.inputs) < 2
        return "linear" if weight_is_packed or len(operator.inputs[1][1]) <= 2 else "attention"
    if operator.name in ("Gather", "GatherElements", "GatherND"):
        return "embedding" if operator.inputs and operator.inputs[0][0] in _TYPES else "layout"
    return _KIND_OF.get(operator.name, "other")


def precision_of(executed: Sequence[Operator]) -> str:
    """The precision of the linear products as they ran, as a precision's id: the fewest bits among them."""
    names = {operator.name for operator in executed}
    if names.isdisjoint((*_INT8, "MatMulNBits")):
        return "fp32"
    if names & {"DynamicQuantizeMatMul", "DynamicQuantizeLinear"}:
        return "int8-dynamic"
    return "int8-static" if names & set(_INT8) else "int8-weights"


def _precision(operator: Operator) -> str:
    """Empty for work on shapes and ids."""
    if operator.name in _INT8 or operator.name == "MatMulNBits":
        return "int8"
    floats = [_TYPES[kind] for kind, _ in operator.inputs if kind in _TYPES]
    return floats[0] if floats else ""


def _inputs(arguments: dict[str, Any]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The profile gives a list of one-entry maps from type to shape."""
    given = arguments.get("input_type_shape") or []
    return tuple((kind, tuple(shape)) for one in given for kind, shape in one.items())


def _table(executed: Sequence[Operator], calls: int) -> str:
    times: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for operator in executed:
        times[operator.name] += operator.duration_us
        counts[operator.name] += 1
    lines = [f"{name}: {round(counts[name] / calls)}, {time / calls:.0f} µs" for name, time in times.most_common()]
    return "\n".join(("Operators of a call, with the time of all of a kind:", *lines))
