"""What Inductor made of a graph: its C++ kernels, read from the module that it generated, and met while it runs.

A generated module holds each kernel as C++ in a string (``NAME = async_compile.cpp_pybinding([types], r'''...''')``)
and a function ``call`` that names kernels and library operators in their order. A kernel's name lists the operators
that it joins. The profiler does not see kernels, so while it watches, each is called under its name.
"""

import contextlib
import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.evidence import torch_kernels
from engine.evidence.kinds import kind_of, spoken
from engine.evidence.told import Told
from engine.evidence.torch_events import Ran

_KERNEL = re.compile(
    r"^(?P<name>cpp_\w+) = async_compile\.cpp_pybinding\(\[(?P<types>.*?)\], r?'''(?P<code>.*?)'''\)", re.M | re.S
)
_CALL = re.compile(r"^\s+(?:\w+ = )?(?P<name>cpp_\w+|(?:torch\.ops|extern_kernels|aten|\w+_ops)\.[\w.]+)\(", re.M)
_SHAPES_ONLY = {
    *(
        "view",
        "transpose",
        "expand",
        "unsqueeze",
        "squeeze",
        "slice",
        "permute",
        "t",
        "select",
        "lift_fresh",
        "reshape",
    ),
    *("_unsafe_view", "as_strided", "clone", "full", "scalar_tensor", "split", "alias", "detach", "_to_copy", "arange"),
}
"""Names in a kernel's name that stand for no arithmetic of their own."""

_SCALING = {
    "abs",
    "amax",
    "amin",
    "clamp",
    "div",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "reciprocal",
    "round",
    "zeros_like",
}
"""What rounding to int8 with a scale for each token is made of; ``amax`` finds the scale."""


@dataclasses.dataclass(frozen=True, slots=True)
class Kernel:
    """One generated kernel. ``operators``: those that compute, joined in it. ``precision``: of its tensors."""

    name: str
    code: str
    operators: tuple[str, ...]
    precision: str

    @property
    def fused(self) -> str:
        """As "add + layer norm"; empty where nothing was joined."""
        return " + ".join(map(spoken, self.operators)) if len(self.operators) > 1 else ""

    @property
    def kind(self) -> str:
        kinds = [kind_of(name) for name in self.operators]
        order = ("linear", "normalization", "attention", "activation", "embedding", "elementwise")
        return next((kind for kind in order if kind in kinds), "layout" if not kinds else kinds[0])


def kernels(source: str) -> tuple[Kernel, ...]:
    """Of the text of a generated module."""
    return tuple(
        Kernel(found["name"], found["code"], _operators(found["name"]), _precision(found["types"]))
        for found in _KERNEL.finditer(source)
    )


def calls(source: str) -> tuple[str, ...]:
    """The kernels and library operators that the graph of a generated module runs, in their order."""
    _, _, body = source.partition("def call(")
    return tuple(found["name"].removeprefix("torch.ops.") for found in _CALL.finditer(body.partition("\ndef ")[0]))


def observe(call: Callable[[], object], modules: Sequence[ModuleType], code_file: str = "") -> Told:
    """``modules``: those that Inductor generated for what is called; ``code_file``: where a person can read them."""
    import torch

    known = {kernel.name: kernel for module in modules for kernel in kernels(source_of(module))}
    generated = {
        name: Ran(name, kernel.kind, precision=kernel.precision, fused=kernel.fused, library=True)
        for name, kernel in known.items()
    }
    with _named(modules):
        told = torch_kernels.observe(call, generated)
    isa = {*told.isa_executed, *_compiled_isa(torch)} if any(name in told.details for name in known) else set()
    return dataclasses.replace(
        told,
        source=f"{torch_kernels.SOURCE}, Inductor's generated code",
        isa_executed=tuple(sorted(isa or told.isa_executed)),
        code_file=code_file,
    )


def source_of(module: ModuleType) -> str:
    """The text of a generated module."""
    return Path(str(module.__file__)).read_text("utf-8")


@contextlib.contextmanager
def _named(modules: Sequence[ModuleType]) -> Iterator[None]:
    """Kernels are looked up in their module at each call: meanwhile the profiler hears of each."""
    import torch

    plain = [
        (module, name, kernel)
        for module in modules
        for name, kernel in vars(module).items()
        if name.startswith("cpp_") and callable(kernel)
    ]

    def watched(name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
        def run(*words: Any) -> Any:
            with torch.profiler.record_function(name):
                return kernel(*words)

        return run

    try:
        for module, name, kernel in plain:
            setattr(module, name, watched(name, kernel))
        yield
    finally:
        for module, name, kernel in plain:
            setattr(module, name, kernel)


def _operators(name: str) -> tuple[str, ...]:
    """Of ``cpp_fused_add_native_layer_norm_view_2``: ``add``, ``native_layer_norm``.

    Names are joined by the character that they hold themselves, so the longest that PyTorch knows is taken each time.
    Products and attention are named where a kernel only prepares their input; kernels compute none.
    """
    rest = re.sub(r"_\d+$", "", name.removeprefix("cpp_").removeprefix("fused_"))
    found, known = [], _known_operators()
    while rest:
        words = rest.split("_")
        heads = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
        head = next((head for head in heads if head in known), heads[-1])
        rest = rest[len(head) :].removeprefix("_")
        if head and head not in _SHAPES_ONLY and not _prepared_for(head):
            found.append(head)
    return _with_scaling_as_one(tuple(found))


def _with_scaling_as_one(operators: tuple[str, ...]) -> tuple[str, ...]:
    scaling = set(operators) & _SCALING
    if not {"clamp", "div", "mul"} <= scaling and not {"amax", "round"} <= scaling:
        return operators
    rest = tuple(name for name in operators if name not in _SCALING)
    return (*rest, "quantize" if "amax" in operators else "dequantize")


def _prepared_for(operator: str) -> bool:
    return kind_of(operator) == "linear" or "scaled_dot_product" in operator or operator in ("bmm", "baddbmm")


@functools.lru_cache(maxsize=1)
def _known_operators() -> frozenset[str]:
    import torch

    names = torch._C._dispatch_get_all_op_names()
    return frozenset(name.partition("::")[2].partition(".")[0] for name in names if name.startswith("aten::"))


def _precision(types: str) -> str:
    """Of the tensors that a kernel reads and writes; it computes bf16 in fp32 between."""
    words = types.lower()
    return next(
        (told for told, word in (("bf16", "bfloat16"), ("fp16", "half"), ("fp32", "float")) if word in words), ""
    )


def _compiled_isa(torch: Any) -> list[str]:
    """The instructions for which Inductor compiles, as it tells."""
    from torch._inductor import cpu_vec_isa

    told = str(cpu_vec_isa.pick_vec_isa()).lower()
    return ["avx512_f"] if "avx512" in told else ["avx2"] if "avx2" in told else []
