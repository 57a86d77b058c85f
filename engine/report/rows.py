"""A comparison as CSV: one row a cell, for a spreadsheet. The raw samples are in the JSON document."""

import csv
import io
from typing import Any

from engine.wire.comparison import CellResult, Comparison

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

_CELL = (
    *("mode", "precision", "threads", "isa_cap", "batch", "status", "verdict", "speedup"),
    *("p50_ms", "p90_ms", "p99_ms", "spread_ms", "outliers", "n", "throughput", "end_to_end_p50_ms"),
    *("prepare_s", "first_ms", "break_even_calls", "peak_rss_mb", "precision_executed", "cap_held", "reason"),
)
_AGREEMENT = ("verdict", "share", "max_abs_diff", "cosine_worst", "n")
HEADS = (
    *("model", "task", "number", *_CELL, "speedup_low", "speedup_high"),
    *(f"agreement_{name}" for name in _AGREEMENT),
    *("isa_executed", "fused", "doubts"),
)


def text(comparison: Comparison) -> str:
    """Comma-separated, quoted where needed (RFC 4180), one line of heads first."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, HEADS, lineterminator="\r\n")
    writer.writeheader()
    for number, cell in enumerate(comparison.cells):
        row = {"model": comparison.model.get("name", ""), "task": comparison.task, "number": number} | _row(cell)
        writer.writerow({name: _safe(value) for name, value in row.items()})
    return stream.getvalue()


def _row(cell: CellResult) -> dict[str, Any]:
    row = {name: getattr(cell, name) for name in _CELL}
    row["speedup_low"], row["speedup_high"] = cell.speedup_ci or (None, None)
    row |= {f"agreement_{name}": getattr(cell.agreement, name, None) for name in _AGREEMENT}
    row["isa_executed"] = " ".join(cell.isa_executed)
    row["fused"] = "; ".join(f"{kind}: {count}" for kind, count in cell.fused.items())
    row["doubts"] = " ".join(cell.doubts)
    return row


def _safe(value: Any) -> Any:
    """Texts come from models and libraries: none is to be run as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
