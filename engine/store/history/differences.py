"""Two entries side by side: the conditions they were made under, and the figures they told."""

from collections.abc import Mapping
from typing import Any, Literal

from engine.store.history import entries
from engine.store.history.file import Tell, log
from engine.wire.comparison import CellResult
from engine.wire.history import HistoryLine, HistoryRow
from engine.wire.messages import HistoryCompared, HistoryOpened, Run
from engine.wire.values import RunReport

ONLY_WITHIN = "Figures are compared only within one run; between two, the machine may have been in another state."
NOT_CONDITIONS = {"load_1min", "affinity"}
"""Of an environment: shown where they differ, and never said to be why."""

_NAMES = {
    "cpu": "CPU",
    "threads": "Threads",
    "affinity": "Processors allowed",
    "load_1min": "Load before",
    "governor": "Governor",
    "on_battery": "On battery",
    "container_cpu_max": "Container's processors",
    "container_memory_max": "Container's memory",
    "memory_total_mb": "Memory (MB)",
    "system": "System",
    "python": "Python",
}


def compared(first: int, second: int, tell: Tell = log.warning) -> HistoryCompared:
    """Raises BadInput where an entry is not there, DiskFull, DataFolder."""
    one, other = entries.opened(first, tell), entries.opened(second, tell)
    conditions = _lines("conditions", _conditions(one), _conditions(other))
    figures = _lines("figures", _figures(one), _figures(other))
    times = (one.row.p50_ms, other.row.p50_ms)
    both_runs = one.row.kind == other.row.kind == "run"
    ratio = times[0] / times[1] if both_runs and times[0] and times[1] else None
    changed = [
        line.name for line in conditions if line.differs and line.name not in {_NAMES[name] for name in NOT_CONDITIONS}
    ]
    return HistoryCompared(
        first=one.row,
        second=other.row,
        lines=(*conditions, *figures),
        ratio=ratio,
        sentence=_sentence(one.row, other.row, changed),
    )


def _sentence(one: HistoryRow, other: HistoryRow, changed: list[str]) -> str:
    what = f"Entries {one.number} and {other.number}"
    if not changed:
        return f"{what} were made under the same conditions as far as these were recorded. {ONLY_WITHIN}"
    shown = ", ".join(changed[:6]) + (f" and {len(changed) - 6} more" if len(changed) > 6 else "")
    return f"{what} differ in: {shown}. {ONLY_WITHIN}"


_Values = dict[str, tuple[str | float | None, str]]
"""By name: a value and its unit."""


def _lines(group: Literal["conditions", "figures"], one: _Values, other: _Values) -> tuple[HistoryLine, ...]:
    names = [*one, *(name for name in other if name not in one)]
    nothing: tuple[None, str] = (None, "")
    return tuple(
        HistoryLine(
            group=group,
            name=name,
            first=one.get(name, nothing)[0],
            second=other.get(name, nothing)[0],
            unit=one.get(name, nothing)[1] or other.get(name, nothing)[1],
        )
        for name in names
    )


def _conditions(entry: HistoryOpened) -> _Values:
    request = entry.request
    found: _Values = {"Kind": (entry.row.kind, ""), "Model": (entry.row.model, ""), "Task": (request.task, "")}
    if isinstance(request, Run):
        found["Acceleration"] = (entry.row.mode, "")
        found["Precision"] = (entry.row.precision, "")
        for name, value in request.options.items():
            found[f"Option {name}"] = (value, "")
        found["Input"] = (_input(request.fields), "")
    else:
        found["Input"] = ("; ".join(_input(fields) for fields in request.inputs)[:INPUT_CHARACTERS], "")
        found["Inputs"] = (str(len(request.inputs)), "")
    return found | _of_environment(_environment(entry))


INPUT_CHARACTERS = 200


def _input(fields: Mapping[str, Any]) -> str:
    """Its beginning, on one line."""
    texts = [text for value in fields.values() for text in (value if isinstance(value, list) else [value])]
    return " ".join(" | ".join(str(text) for text in texts).split())[:INPUT_CHARACTERS]


def _environment(entry: HistoryOpened) -> Mapping[str, Any]:
    told: RunReport | None = entry.report
    if told is not None:
        return told.environment
    return entry.comparison.environment if entry.comparison is not None else {}


def _of_environment(environment: Mapping[str, Any]) -> _Values:
    found: _Values = {}
    for name, title in _NAMES.items():
        if environment.get(name) is not None:
            found[title] = (_plain(environment[name]), "")
    for part in ("versions", "settings"):
        inner = environment.get(part)
        if isinstance(inner, Mapping):
            found |= {str(name): (_plain(value), "") for name, value in inner.items()}
    return found


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _figures(entry: HistoryOpened) -> _Values:
    if entry.comparison is not None:
        found: _Values = {}
        for cell in entry.comparison.cells:
            found |= _of_cell(cell)
        return found
    report = entry.report
    if report is None:
        return {}
    timing = report.timing
    return {
        "Median": (timing.p50_ms, "ms"),
        "p90": (timing.p90_ms, "ms"),
        "p99": (timing.p99_ms, "ms"),
        "First call": (timing.first_ms, "ms"),
        "Calls": (float(timing.n), ""),
        "Throughput": (timing.throughput_per_s, "/s"),
        "Load": (timing.load_s, "s"),
        "Prepare": (timing.prepare_s, "s"),
        "Peak memory": (report.peak_rss_mb, "MB"),
        "Against plain PyTorch": (report.ratio.value if report.ratio is not None else None, "x"),
        "Answer": (report.agreement.verdict if report.agreement is not None else "not checked", ""),
    }


def _of_cell(cell: CellResult) -> _Values:
    name = "baseline, " if cell.verdict == "baseline" else ""
    name += f"{cell.mode} {cell.precision}, {cell.threads} threads, batch {cell.batch}"
    name += f", at most {cell.isa_cap}" if cell.isa_cap else ""
    if cell.p50_ms is None:
        return {f"{name}: median": (cell.status, "")}
    figures: _Values = {f"{name}: median": (cell.p50_ms, "ms")}
    if cell.speedup is not None:
        figures[f"{name}: against plain PyTorch"] = (cell.speedup, "x")
    return figures
