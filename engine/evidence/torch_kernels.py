"""What PyTorch ran: its profiler for operators, their types and their time, oneDNN's and MKL's own logs for kernels.

Sources: ``torch.profiler``; ``torch.backends.mkldnn.verbose`` and ``torch.backends.mkl.verbose``, which print to C's
standard output, so descriptor 1 points to a file meanwhile. ATen's own loops say nothing; which of their builds was
chosen for this CPU is told by ``torch.backends.cpu.get_cpu_capability``.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine.evidence import onednn_log
from engine.evidence.kinds import kind_of
from engine.evidence.onednn_log import Kernels
from engine.evidence.printed import printed_by
from engine.evidence.told import KINDS, Told
from engine.evidence.torch_events import Ran, computed

SOURCE = "PyTorch's profiler, oneDNN's and MKL's logs"
_ATEN_LOOPS = {"AVX512": "avx512_f", "AVX2": "avx2", "NO AVX": "", "DEFAULT": ""}
_PARTITION = "LlgaPartition_"
"""What TorchScript calls a group of operators that it gave to oneDNN's graph compiler."""

_LOOPS = ("normalization", "activation", "elementwise", "attention")


def observe(call: Callable[[], object], generated: Mapping[str, Ran] | None = None) -> Told:
    """Calls twice: once in the profiler, once with the kernels' logs.

    ``generated``: kernels that a compiler made, by the name under which the profiler meets them.
    """
    import torch

    with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON), torch.backends.mkl.verbose(1):
        log = printed_by(call)
    kernels = onednn_log.read(log)
    cpu = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=cpu, record_shapes=True) as profile:
        call()
    events = profile.events()
    known = dict(generated or {}) | _partitions(events, kernels)
    ran = list(computed(events, known))
    return Told(
        source=SOURCE,
        ops_after=len(ran),
        fused=_fused(ran, kernels),
        precision_executed=_precision(ran, kernels),
        isa_executed=tuple(sorted({*kernels.isa, *_aten_isa(ran)})),
        time_share=_time_share(events, ran),
        not_provable=_not_provable(ran, kernels),
        details=_details(ran, kernels),
    )


def _partitions(events: Iterable[Any], kernels: Kernels) -> dict[str, Ran]:
    """The log names a partition's operators, the profile its time: the two tell of them in the same order."""
    names = [event.name for event in sorted(events, key=lambda event: event.time_range.start)]
    names = [name for name in names if name.startswith(_PARTITION)]
    if len(names) != len(kernels.partitions):
        return {name: Ran(name, "other", library=True) for name in names}
    parts = zip(names, kernels.partitions, strict=True)
    return {
        name: Ran(f"oneDNN's partition of {part.operators}", part.kind, 0.0, part.precision, library=True)
        for name, part in parts
    }


def _fused(ran: Sequence[Ran], kernels: Kernels) -> dict[str, int]:
    found = Counter(kernels.fused)
    found.update(one.fused for one in ran if one.fused)
    return dict(found.most_common())


def _precision(ran: Sequence[Ran], kernels: Kernels) -> dict[str, str]:
    """As the operators' own inputs tell; the logs tell for kinds of which no operator did."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one in ran:
        if one.precision:
            found[one.kind].add(one.precision)
    told = {kind: ", ".join(sorted(names)) for kind, names in found.items()}
    if "linear" not in told and any(one.kind == "linear" for one in ran) and "linear" in kernels.precision:
        told["linear"] = kernels.precision["linear"]
    return {kind: told[kind] for kind in KINDS if kind in told}


def _aten_isa(ran: Sequence[Ran]) -> list[str]:
    """Of ATen's vectorised loops, where one of them ran."""
    import torch

    if not any(one.kind in _LOOPS and not one.library and not one.fused for one in ran):
        return []
    isa = _ATEN_LOOPS.get(torch.backends.cpu.get_cpu_capability(), "")
    return [isa] if isa else []


def _time_share(events: Iterable[Any], ran: Sequence[Ran]) -> dict[str, float]:
    """By kind, 1 in all. What lies between the operators (views, allocations, Python) is "other"."""
    total = sum(event.cpu_time_total for event in events if event.cpu_parent is None)
    spent: defaultdict[str, float] = defaultdict(float)
    for one in ran:
        spent[one.kind] += one.time_us
    spent["other"] += max(0.0, total - sum(spent.values()))
    whole = sum(spent.values()) or 1.0
    return {kind: time / whole for kind, time in sorted(spent.items(), key=lambda item: -item[1]) if time > 0}


def _not_provable(ran: Sequence[Ran], kernels: Kernels) -> tuple[str, ...]:
    """Of MKL, what it computed: products that oneDNN did not, and those inside PyTorch's attention."""
    others = tuple(sentence for sentence in kernels.not_provable if "MKL" not in sentence)
    if not kernels.mkl_products:
        return others
    linear = sum(one.kind == "linear" for one in ran)
    left = [kind for kind, there in (("linear", linear > kernels.products), ("attention", _attends(ran))) if there]
    return (onednn_log.MKL_SILENT.format(f"products of {' and '.join(left) or 'matrices'}"), *others)


def _attends(ran: Sequence[Ran]) -> bool:
    return any(one.kind == "attention" for one in ran)


def _details(ran: Sequence[Ran], kernels: Kernels) -> str:
    often: Counter[str] = Counter(one.name for one in ran)
    time_us: defaultdict[str, float] = defaultdict(float)
    for one in ran:
        time_us[one.name] += one.time_us
    lines = [
        f"{often[name]} x {name}: {time / 1000:.3f} ms"
        for name, time in sorted(time_us.items(), key=lambda item: -item[1])
    ]
    return "\n".join([*lines, "", kernels.summary]).strip()


__all__ = ["SOURCE", "kind_of", "observe"]
