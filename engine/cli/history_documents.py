"""What ``fastpath history ... --json`` prints. The names are stable."""

from typing import Any

from engine.cli import documents
from engine.cli.documents import SCHEMA, complete
from engine.wire.history import HistoryLine
from engine.wire.messages import HistoryCompared, HistoryListed, HistoryOpened, Run
from engine.wire.values import Result


def listed(found: HistoryListed) -> dict[str, Any]:
    """``total``: of all that fit, of which ``entries`` may be the first."""
    return {"schema": SCHEMA, "total": found.total, "entries": complete(found.rows)}


def opened(found: HistoryOpened) -> dict[str, Any]:
    """A run's names are those of ``fastpath run --json``, a comparison is the document of ``fastpath compare``."""
    whole: dict[str, Any] = {"schema": SCHEMA, "entry": complete(found.row), "failure": complete(found.failure)}
    if isinstance(found.request, Run):
        return whole | {"run": _run(found, found.request)}
    asked = {name: value for name, value in complete(found.request).items() if name != "id"}
    comparison = documents.comparison(found.comparison) if found.comparison is not None else None
    return whole | {"asked": asked, "comparison": comparison}


def _run(found: HistoryOpened, asked: Run) -> dict[str, Any]:
    report = complete(found.report) if found.report is not None else {}
    timing = report.get("timing") or {}
    return {
        "asked": {name: value for name, value in complete(asked).items() if name != "id"},
        "output": output(found.result),
        **report,
        "timing": timing | {"samples_ms": list(found.samples_ms)},
    }


def output(result: Result | None) -> Any:
    """As of a run; None where there was none, or a large one is no longer on the disk."""
    if result is None:
        return None
    try:
        return documents.output(result)
    except OSError:
        return None


def compared(found: HistoryCompared) -> dict[str, Any]:
    """``ratio``: the first median over the second, of two runs; ``sentence`` says what it is worth."""
    return {
        "schema": SCHEMA,
        "first": complete(found.first),
        "second": complete(found.second),
        "conditions": [_line(line) for line in found.lines if line.group == "conditions"],
        "figures": [_line(line) for line in found.lines if line.group == "figures"],
        "ratio": found.ratio,
        "sentence": found.sentence,
    }


def _line(line: HistoryLine) -> dict[str, Any]:
    values = {"name": line.name, "first": line.first, "second": line.second, "unit": line.unit}
    return values | {"differs": line.differs}


def deleted(numbers: tuple[int, ...]) -> dict[str, Any]:
    return {"schema": SCHEMA, "deleted": list(numbers)}
