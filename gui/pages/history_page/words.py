"""Entries of the history in words, as their table and their detail show them."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from engine.wire.comparison import ISA_CAPS, CellResult, Comparison
from engine.wire.history import HistoryLine, HistoryRow
from engine.wire.messages import HistoryCompared, HistoryOpened, Run
from engine.wire.values import RunReport
from gui.widgets import figures

Titles = Callable[[str], str]
"""The catalogue's title of an id, or the id."""

STATES = {
    "running": "running",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
}
MOST_CHARACTERS = 20_000
"""More takes Qt longer to lay out than a person would wait."""


def when(began_s: float) -> str:
    """In this computer's own time."""
    return datetime.datetime.fromtimestamp(began_s).strftime("%Y-%m-%d %H:%M")


def kind(row: HistoryRow) -> str:
    return row.kind.capitalize()


def state(row: HistoryRow) -> str:
    return STATES[row.status]


def how(row: HistoryRow, titles: Titles) -> str:
    """Mode and precision; of a comparison those that won."""
    if not row.mode:
        return "–"
    words = f"{titles(row.mode)}, {row.precision}"
    return f"best: {words}" if row.kind == "comparison" else words


def median(row: HistoryRow) -> str:
    return figures.milliseconds(row.p50_ms) if row.p50_ms is not None else "–"


def speedup(row: HistoryRow) -> str:
    return figures.times(row.speedup) if row.speedup is not None else "–"


def heading(row: HistoryRow, titles: Titles) -> str:
    """What an entry is, in a line."""
    return f"{kind(row)} {row.number}: {titles(row.task)} with {row.model}"


# --- one entry ---


def figures_of(entry: HistoryOpened, titles: Titles) -> list[tuple[str, str]]:
    """A run's figures, each with its name."""
    row, report = entry.row, entry.report
    found = [("When", when(row.began_s)), ("State", state(row))]
    found += [("Took", figures.seconds(row.took_s))] if row.took_s is not None else []
    found += [("Acceleration", how(row, titles))]
    found += [("Threads", str(row.threads))] if row.threads else []
    return found + (_of_report(report) if report is not None else [])


def _of_report(report: RunReport) -> list[tuple[str, str]]:
    timing = report.timing
    shares = (("Median (p50)", timing.p50_ms), ("p90", timing.p90_ms), ("p99", timing.p99_ms))
    found = [(name, figures.milliseconds(value)) for name, value in shares if value is not None]
    found += [
        ("First call", figures.milliseconds(timing.first_ms)),
        ("Calls timed", f"{timing.n:,}"),
        ("Throughput", figures.per_second(timing.throughput_per_s)),
        ("Load", figures.seconds(timing.load_s)),
        ("Prepare", figures.seconds(timing.prepare_s) + (" (from the cache)" if timing.prepare_cached else "")),
        ("Peak memory", figures.size(report.peak_rss_mb * 1e6)),
    ]
    if report.ratio is not None:
        found.append(("Against plain PyTorch", f"{figures.times(report.ratio.value)}, within that run"))
    found.append(("Answer", report.agreement.verdict if report.agreement is not None else "not checked"))
    return found


CELL_HEADS = ("Acceleration", "Threads", "Batch", "Median", "Speedup", "95 % interval", "Verdict", "Answers")


def cell(found: CellResult, titles: Titles) -> tuple[str, ...]:
    """A row of a comparison's table."""
    cap = f", at most {ISA_CAPS.get(found.isa_cap, found.isa_cap)}" if found.isa_cap else ""
    ends = found.speedup_ci
    return (
        f"{titles(found.mode)}, {found.precision}{cap}",
        str(found.threads),
        str(found.batch),
        figures.milliseconds(found.p50_ms) if found.p50_ms is not None else "–",
        figures.times(found.speedup) if found.speedup is not None else "–",
        f"{figures.significant(ends[0])} to {figures.significant(ends[1])}" if ends else "–",
        found.verdict or ": ".join(part for part in (found.status, found.reason) if part),
        found.agreement.verdict if found.agreement is not None else "–",
    )


def text_of(entry: HistoryOpened, answer: str) -> str:
    """What is not a figure: why it failed, doubts, input, answer, and what it was made under."""
    failure = entry.failure
    parts = [f"{failure.what_happened}\n{failure.what_to_do}"] if failure is not None else []
    if entry.row.status == "interrupted":
        parts.append("The program ended before this did.")
    comparison, report = entry.comparison, entry.report
    if comparison is not None:
        parts += _of_comparison(comparison)
    doubts = comparison.doubts if comparison is not None else (report.doubts if report is not None else ())
    parts += [_titled("Doubts", "\n".join(doubts))] if doubts else []
    parts += [_titled("Answer", answer)] if answer else []
    parts.append(_titled("Input" if isinstance(entry.request, Run) else "Inputs", _inputs(entry)))
    environment = comparison.environment if comparison is not None else (report.environment if report else {})
    parts += [_titled("Measured under", _environment(environment))] if environment else []
    return "\n\n".join(parts)


def _titled(title: str, words: str) -> str:
    return f"{title}\n{words}"


def _of_comparison(found: Comparison) -> list[str]:
    parts = [found.sentence] if found.sentence else []
    return parts + (["It was stopped before its end."] if found.stopped else [])


def _inputs(entry: HistoryOpened) -> str:
    request = entry.request
    if isinstance(request, Run):
        return _fields(request.fields)
    shown = "\n".join(_fields(fields) for fields in request.inputs[:10])
    more = len(request.inputs) - 10
    return f"{shown}\nand {more:,} more" if more > 0 else shown


def _fields(fields: Mapping[str, Any]) -> str:
    lines = [
        f"{name}: {' | '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in fields.items()
    ]
    return cut("\n".join(lines))


def _environment(environment: Mapping[str, Any]) -> str:
    lines = []
    for name, value in environment.items():
        if isinstance(value, Mapping):
            value = ", ".join(f"{inner} {told}" for inner, told in value.items())
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        if value not in (None, ""):
            lines.append(f"{name.replace('_', ' ')}: {value}")
    return "\n".join(lines)


def cut(words: str) -> str:
    """The beginning of what is very long."""
    more = len(words) - MOST_CHARACTERS
    return f"{words[:MOST_CHARACTERS]}\n… and {more:,} more characters" if more > 0 else words


# --- two side by side ---


def side(line: HistoryLine) -> tuple[str, str, str, str]:
    """Name, both values, and whether they differ."""
    first, second = (value(told, line.unit) for told in (line.first, line.second))
    return line.name, first, second, "differs" if line.differs and line.group == "conditions" else ""


_UNITS: dict[str, Callable[[float], str]] = {
    "ms": figures.milliseconds,
    "s": figures.seconds,
    "MB": lambda told: figures.size(told * 1e6),
    "x": figures.times,
    "/s": figures.per_second,
}


def value(told: str | float | None, unit: str) -> str:
    if told is None:
        return "–"
    if isinstance(told, str):
        return told
    return _UNITS[unit](told) if unit in _UNITS else f"{told:,.0f}"


def text_of_both(found: HistoryCompared) -> str:
    """What the two are worth beside each other."""
    if found.ratio is None:
        return found.sentence
    ratio = f"The median of {found.first.number} is {figures.times(found.ratio)} that of {found.second.number}."
    return f"{found.sentence}\n\n{ratio} This is no speedup: they were not measured side by side."
