"""The compilers that torch.compile knows (its backends): which can be chosen here, and why the others cannot.

Each was tried on PyTorch 2.13 with one graph for all lengths (``dynamic=True, fullgraph=True``) on a CPU; the names are
``torch._dynamo.list_backends(None)``.
"""

from typing import Any

INDUCTOR = "inductor"

CHOICES = (INDUCTOR, "aot_eager", "eager")
"""Seen to run, and to answer as plain PyTorch does. The latter two only capture the graph and run it as it is, for
finding faults: nothing gets faster."""

_FOR_FAULTS = "It runs plain PyTorch around the captured graph, for finding faults in PyTorch itself."
_FOR_REPORTS = "It cuts a model that fails down to what still fails, for a report on PyTorch."
_FOR_TESTS = "It fails on purpose: a part of PyTorch's own tests."

REFUSED = {
    "openvino": "OpenVINO's backend fails on a graph that serves all lengths. Pick the acceleration OpenVINO instead.",
    "cudagraphs": "CUDA graphs are for NVIDIA's GPUs; on a CPU it runs plain PyTorch.",
    "openxla": "It needs torch_xla (for Google's TPUs), which is not installed.",
    "openxla_eval": "It needs torch_xla (for Google's TPUs), which is not installed.",
    "tvm": "It needs Apache TVM, which is not installed.",
    "ts": "TorchScript cannot read the captured graph. Pick the acceleration TorchScript instead.",
    "aot_ts": "TorchScript cannot read the captured graph. Pick the acceleration TorchScript instead.",
    "aot_eager_decomp_partition": _FOR_FAULTS,
    "aot_eager_decomp_partition_crossref": _FOR_FAULTS,
    "aot_eager_decomp_partition_with_mode": "It is a part for making other backends, and does not run by itself.",
    "aot_eager_default_partitioner": _FOR_FAULTS,
    "eager_debug": _FOR_FAULTS,
    "eager_noexcept": _FOR_FAULTS,
    "pre_dispatch_eager": "It cannot capture a model that looks at the numbers of its input, as encoders do.",
    "invoke_subgraph": _FOR_FAULTS,
    "dynamo_accuracy_minifier_backend": _FOR_REPORTS,
    "dynamo_minifier_backend": _FOR_REPORTS,
    "non_leaf_compile_error_TESTING_ONLY": _FOR_TESTS,
    "relu_accuracy_error_TESTING_ONLY": _FOR_TESTS,
    "relu_compile_error_TESTING_ONLY": _FOR_TESTS,
    "relu_runtime_error_TESTING_ONLY": _FOR_TESTS,
}


def settings(backend: str, autotune: bool) -> dict[str, Any]:
    """What ``torch.compile`` is given for the backend (empty: the first). Only Inductor has options of its own."""
    if backend and backend != INDUCTOR:
        return {"backend": backend}
    return {"backend": INDUCTOR, "options": {"max_autotune": autotune}}
