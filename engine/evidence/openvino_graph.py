"""What OpenVINO executed: its compiled graph read back, and the log of the oneDNN inside it.

The graph tells each operator's kernel, precision, time and the layers that it was made of, once it has run
(``CompiledModel.get_runtime_model``). Of a product with int8 weights it tells the weights' precision and the kernel's
for other operands, whether or not the sources become int8 as it runs. That oneDNN's log alone tells, as it makes the
kernels. It must be asked for before OpenVINO is loaded, so it comes from a process of its own, with the same settings.
(Its lines of execution cannot be had: with them on, OpenVINO 2026.4 fails.)
"""

import dataclasses
import json
import os
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.evidence import onednn_log, openvino_child
from engine.evidence.told import KINDS, Told
from engine.runtimes import packaged

CALLS = 6
"""Calls that are observed after the first, which also packs weights."""

_SECONDS = 120
_NOT_RUN = "not_executed"
_TOLD = ("execTimeMcs", "layerType", "originalLayersNames", "primitiveType", "runtimePrecision")
_PRECISIONS = {"f32": "fp32", "bf16": "bf16", "f16": "fp16", "i8": "int8", "u8": "int8", "I8": "int8"}
_KINDS = {
    "FullyConnected": "linear",
    "Convolution": "linear",
    "ScaledDotProductAttention": "attention",
    "MHA": "attention",
    "Softmax": "attention",
    "MatMul": "attention",
    "MVN": "normalization",
    "NormalizeL2": "normalization",
    "RMS": "normalization",
    "LayerNorm": "normalization",
}
_LAYOUT = (
    *("Reshape", "Transpose", "Reorder", "Convert", "Concatenation", "Split", "VariadicSplit", "StridedSlice"),
    *("Broadcast", "ShapeOf", "Tile", "Squeeze", "Unsqueeze", "Pad", "Slice", "ScatterUpdate", "Range", "Gather"),
)
_ACTIVATIONS = ("gelu", "relu", "tanh", "silu", "swish", "sigmoid")
_SPOKEN = {"multiply": "scale", "fq_output": "quantize", "nncf_smooth_quant": "scale", "subtract": "sub"}
_ISA = (("amx", "amx_int8"), ("avx512", "avx512_f"), ("avx2", "avx2"))

_PRODUCT = r",create:\w+,cpu,(inner_product|matmul|convolution),"
_DYNAMIC = r"src_dyn_quant_group_size:[1-9]"

NO_LOG = (
    "Whether activations became int8 as the model ran: OpenVINO's graph does not tell, and oneDNN's log was not had."
)
MLAS_SILENT = "Which instructions ran in MLAS, which computed {} matrix products: it does not tell."


@dataclasses.dataclass(frozen=True, slots=True)
class Operator:
    """One executed operator. ``layers``: names of what it was made of; ``microseconds``: of one call."""

    type: str
    kernel: str
    precision: str
    layers: tuple[str, ...]
    microseconds: int

    @property
    def kind(self) -> str:
        """One of ``told.KINDS``."""
        names = " ".join(self.layers).lower()
        if self.type == "Subgraph":
            return "attention" if "softmax" in names else "elementwise"
        if self.type in _KINDS:
            return _KINDS[self.type]
        if self.type == "Gather" and "embedding" in names:
            return "embedding"
        if self.type == "Eltwise":
            if "layernorm" in names or "layer_norm" in names:
                return "normalization"
            return "activation" if any(name in names for name in _ACTIVATIONS) else "elementwise"
        return "layout" if self.type in _LAYOUT or self.type == "Gather" else "other"

    @property
    def has_int8_weights_alone(self) -> bool:
        """A product whose kernel is for other sources than int8."""
        return self.kind == "linear" and self.precision in ("u8", "i8") and not self.kernel.endswith("I8")

    @property
    def computed(self) -> str:
        """The precision of its sources, as the graph tells it."""
        told = self.kernel.rpartition("_")[2] if self.kind in ("linear", "attention") else self.precision
        return _PRECISIONS.get(told, "") or _PRECISIONS.get(self.precision, "")

    @property
    def fused(self) -> str:
        """As "linear + gelu" where an operator does the work of several, else empty."""
        names = [name.rpartition("/")[2].lower() for name in self.layers]
        if self.kind == "attention" and any("softmax" in name for name in names) and len(names) > 1:
            return "scaled dot-product attention"
        if self.kind == "linear":
            after = [name for name in _ACTIVATIONS if any(name in part for part in names)]
            after += ["scale"] if any(re.fullmatch(r"multiply_\d+", part) for part in names) else []
            after += ["quantize"] if any(part.startswith("fq_output") for part in names) else []
            return " + ".join(["linear", *after]) if after else ""
        if self.type == "Eltwise" and len(names) > 1:
            return " + ".join(dict.fromkeys(_word(name) for name in names))
        return ""


def observed(compiled: Any, call: Callable[[], object]) -> tuple[Operator, ...]:
    """What ran within ``call`` of the model ``compiled`` with counters on. Times are of calls after the first."""
    call()
    first = _operators(compiled.get_runtime_model())
    for _ in range(CALLS):
        call()
    ran = _operators(compiled.get_runtime_model())
    if len(ran) != len(first):
        return ran
    # The counters hold the mean over all calls so far.
    return tuple(
        dataclasses.replace(now, microseconds=max(0, ((CALLS + 1) * now.microseconds - before.microseconds) // CALLS))
        for before, now in zip(first, ran, strict=True)
    )


def _operators(runtime_model: Any) -> tuple[Operator, ...]:
    found = []
    for node in runtime_model.get_ordered_ops():
        told = {key: str(value.value) for key, value in node.get_rt_info().items() if key in _TOLD}
        if "execTimeMcs" not in told or told["layerType"] in ("Input", "Const", "Output"):
            continue
        layers = tuple(name for name in told.get("originalLayersNames", "").split(",") if name)
        is_timed = told["execTimeMcs"] != _NOT_RUN
        microseconds = int(told["execTimeMcs"]) if is_timed else 0
        operator = Operator(told["layerType"], told["primitiveType"], told["runtimePrecision"], layers, microseconds)
        # OpenVINO says "not executed" of a mean below a microsecond too. What computes has run; what only lays out
        # differently may have been done in place.
        if is_timed or operator.kind not in ("layout", "other"):
            found.append(operator)
    return tuple(found)


def told(ran: Sequence[Operator], log: str) -> Told:
    """``log``: of oneDNN as it made the kernels, or empty where it could not be had."""
    lines = [line for line in log.splitlines() if re.search(_PRODUCT, line)]
    made = onednn_log.read("\n".join(map(_as_executed, lines)))
    is_dynamic = any(re.search(_DYNAMIC, line) for line in lines)
    spent: Counter[str] = Counter()
    precision: defaultdict[str, set[str]] = defaultdict(set)
    for operator in ran:
        spent[operator.kind] += operator.microseconds
        if operator.computed:
            becomes_int8 = is_dynamic and operator.has_int8_weights_alone
            precision[operator.kind].add("int8" if becomes_int8 else operator.computed)
    total = sum(spent.values()) or 1
    return Told(
        source="OpenVINO's executed graph" + (" and oneDNN's log" if log else ""),
        ops_after=len(ran),
        fused=dict(Counter(operator.fused for operator in ran if operator.fused).most_common()),
        precision_executed={kind: ", ".join(sorted(precision[kind])) for kind in KINDS if precision.get(kind)},
        isa_executed=tuple(sorted({*made.isa, *_isa(ran)})),
        time_share={kind: spent[kind] / total for kind in KINDS if spent[kind]},
        not_provable=_not_provable(ran, log),
        details="\n".join((_table(ran), "", *_counted(lines))).strip(),
    )


def log_of(graph: Path, compiling: Mapping[str, Any], shape: tuple[int, ...]) -> str:
    """What oneDNN says as OpenVINO makes its kernels for inputs of ``shape``; empty where that cannot be had."""
    asked = json.dumps({"graph": str(graph), "compiling": dict(compiling), "shape": shape})
    try:
        child = subprocess.run(
            [*packaged.engine_program(), openvino_child.ROLE, asked],
            env=os.environ | {"ONEDNN_VERBOSE": "profile_create"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    lines = child.stdout.decode("utf-8", "replace").splitlines()
    return "\n".join(line for line in lines if line.startswith("onednn_verbose"))


def _as_executed(line: str) -> str:
    """A kernel that was made, as ``onednn_log`` reads one that runs, with its sources as they enter the product."""
    executed = re.sub(r",create:\w+,", ",exec,", line)
    return re.sub(r"\bsrc:\w+", "src:s8", executed) if re.search(_DYNAMIC, line) else executed


def _counted(lines: Sequence[str]) -> list[str]:
    """Each once, without its time, and how often it came."""
    counted = Counter(re.sub(r"(?<=,create):\w+|,[0-9.e-]+$", "", line) for line in lines)
    return [f"{often} x {line}" for line, often in counted.items()]


def _isa(ran: Sequence[Operator]) -> set[str]:
    """Of operators beside the products with int8 weights, whose kernels the graph calls by other names."""
    kernels = [operator.kernel for operator in ran if not operator.has_int8_weights_alone]
    found = {feature for kernel in kernels for word, feature in _ISA if word in kernel}
    if any(kernel.startswith("brgemm_avx512_bf16") for kernel in kernels):
        found.add("avx512_bf16")
    return found


def _not_provable(ran: Sequence[Operator], log: str) -> tuple[str, ...]:
    mlas = sum("mlas" in operator.kernel for operator in ran)
    unknown = not log and any(operator.has_int8_weights_alone for operator in ran)
    return (*((NO_LOG,) if unknown else ()), *((MLAS_SILENT.format(mlas),) if mlas else ()))


def _table(ran: Sequence[Operator]) -> str:
    """Operators alike in one row, those that took longest first."""
    rows: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    for operator in ran:
        rows[operator.type, operator.kernel, operator.precision, operator.fused].append(operator.microseconds)
    lines = [f"{'operator':<26}{'kernel':<26}{'precision':<11}{'number':>6}{'in all, ms':>12}  fused"]
    for (kind, kernel, precision, fused), times in sorted(rows.items(), key=lambda row: -sum(row[1])):
        lines.append(
            f"{kind:<26}{kernel:<26}{precision:<11}{len(times):>6}{sum(times) / 1000:>12.3f}  {fused}".rstrip()
        )
    return "\n".join(lines)


def _word(name: str) -> str:
    """``aten::add/Add`` ends in "add", ``Multiply_1`` is a scale."""
    plain = re.sub(r"(_\d+)+$", "", name)
    return _SPOKEN.get(plain, plain)
