"""All that is known of one cell, as names and words."""

from collections.abc import Iterator

from engine.wire.comparison import ISA_CAPS, CellResult
from gui.pages.compare_page import words
from gui.run_state import CompareView, State
from gui.widgets import figures

TOO_FEW = "too few calls to tell"
Fact = tuple[str, str]


def facts_of(cell: CellResult, view: CompareView, state: State) -> tuple[Fact, ...]:
    """In the order of reading; empty ones are left out."""
    every = (*_verdict(cell), *_times(cell), *_costs(cell), *_executed(cell, view, state), *_doubts(cell))
    return tuple((name, said) for name, said in every if said)


def as_text(cell: CellResult, view: CompareView, state: State) -> str:
    lines = [f"{name}: {said}" for name, said in facts_of(cell, view, state)]
    return "\n".join([words.name(cell, view, state), *lines])


def _verdict(cell: CellResult) -> Iterator[Fact]:
    measured = cell.p50_ms is not None
    yield "Outcome", words.outcome(cell) if measured else words.standing(cell)
    if measured and cell.reason:
        yield "Also", cell.reason
    found = cell.agreement
    if found is None or found.verdict == "reference":
        return
    texts = f"{found.n} input{'s' if found.n != 1 else ''}"
    yield "Agreement", f"{found.verdict}: {figures.percent(found.share)} of {texts} the same as plain PyTorch"
    yield "Raw outputs", f"differ by {figures.significant(found.max_abs_diff)} at most, worst cosine {_cosine(found)}"


def _cosine(found: object) -> str:
    value = float(getattr(found, "cosine_worst", 0.0))
    return f"{int(value * 10_000) / 10_000:.4f}"


def _times(cell: CellResult) -> Iterator[Fact]:
    if cell.p50_ms is None:
        return
    yield "Median (p50)", figures.milliseconds(cell.p50_ms)
    yield "p90", figures.milliseconds(cell.p90_ms) if cell.p90_ms is not None else TOO_FEW
    yield "p99", figures.milliseconds(cell.p99_ms) if cell.p99_ms is not None else TOO_FEW
    if cell.spread_ms is not None:
        yield "Spread", f"{figures.milliseconds(cell.spread_ms)} between the quartiles"
    calls = f"{cell.n:,} call{'s' if cell.n != 1 else ''}"
    yield "Calls", f"{calls}, {cell.outliers:,} of them far out (counted all the same)" if cell.outliers else calls
    if cell.throughput is not None:
        yield "Throughput", f"{figures.significant(cell.throughput)} inputs a second"
    if cell.end_to_end_p50_ms is not None:
        yield "From fields to answer", figures.milliseconds(cell.end_to_end_p50_ms)


def _costs(cell: CellResult) -> Iterator[Fact]:
    if cell.prepare_s is not None:
        yield "Load and prepare", figures.seconds(cell.prepare_s)
    if cell.first_ms is not None:
        yield "First call", figures.milliseconds(cell.first_ms)
    if cell.break_even_calls is not None:
        pays = f"pays after {cell.break_even_calls:,} call{'s' if cell.break_even_calls != 1 else ''}"
        yield "Preparing", pays if cell.break_even_calls else "pays from the first call on"
    elif cell.verdict in ("slower", "no difference"):
        yield "Preparing", "never pays"
    if cell.peak_rss_mb is not None:
        yield "Peak memory", figures.size(cell.peak_rss_mb * 1e6)


def _executed(cell: CellResult, view: CompareView, state: State) -> Iterator[Fact]:
    yield "Threads", str(cell.threads) if cell.threads else ""
    inside = view.inputs_in_a_call(cell)
    yield "Inputs in a call", str(inside) if inside == cell.batch else f"{inside}, for there are no more"
    yield "Precision executed", cell.precision_executed
    if cell.p50_ms is not None:
        titles = {one.id: one.title for one in state.catalogue.cpu.features} if state.catalogue is not None else {}
        used = ", ".join(titles.get(one, one) for one in cell.isa_executed)
        yield "Instructions executed", used or "the runtime does not tell"
    if cell.isa_cap:
        held = {True: "held", False: "not held", None: "nothing tells whether it held"}[cell.cap_held]
        yield "Cap", f"{ISA_CAPS.get(cell.isa_cap, cell.isa_cap)}: {held}"
    yield "Fused", ", ".join(f"{count} × {kind}" for kind, count in cell.fused.items())


def _doubts(cell: CellResult) -> Iterator[Fact]:
    for doubt in cell.doubts:
        yield "Doubt", doubt
