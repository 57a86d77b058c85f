"""The evidence of a run in words: one plain sentence first, then each fact for those who want it."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.wire.values import Cpu, Evidence
from gui.run_state import RunView
from gui.widgets import figures

KINDS = {
    "linear": "Products (linear)",
    "attention": "Attention",
    "normalization": "Normalisation",
    "activation": "Activation",
    "embedding": "Look-up (embedding)",
    "elementwise": "Adding and scaling",
    "layout": "Copying and reordering",
    "other": "Other",
}
PRECISIONS = {
    "fp32": "full precision (fp32)",
    "bf16": "half the bits (bf16)",
    "fp16": "half the bits (fp16)",
    "int8": "8-bit integers (int8)",
    "int4": "4-bit integers (int4)",
}
WORSE_THAN = (("avx2", "avx512_"), ("avx512_f", "avx512_"), ("avx", "avx512_"), ("avx", "avx2"), ("amx_tile", "amx_"))
"""The first is not named where one that begins as the second ran too, which stands on it."""
SMALL_SHARE = 0.005
MOST_KINDS = 7


class Share(NamedTuple):
    """One kind of operator: its share of the time (None where it is not told) and the precision it ran in."""

    title: str
    share: float | None
    precision: str


def sentence(evidence: Evidence, cpu: Cpu | None) -> str:
    """What ran, for somebody who wants one line."""
    parts = [part for part in (_joined(evidence.fused), _products(evidence, cpu)) if part]
    if not parts:
        return "The runtime does not tell what it ran."
    words = "; ".join(parts)
    return f"{words[0].upper()}{words[1:]}."


def _joined(fused: dict[str, int]) -> str:
    counts = set(fused.values())
    if not fused:
        return ""
    if len(fused) <= 2:
        return " and ".join(f"{count} × {kind}" for kind, count in fused.items()) + " ran as one step each"
    if len(counts) == 1:
        return f"{len(fused)} kinds of steps were joined, {counts.pop()} of each"
    return f"{sum(fused.values())} steps of {len(fused)} kinds were joined"


def _products(evidence: Evidence, cpu: Cpu | None) -> str:
    precision = evidence.precision_executed.get("linear", "")
    names = instructions(evidence.isa_executed, cpu)
    rate = _share_of_peak(evidence)
    if precision:
        within = f" with {names}" if names else ""
        return f"products ran in {in_words(precision)}{within}" + (f", at {rate}" if rate else "")
    if names:
        return f"{names} ran" + (f", at {rate}" if rate else "")
    return f"it ran at {rate}" if rate else ""


def _share_of_peak(evidence: Evidence) -> str:
    if evidence.gflops is None:
        return ""
    if not evidence.peak_gflops:
        return f"{figures.significant(evidence.gflops)} GFLOP/s"
    return f"{100 * evidence.gflops / evidence.peak_gflops:.0f} % of this CPU's best"


def in_words(precision: str) -> str:
    """ "int8, fp32" is "8-bit integers (int8) and full precision (fp32)"."""
    return " and ".join(PRECISIONS.get(name, name) for name in precision.split(", "))


def instructions(executed: Sequence[str], cpu: Cpu | None) -> str:
    """By the names that the CPU page has for them, without those that the others stand on."""
    titles = {feature.id: feature.title for feature in cpu.features} if cpu is not None else {}
    best = [name for name in executed if not any(_stands_below(name, other) for other in executed if other != name)]
    return " and ".join(titles.get(name, name) for name in best)


def _stands_below(name: str, other: str) -> bool:
    return any(name == worse and other.startswith(begin) for worse, begin in WORSE_THAN)


def joined(evidence: Evidence) -> list[tuple[str, str]]:
    """What ran as one step and how often, the most frequent first; the last line counts what is left out."""
    kinds = sorted(evidence.fused.items(), key=lambda pair: -pair[1])
    lines = [(f"{count} ×", kind) for kind, count in kinds[:MOST_KINDS]]
    if rest := kinds[MOST_KINDS:]:
        lines.append(("", f"{len(rest)} kinds more, {sum(count for _, count in rest)} ×"))
    return lines


def shares(evidence: Evidence) -> tuple[Share, ...]:
    """The most of the time first; what is next to nothing is left out, unless its precision is told."""
    told, precisions = evidence.time_share, evidence.precision_executed
    kinds = sorted({*told, *precisions}, key=lambda kind: -told.get(kind, 0.0))
    return tuple(
        Share(KINDS.get(kind, kind.capitalize()), told.get(kind) if told else None, precisions.get(kind, ""))
        for kind in kinds
        if told.get(kind, 0.0) >= SMALL_SHARE or kind in precisions
    )


def facts(evidence: Evidence, cpu: Cpu | None, run: RunView | None) -> list[tuple[str, str]]:
    """Each with its name; what is not told is left out, for ``not_provable`` says so."""
    found = [
        ("Operators", _operators(evidence)),
        ("Instructions", instructions(evidence.isa_executed, cpu)),
        ("Work", _work(evidence)),
        ("Precision", changed_precision(run)),
        ("Told by", evidence.source),
    ]
    return [(name, words) for name, words in found if words]


def changed_precision(run: RunView | None) -> str:
    """Said where what was asked for is not what ran."""
    report = run.report if run is not None else None
    if run is None or report is None or report.precision_executed == run.request.precision:
        return ""
    return f"{run.request.precision} was asked for, {report.precision_executed} ran"


def _operators(evidence: Evidence) -> str:
    if evidence.ops_after is None:
        return f"{evidence.ops_before:,} in plain PyTorch" if evidence.ops_before is not None else ""
    if evidence.ops_before is None:
        return f"{evidence.ops_after:,}"
    return f"{evidence.ops_before:,} in plain PyTorch, {evidence.ops_after:,} here"


def _work(evidence: Evidence) -> str:
    if evidence.gflops is None:
        return ""
    rate = figures.significant(evidence.gflops)
    if not evidence.peak_gflops:
        return f"{rate} GFLOP/s"
    share = f"{100 * evidence.gflops / evidence.peak_gflops:.0f} %"
    return f"{rate} of {figures.significant(evidence.peak_gflops)} GFLOP/s ({share} of this CPU's best, as measured)"


def instead(run: RunView) -> str:
    """Why there is no evidence of ``run``, as far as that is known."""
    if run.repeats:
        return "Repeat does not look at what ran, so that it stops at once. Run does."
    if not run.over:
        return "What ran is told at the end."
    if (run.report is not None and run.report.stopped) or run.failure is not None:
        return "It ended before what ran was read."
    if not run.request.explain:
        return "What ran was not asked for. Press Run to see it."
    return "What ran could not be read back."


def as_text(evidence: Evidence, cpu: Cpu | None, run: RunView | None) -> str:
    """All of it for the clipboard."""
    lines = [sentence(evidence, cpu), ""]
    lines += [f"{name}: {words}" for name, words in facts(evidence, cpu, run)]
    lines += [f"Joined: {kind}, {count} ×" for kind, count in evidence.fused.items()]
    for title, share, precision in shares(evidence):
        said = (figures.percent(share) if share is not None else "", precision)
        lines.append(f"{title}: {', '.join(part for part in said if part)}")
    lines += [f"Not provable: {words}" for words in evidence.not_provable]
    return "\n".join([*lines, *(["", evidence.details] if evidence.details else [])]) + "\n"
