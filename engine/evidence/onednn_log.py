"""Reading oneDNN's log (and MKL's): which kernels ran, in which precision, with which instructions.

The format is documented at oneDNN's "Verbose Mode"; each executed primitive is one line of fields with commas.
"""

import dataclasses
import re
from collections import Counter, defaultdict
from collections.abc import Iterable

_TYPES = {"f32": "fp32", "bf16": "bf16", "f16": "fp16", "s8": "int8", "u8": "int8"}
_ISA = (
    ("amx_int8", "amx_int8"),
    ("amx_bf16", "amx_bf16"),
    ("amx", "amx_bf16"),
    ("avx10_1", "avx10_1"),
    ("avx512_core_fp16", "avx512_fp16"),
    ("avx512_core_bf16", "avx512_bf16"),
    ("avx512_core_vnni", "avx512_vnni"),
    ("avx512", "avx512_f"),
    ("avx2_vnni", "avx_vnni"),
    ("avx2", "avx2"),
    ("sse41", "sse4_1"),
)
"""Words in a kernel's name, and the feature (``engine.cpu.features``) that they stand for; the first that fits."""
_KINDS = {"inner_product": "linear", "matmul": "linear", "gemm_api": "linear", "gemm": "linear", "reorder": "layout"}
_FUSED = (
    (r"eltwise_gelu", "linear + gelu"),
    (r"eltwise_relu", "linear + relu"),
    (r"binary_add|sum", "linear + add"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Kernels:
    """``precision``: by kind of operator; ``fused``: kinds with counts."""

    precision: dict[str, str]
    isa: tuple[str, ...]
    fused: dict[str, int]
    not_provable: tuple[str, ...]


def read(log: str) -> Kernels:
    """Of the lines that oneDNN and MKL printed during one call."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    fused: Counter[str] = Counter()
    isa: set[str] = set()
    for line in log.splitlines():
        if line.startswith("MKL_VERBOSE") and "GEMM" in line:
            found["linear"].add("fp32")
        fields = line.split(",")
        if not line.startswith("onednn_verbose") or "exec" not in fields:
            continue
        place = fields.index("exec")
        kind, kernel = fields[place + 2], fields[place + 3]
        types = _types(",".join(fields[place + 4 :]))
        if types:
            found[_KINDS.get(kind, "other")].add(types)
        isa.update(_isa(kernel))
        fused.update(name for pattern, name in _FUSED if re.search(pattern, line))
    silent = () if isa else ("Which instructions ran: MKL, which ran the products, does not tell.",)
    return Kernels(
        {kind: ", ".join(sorted(names)) for kind, names in found.items()}, tuple(sorted(isa)), dict(fused), silent
    )


def _types(fields: str) -> str:
    """The precision of a product: that of its sources and weights."""
    words = re.findall(r"\b(?:src|wei)(?::|_)(f32|bf16|f16|s8|u8)", fields)
    return next((_TYPES[word] for word in words if _TYPES[word] != "fp32"), "fp32" if words else "")


def _isa(kernel: str) -> Iterable[str]:
    return [next(feature for word, feature in _ISA if word in kernel)] if any(w in kernel for w, _ in _ISA) else []
