"""States with a history in them."""

import dataclasses
from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel

from engine.wire.comparison import Comparison
from engine.wire.errors import DiskFull, failure_of
from engine.wire.history import HistoryLine, HistoryRow
from engine.wire.messages import HistoryCompared, HistoryOpened, ListHistory
from gui.main_window import MainWindow
from gui.run_state import HistoryView, State
from tests.engine.store.history_records import BEGAN_S, comparison, run

MODEL, TASK = "all-MiniLM-L6-v2", "feature-extraction"
STATUSES = ("done", "done", "stopped", "failed", "interrupted")
QUERY = ListHistory(id="kept")


def row(number: int) -> HistoryRow:
    usual = {"number": number, "model": MODEL, "ref": "starter", "task": TASK, "began_s": BEGAN_S + 3_600 * number}
    if number % 6 == 3:
        best = {"mode": "better-transformer", "precision": "fp32", "p50_ms": 4.0, "speedup": 2.0, "took_s": 60.0}
        return HistoryRow(kind="comparison", status="done", threads=2, **usual, **best)  # type: ignore[arg-type]
    status = STATUSES[number % len(STATUSES)]
    told = {"p50_ms": 3.0 + number / 7, "took_s": 4.5} if status in ("done", "stopped") else {}
    return HistoryRow(
        kind="run",
        status=status,  # type: ignore[arg-type]
        mode=("eager", "onnx-runtime", "torchscript")[number % 3],
        precision="fp32",
        threads=2,
        **usual,  # type: ignore[arg-type]
        **told,  # type: ignore[arg-type]
    )


def _with(state: State, view: HistoryView) -> State:
    return dataclasses.replace(state, history=view)


def empty(state: State) -> State:
    return _with(state, HistoryView(rows=(), query=QUERY))


def listed(state: State, count: int = 40) -> State:
    rows = tuple(row(number) for number in range(count, 0, -1))
    return _with(state, HistoryView(rows=rows, total=count, query=QUERY))


def opened_run(state: State, number: int) -> State:
    record = run()
    told = HistoryOpened(
        row=row(number), request=record.request, result=record.result, report=record.report, samples_ms=(4.0,)
    )
    return _with(state, dataclasses.replace(listed(state).history, shown=told))


def opened_comparison(state: State, number: int) -> State:
    record = comparison()
    found = record.comparison
    assert isinstance(found, Comparison)
    told = HistoryOpened(row=row(number), request=record.request, comparison=found)
    return _with(state, dataclasses.replace(listed(state).history, shown=told))


def beside(state: State, first: int, second: int) -> State:
    lines = (
        HistoryLine(group="conditions", name="Acceleration", first="eager", second="onnx-runtime"),
        HistoryLine(group="conditions", name="CPU", first="A CPU", second="A CPU"),
        HistoryLine(group="figures", name="Median", first=4.0, second=2.0, unit="ms"),
    )
    told = HistoryCompared(
        first=row(first),
        second=row(second),
        lines=lines,
        ratio=2.0,
        sentence=f"Entries {first} and {second} differ in: Acceleration. Figures are compared only within one run.",
    )
    return _with(state, dataclasses.replace(listed(state).history, shown=told))


def failed(state: State) -> State:
    view = listed(state).history
    failure = failure_of(DiskFull("There is no room left in /home/ada/data/history."))
    notice = "The history could not be kept. There is no room left in /home/ada/data/history."
    return _with(state, dataclasses.replace(view, failure=failure, failed=QUERY, notice=notice))


def choose(window: MainWindow, numbers: Sequence[int]) -> None:
    """Selects entries, as a person does with Ctrl."""
    flags = QItemSelectionModel.SelectionFlag
    table = window.history_page.table
    table.selectionModel().clearSelection()
    for number in numbers:
        index = table.entries.index(table.entries.place_of(number), 0)
        table.selectionModel().setCurrentIndex(index, flags.Select | flags.Rows)
