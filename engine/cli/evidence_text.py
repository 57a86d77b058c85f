"""The evidence of a run and the agreement on real texts, as lines for the terminal."""

from collections.abc import Iterator

from engine.wire.values import Agreement, Evidence


def sample_line(found: Agreement) -> str:
    """How a lower precision did on the real texts that come along."""
    return f"On {found.n} real texts: {found.verdict} (worst cosine {found.cosine_worst:.4f})."


def lines(evidence: Evidence) -> Iterator[str]:
    """What ran, a fact a line; what the runtime does not tell comes last."""
    yield f"What ran, by {evidence.source}:"
    if evidence.ops_after is not None:
        before = f"{evidence.ops_before} operators in plain PyTorch, " if evidence.ops_before is not None else ""
        yield f"  {before}{evidence.ops_after} here"
    if evidence.fused:
        yield "  joined: " + ", ".join(f"{count} x {kind}" for kind, count in evidence.fused.items())
    if evidence.precision_executed:
        yield "  precision: " + ", ".join(f"{kind} {name}" for kind, name in evidence.precision_executed.items())
    if evidence.isa_executed:
        yield "  instructions: " + ", ".join(evidence.isa_executed)
    if evidence.time_share:
        yield "  time: " + ", ".join(f"{kind} {100 * share:.0f} %" for kind, share in evidence.time_share.items())
    if evidence.gflops is not None:
        of_peak = ""
        if evidence.peak_gflops:
            share = 100 * evidence.gflops / evidence.peak_gflops
            of_peak = f", {share:.0f} % of the {evidence.peak_gflops:.0f} that this machine reaches at that precision"
        yield f"  {evidence.gflops:.0f} GFLOP/s{of_peak}"
    if evidence.code_file:
        yield f"  generated code: {evidence.code_file}"
    for sentence in evidence.not_provable:
        yield f"  not provable: {sentence}"
