"""What the history tells of runs and comparisons that were made."""

from typing import Literal

from engine.wire.values import Value

Kind = Literal["run", "comparison"]
Status = Literal["running", "done", "stopped", "failed", "interrupted"]
Sort = Literal["when", "kind", "model", "task", "mode", "precision", "latency", "speedup", "status"]


class HistoryRow(Value, frozen=True, kw_only=True):
    """One run or comparison in a line.

    ``interrupted``: the program that made it is gone and had not told its end. ``began_s``: seconds since 1970;
    ``took_s`` is None as long as it goes on. ``mode``, ``precision``, ``threads``, ``p50_ms`` and ``speedup`` of a
    comparison are those of its winner. ``speedup`` is against plain PyTorch, measured within the same run.
    ``note``: why it failed, or what a comparison found.
    """

    number: int
    kind: Kind
    status: Status
    began_s: float
    took_s: float | None = None
    model: str
    ref: str = ""
    task: str
    mode: str = ""
    precision: str = ""
    threads: int = 0
    p50_ms: float | None = None
    speedup: float | None = None
    note: str = ""


class HistoryLine(Value, frozen=True, kw_only=True):
    """One line of two entries side by side; None where an entry does not tell. ``unit``: of figures, else ""."""

    group: Literal["conditions", "figures"]
    name: str
    first: str | float | None = None
    second: str | float | None = None
    unit: str = ""

    @property
    def differs(self) -> bool:
        return self.first != self.second
