"""Reading oneDNN's log (and MKL's): which kernels ran, in which precision, with which instructions.

The format is documented at oneDNN's "Verbose Mode"; each executed primitive, and each executed partition of a graph
(which says what was fused, around its primitives), is one line of fields with commas. MKL names a product and nothing
of how it computed it.
"""

import dataclasses
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from engine.evidence.kinds import kind_of, spoken

_TYPES = {"f32": "fp32", "bf16": "bf16", "f16": "fp16", "s8": "int8", "u8": "int8"}
_KINDS = {
    "inner_product": "linear",
    "matmul": "linear",
    "gemm_api": "linear",
    "gemm": "linear",
    "layer_normalization": "normalization",
    "softmax": "attention",
    "sdpa": "attention",
    "eltwise": "activation",
    "binary": "elementwise",
    "reorder": "layout",
}
_PRODUCTS = ("inner_product", "matmul", "gemm_api", "gemm")
_POST_OPS = (
    ("eltwise_gelu", "gelu"),
    ("eltwise_relu", "relu"),
    ("eltwise_tanh", "tanh"),
    ("eltwise_swish", "silu"),
    ("binary_add", "add"),
    ("binary_mul", "mul"),
    ("sum", "add"),
)
_ISA: tuple[tuple[str, dict[str, str], str], ...] = (
    (r"amx", {"int8": "amx_int8", "bf16": "amx_bf16", "fp16": "amx_fp16"}, "avx512_f"),
    (r"avx10_2", {}, "avx10_2"),
    (r"avx512_core_fp16|avx10_1", {"fp16": "avx512_fp16", "bf16": "avx512_bf16", "int8": "avx512_vnni"}, "avx512_f"),
    (r"avx512_core_bf16", {"bf16": "avx512_bf16", "int8": "avx512_vnni"}, "avx512_f"),
    (r"avx512_core_vnni", {"int8": "avx512_vnni"}, "avx512_f"),
    (r"avx512", {}, "avx512_f"),
    (r"avx2_vnni", {"int8": "avx_vnni"}, "avx2"),
    (r"avx2", {}, "avx2"),
)
"""In a kernel's name: the newest instructions that its family may use. Those for a type are used only on that type
(an fp32 kernel of the family ``avx512_core_bf16`` proves AVX-512 alone); for others, the last column."""

GEMM_SILENT = "Which instructions ran in oneDNN's plain products: it names no kernel for them."
MKL_SILENT = "Which instructions ran in MKL, which computed {}: it does not tell."


@dataclasses.dataclass(frozen=True, slots=True)
class Partition:
    """Operators of PyTorch that oneDNN ran as one: ``operators`` as "linear + gelu"; ``fused`` where several."""

    kind: str
    precision: str
    operators: str
    fused: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Kernels:
    """``precision``: by kind of operator; ``fused``: kinds with counts; ``partitions`` in the order of their running.

    ``products``: matrix products that oneDNN ran; ``mkl_products``: precision of each that MKL ran, with its count.
    ``summary``: the log with like lines counted and without what oneDNN says of itself.
    """

    precision: dict[str, str]
    isa: tuple[str, ...]
    fused: dict[str, int]
    not_provable: tuple[str, ...]
    partitions: tuple[Partition, ...] = ()
    products: int = 0
    mkl_products: dict[str, int] = dataclasses.field(default_factory=dict)
    summary: str = ""


def read(log: str) -> Kernels:
    """Of the lines that oneDNN and MKL printed during one call."""
    primitives, partitions, mkl = [], [], Counter[str]()
    for line in log.splitlines():
        fields = line.split(",")
        if line.startswith("MKL_VERBOSE"):
            mkl.update(_mkl_precision(line))
        elif line.startswith("onednn_verbose") and "exec" in fields[:5]:
            place = fields.index("exec")
            if len(fields) < place + 7:
                continue  # cut short
            if fields[place - 1] == "graph":
                partitions.append(_partition(fields[place + 4], fields[place + 6]))
            else:
                primitives.append(_Primitive(fields[place + 2], fields[place + 3], ",".join(fields[place + 4 :])))
    found: defaultdict[str, set[str]] = defaultdict(set)
    for primitive in primitives:
        if primitive.precision:
            found[_KINDS.get(primitive.kind, "other")].add(primitive.precision)
    for precision in mkl:
        found["linear"].add(precision)
    fused = Counter(name for name in _fused(primitives, partitions) if name)
    return Kernels(
        precision={kind: ", ".join(sorted(names)) for kind, names in found.items()},
        isa=tuple(sorted({isa for primitive in primitives for isa in primitive.isa})),
        fused=dict(fused),
        not_provable=_not_provable(primitives, bool(mkl)),
        partitions=tuple(partitions),
        products=sum(primitive.kind in _PRODUCTS for primitive in primitives),
        mkl_products=dict(mkl),
        summary=_summary(log),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Primitive:
    kind: str
    kernel: str
    rest: str

    @property
    def precision(self) -> str:
        """That of its sources and weights."""
        words = re.findall(r"\b(?:src|wei|data)(?:_\w+)?(?::|_)(f32|bf16|f16|s8|u8)", self.rest)
        return next((_TYPES[word] for word in words if _TYPES[word] != "fp32"), "fp32" if words else "")

    @property
    def isa(self) -> Iterable[str]:
        for pattern, by_type, otherwise in _ISA:
            if re.search(pattern, self.kernel):
                return [by_type.get(self.precision, otherwise)]
        return []

    @property
    def fused(self) -> str:
        """A product with what was done to its result before it was written; empty where nothing was.

        A ``sum`` into a product without a bias of its own is how PyTorch's ``addmm`` adds the bias.
        """
        asked = re.search(r"attr-post-ops:(\S*?)(?:,|\s|$)", self.rest)
        if self.kind not in _PRODUCTS or not asked:
            return ""
        after = [
            name
            for post_op in asked[1].split("+")
            for pattern, name in _POST_OPS[: None if self._adds_more_than_bias else -1]
            if post_op.startswith(pattern)
        ]
        return " + ".join(["linear", *after]) if after else ""

    @property
    def _adds_more_than_bias(self) -> bool:
        return self.kind == "inner_product" or "bia" in self.rest


def _not_provable(primitives: Sequence[_Primitive], mkl: bool) -> tuple[str, ...]:
    nameless = any(primitive.kind in _PRODUCTS and not primitive.kernel for primitive in primitives)
    return (*((MKL_SILENT.format("matrix products"),) if mkl else ()), *((GEMM_SILENT,) if nameless else ()))


def _fused(primitives: Sequence[_Primitive], partitions: Sequence[Partition]) -> list[str]:
    """Of a graph only its partitions count: their primitives are told beside them."""
    return (
        [part.operators for part in partitions if part.fused]
        if partitions
        else [primitive.fused for primitive in primitives]
    )


def _partition(names: str, tensors: str) -> Partition:
    operators = [name for name in names.split(";") if name]
    kinds = [kind_of(name) for name in operators]
    first = next((kind for kind in ("linear", "attention", "normalization", "activation") if kind in kinds), "")
    words = re.findall(r"\bin\d+_(f32|bf16|f16|s8|u8)", tensors)
    precision = next((_TYPES[word] for word in words if _TYPES[word] != "fp32"), "fp32" if words else "")
    spelt = " + ".join(map(spoken, operators))
    return Partition(first or (kinds[0] if kinds else "other"), precision, spelt, len(operators) > 1)


def _mkl_precision(line: str) -> Iterable[str]:
    name = line.removeprefix("MKL_VERBOSE ").partition("(")[0]
    if not name.startswith(("SGEMM", "GEMM", "cblas_", "DGEMM")):
        return []
    if "BF16" in name.upper():
        return ["bf16"]
    return ["int8"] if re.search(r"[SU]8", name.upper()) else ["fp32"]


def _summary(log: str) -> str:
    """Each line once, with how often it came; times and addresses differ from line to line and are left out."""
    counted = Counter(
        re.sub(r",[0-9.e-]+$|0x[0-9a-f]+| [0-9.]+[mun]?s CNR.*$|(?<=graph,exec,cpu,)\d+", "", line)
        for line in log.splitlines()
        if line.startswith(("onednn_verbose", "MKL_VERBOSE")) and ",info," not in line and " oneMKL " not in line
    )
    return "\n".join(f"{often} x {line}" for line, often in counted.items())
