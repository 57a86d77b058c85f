"""What a person reads in the terminal."""

import json
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from engine.cli import documents, evidence_text
from engine.cli.conversation import Ran
from engine.cli.output import writing
from engine.wire.messages import Described
from engine.wire.values import Cpu, Failure, RunReport, TaskCard

SHOWN_CHARACTERS = 2000

console = Console(highlight=False, markup=False, soft_wrap=False)


@writing()
def show(line: str) -> None:
    console.print(line)


@writing()
def show_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def processor(facts: Cpu) -> str:
    """Name, cores, caches, memory and limits in one or two lines."""
    cores = f"{facts.cores_physical} cores ({facts.cores_logical} logical)"
    if facts.core_kinds is not None:
        cores += f", {facts.core_kinds.performance} performance and {facts.core_kinds.efficiency} efficiency"
    parts = [facts.brand, f"{facts.sockets} socket{'s' if facts.sockets != 1 else ''}", cores]
    parts += [f"{name} {size / 2**20:.3g} MiB" for name, size in facts.caches.items()]
    parts.append(f"memory {facts.memory_total_mb} MB")
    if facts.limit_cpus:
        parts.append(f"container limit {facts.limit_cpus:g} processors")
    if facts.limit_memory_mb:
        parts.append(f"container limit {facts.limit_memory_mb} MB")
    return "; ".join(parts)


def number(value: float) -> str:
    """Three significant digits, never in exponents."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.6f}"


def same_answer(report: RunReport) -> str:
    """Agreement with eager in words."""
    found = report.agreement
    if found is None:
        return "not checked"
    return {"reference": "the reference", "identical": "same answer as eager"}.get(found.verdict, found.verdict)


def speed_line(report: RunReport) -> str:
    """Latency, throughput, memory and agreement in one line."""
    timing = report.timing
    parts = [f"{number(timing.p50_ms)} ms median of {timing.n} calls"]
    parts += [f"p90 {number(timing.p90_ms)} ms"] if timing.p90_ms is not None else []
    parts += [
        f"{number(timing.throughput_per_s)}/s",
        f"peak {number(report.peak_rss_mb)} MB",
        same_answer(report),
    ]
    if report.ratio is not None:
        parts.append(f"{number(report.ratio.value)}x eager's speed")
    return ", ".join(parts)


def show_run(ran: Ran) -> None:
    report = ran.report
    text = json.dumps(documents.output(ran.result), ensure_ascii=False, indent=2)
    show(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + " ...")
    show(speed_line(report))
    if report.sample_agreement is not None:
        show(evidence_text.sample_line(report.sample_agreement))
    if report.evidence is not None:
        for line in evidence_text.lines(report.evidence):
            show(line)
    for doubt in report.doubts:
        show(doubt)


def show_tried(described: Described, card: TaskCard, rows: Iterable[tuple[str, Ran | Failure]]) -> None:
    """One row a mode: latency, speed against eager, agreement; or why not."""
    show(f"{card.title} with {described.model.name}")
    table = []
    for title, row in rows:
        if isinstance(row, Failure):
            table.append((title, "-", "-", row.what_happened))
            continue
        report, ratio = row.report, row.report.ratio
        fell_back = report.mode_executed != report.mode_requested
        table.append(
            (
                title + (f" (ran {report.mode_executed})" if fell_back else ""),
                f"{number(report.timing.p50_ms)} ms",
                f"{number(ratio.value)}x" if ratio else "-",
                same_answer(report),
            )
        )
    show_table(("acceleration", "latency", "against eager", "answer"), table)
