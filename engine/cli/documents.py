"""What ``--json`` prints. The names are stable."""

from typing import Any

from engine.wire.documents import SCHEMA as SCHEMA
from engine.wire.documents import agreement as agreement
from engine.wire.documents import comparison as comparison
from engine.wire.documents import complete as complete
from engine.wire.messages import Described
from engine.wire.values import Failure, Result, RunReport


def output(result: Result) -> Any:
    """The answer in the shape of the Hub's task interface, arrays in files read in."""
    if not result.array_file:
        return result.value
    import numpy

    with numpy.load(result.array_file, allow_pickle=False) as arrays:
        return arrays["value"].tolist()


def run(described: Described, task: str, result: Result, report: RunReport, samples_ms: list[float]) -> dict[str, Any]:
    """The document of ``fastpath run --json``."""
    timing = complete(report.timing)
    timing["stages_p50_ms"] = complete(report.timing.stages_p50_ms)
    return {
        "schema": SCHEMA,
        "environment": report.environment,
        "model": complete(described.model),
        "task": task,
        "mode_requested": report.mode_requested,
        "mode_executed": report.mode_executed,
        "precision_executed": report.precision_executed,
        "output": output(result),
        "agreement": agreement(report.agreement),
        "sample_agreement": complete(report.sample_agreement),
        "ratio": complete(report.ratio),
        "timing": timing | {"samples_ms": samples_ms},
        "memory": {"peak_rss_mb": report.peak_rss_mb},
        "evidence": complete(report.evidence),
        "notices": [notice.text for notice in report.notices],
        "doubts": list(report.doubts),
        "stopped": report.stopped,
    }


def error(failure: Failure) -> dict[str, Any]:
    """The document of a command that failed."""
    fields = {name: getattr(failure, name) for name in ("code", "what_happened", "what_to_do", "details")}
    return {"schema": SCHEMA, "error": fields}
