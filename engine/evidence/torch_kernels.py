"""What PyTorch ran: its profiler for operators and their time, oneDNN's and MKL's own logs for kernels.

Sources: ``torch.profiler``; ``torch.backends.mkldnn.verbose`` and ``torch.backends.mkl.verbose``, which print to C's
standard output, so descriptor 1 points to a file meanwhile.
"""

from collections import Counter
from collections.abc import Callable

from engine.evidence import onednn_log
from engine.evidence.printed import printed_by
from engine.evidence.told import Told

_KINDS = {
    "linear": ("addmm", "mm", "linear", "_linear_pointwise", "_int_mm", "qlinear", "baddbmm"),
    "attention": ("scaled_dot_product", "_softmax", "softmax", "bmm", "matmul", "_transformer_encoder_layer_fwd"),
    "normalization": ("layer_norm", "native_layer_norm"),
    "activation": ("gelu", "relu", "tanh", "silu", "sigmoid"),
    "embedding": ("embedding", "index_select"),
    "layout": ("copy_", "clone", "cat", "contiguous", "_to_copy", "to_mkldnn", "_reorder", "pad", "constant_pad_nd"),
}
_NO_WORK = (
    "aten::t",
    "aten::transpose",
    "aten::as_strided",
    "aten::expand",
    "aten::view",
    "aten::empty",
    "aten::resolve",
)


def observe(call: Callable[[], object]) -> Told:
    """Calls twice: once in the profiler, once with the kernels' logs."""
    import torch

    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        call()
    events = profile.key_averages()
    spent: Counter[str] = Counter()
    operators = 0
    for event in events:
        spent[kind_of(event.key)] += event.self_cpu_time_total
        if event.self_cpu_time_total and not event.key.startswith(_NO_WORK):
            operators += event.count
    with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON), torch.backends.mkl.verbose(1):
        log = printed_by(call)
    kernels = onednn_log.read(log)
    total = sum(spent.values()) or 1.0
    return Told(
        source="PyTorch's profiler, oneDNN's and MKL's logs",
        ops_after=operators,
        fused=kernels.fused,
        precision_executed=kernels.precision,
        isa_executed=kernels.isa,
        time_share={kind: time / total for kind, time in spent.most_common() if time},
        not_provable=kernels.not_provable,
        details="\n".join(log.splitlines()[:400]),
    )


def kind_of(operator: str) -> str:
    """One of ``told.KINDS``, by the operator's name."""
    name = operator.rpartition("::")[2]
    return next((kind for kind, names in _KINDS.items() if any(name.startswith(known) for known in names)), "other")
