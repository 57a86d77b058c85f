"""What IPEX fused and ran: the graph that TorchScript executed last, PyTorch's profile, oneDNN's and MKL's logs.

IPEX's own kernels go by names of their own in the profile; which kernels of oneDNN they called is in its log.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Mapping

from engine.evidence import torch_kernels
from engine.evidence.kinds import kind_of
from engine.evidence.onednn_log import MKL_SILENT
from engine.evidence.told import KINDS, Told
from engine.evidence.torch_events import Ran

_PATTERNS = (
    (r"ipex::(?:mha_scores_calc\w*|bert_flash_mha)\(", "multi-head attention"),
    (r"ipex_prepack::linear_add_run\(|ipex_prepack::linear_add_add_run\(", "linear + add"),
    (r"ipex_prepack::linear_gelu_run\(", "linear + gelu"),
    (r"ipex_prepack::linear_relu_run\(", "linear + relu"),
    (r"ipex_prepack::linear_tanh_run\(", "linear + tanh"),
    (r"ipex::add_layernorm\w*\(", "add + layer norm"),
)
_LINEAR = re.compile(r"(%\S+) : Tensor = ipex_prepack::linear_run\(")
_SPLIT = re.compile(r"(?:ipex::split_tensor|aten::split_with_sizes|aten::split|prim::ConstantChunk\S*)\((%[^,)\s]+)")
_GROUP = re.compile(r"^with ipex::LlgaFusionGroup_\d+ = graph.*?^ *return", re.MULTILINE | re.DOTALL)
_OPERATOR = re.compile(r"= aten::(\w+)")
_INSIDE_OF_INT8 = ("dequantize", "quantize_per_tensor", "quantize_per_channel", "to", "mul")
_NAMES = {"layer_norm": "layer norm"}

_IPEX_KERNELS = {
    "dil_mha_scores_calc": "attention",
    "dil_mha_scores_calc_v2": "attention",
    "dil_mha_bmm": "attention",
    "dil_mha_matmul_trans": "attention",
    "dil_split_tensor": "layout",
    "dil_add_layernorm": "normalization",
}
_DYNAMIC = "quantized::linear_dynamic"
"""PyTorch's own int8 product: weights are int8 by its signature, activations become so inside it."""

_DYNAMIC_SILENT = "Which instructions ran in the int8 products: PyTorch's dynamic int8 (FBGEMM) does not tell."
_PLAIN = re.compile(r"x (?:aten::(?:addmm|mm)|mkl::_mkl_linear|ipex_prepack::\w*linear\w*)\b")
_ATTENTION_LOG = re.compile(r"exec,cpu,matmul,[^,]*,[^,]*,src:(f32|bf16)")
_TYPES = {"f32": "fp32", "bf16": "bf16"}


def observe(call: Callable[[], object]) -> Told:
    """Calls four times: once for the graph, once for its groups' names, twice as ``torch_kernels.observe``."""
    import torch

    call()
    graph = str(torch.jit.last_executed_optimized_graph())
    told = torch_kernels.observe(call, _kernels(call))
    executed = dict(told.precision_executed)
    attention = {_TYPES[found] for found in _ATTENTION_LOG.findall(told.details)}
    if attention and "mha_scores_calc" in graph:
        executed["attention"] = ", ".join(sorted(attention))
    silent = told.not_provable
    if _DYNAMIC in told.details:
        beside = _PLAIN.search(told.details) is not None
        executed["linear"] = "fp32, int8" if beside else "int8"
        if not beside:  # the products of linear layers are neither oneDNN's nor MKL's
            silent = (*(said for said in silent if "MKL" not in said), MKL_SILENT.format("products of attention"))
        silent = (*silent, _DYNAMIC_SILENT)
    return dataclasses.replace(
        told,
        source=f"TorchScript's optimised graph, {told.source}",
        fused=fused(graph),
        precision_executed={kind: executed[kind] for kind in KINDS if kind in executed},
        not_provable=(*silent, *_attention_silent(told)),
        details=f"IPEX's level of instructions: {_level()}\n{told.details}",
    )


def fused(graph: str) -> dict[str, int]:
    """Kinds of fused operators with their counts, in ``graph`` as TorchScript prints it."""
    found = Counter({name: len(re.findall(pattern, graph)) for pattern, name in _PATTERNS})
    split = set(_SPLIT.findall(graph))
    found["concat linear"] = sum(result in split for result in _LINEAR.findall(graph))
    for group in _GROUP.findall(graph):
        operators = [name for name in _OPERATOR.findall(group) if name not in _INSIDE_OF_INT8]
        if operators and len(_OPERATOR.findall(group)) > 1:
            spelt = " + ".join(_NAMES.get(name, name) for name in operators)
            found[f"{spelt} (int8)" if "dequantize" in group else spelt] += 1
    return {name: count for name, count in found.most_common() if count}


def _kernels(call: Callable[[], object]) -> Mapping[str, Ran]:
    """By their names in the profile. A group of operators that IPEX gave to oneDNN is named by all of them."""
    import torch

    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        call()
    found = {name: Ran(name, kind, library=True) for name, kind in _IPEX_KERNELS.items()}
    found[_DYNAMIC] = Ran(_DYNAMIC, "linear", precision="int8", library=True)
    for event in profile.events():
        if any(child.name.startswith("LLGA_bridge") for child in event.cpu_children):
            found[event.name] = _group(event.name)
    return found


def _group(name: str) -> Ran:
    operators = name.split("+")
    kinds = [kind_of(f"aten::{operator}") for operator in operators]
    kind = next((kind for kind in ("linear", "attention", "normalization", "activation") if kind in kinds), kinds[-1])
    return Ran(name, kind, precision="int8" if operators[0] == "dequantize" else "", library=True)


def _attention_silent(told: Told) -> tuple[str, ...]:
    if "dil_mha" in told.details and not _ATTENTION_LOG.search(told.details):
        return ("In which precision IPEX's multi-head attention ran: its own kernels print nothing.",)
    return ()


def _level() -> str:
    """The instructions that IPEX chose its own kernels for; it does not tell which of them ran."""
    import intel_extension_for_pytorch as ipex

    return str(ipex._C._get_current_isa_level())
