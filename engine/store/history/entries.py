"""Entries of the history: kept, listed, opened, deleted."""

import sqlite3
from typing import Any

import msgspec
import psutil

from engine.store.history import content, file
from engine.store.history.file import Tell, log
from engine.wire.errors import BadInput
from engine.wire.history import HistoryRow, Status
from engine.wire.messages import HistoryListed, HistoryOpened, ListHistory, Record, Run

_COLUMNS = (
    *("number", "kind", "status", "began_s", "took_s", "model", "ref", "task"),
    *("mode", "precision", "threads", "p50_ms", "speedup", "note"),
)
_SORTED_BY = {"when": "began_s", "latency": "p50_ms"}
MOST_ROWS = 1_000
NOTE_CHARACTERS = 500


def keep(record: Record, tell: Tell = log.warning) -> None:
    """Writes the entry of ``record.key`` anew, whole. Raises DiskFull, DataFolder."""
    row = _row_of(record)
    told, series = content.told(record), content.series(record)

    def deed(connection: sqlite3.Connection) -> None:
        known = connection.execute("SELECT number FROM entry WHERE key = ?", (record.key,)).fetchone()
        if known is None:
            names, places = ", ".join(row), ", ".join("?" * len(row))
            made = connection.execute(f"INSERT INTO entry ({names}) VALUES ({places})", tuple(row.values()))
            number = made.lastrowid
        else:
            number = known[0]
            changes = ", ".join(f"{name} = ?" for name in row)
            connection.execute(f"UPDATE entry SET {changes} WHERE number = ?", (*row.values(), number))
        connection.execute("INSERT OR REPLACE INTO content VALUES (?, ?)", (number, told))
        connection.execute("DELETE FROM samples WHERE number = ?", (number,))
        rows = [(number, cell, packed) for cell, packed in series.items()]
        connection.executemany("INSERT INTO samples VALUES (?, ?, ?)", rows)

    file.write(deed, tell)


def _row_of(record: Record) -> dict[str, Any]:
    request = record.request
    what = _of_run(record, request) if isinstance(request, Run) else _of_comparison(record)
    row: dict[str, Any] = {
        "key": record.key,
        "kind": "run" if isinstance(request, Run) else "comparison",
        "status": _status(record),
        "owner_pid": record.owner_pid,
        "owner_started_s": record.owner_started_s,
        "began_s": record.began_s,
        "took_s": max(0.0, record.ended_s - record.began_s) if record.ended_s else None,
        "model": record.model or _last_part(request.folder),
        "ref": record.ref,
        "task": request.task,
        "note": record.failure.what_happened[:NOTE_CHARACTERS] if record.failure is not None else "",
        **what,
    }
    row = {name: content.without_tokens(value) if isinstance(value, str) else value for name, value in row.items()}
    searched = ("kind", "status", "model", "ref", "task", "mode", "precision", "note")
    return row | {"words": " ".join(str(row[name]) for name in searched).casefold()}


def _of_run(record: Record, run: Run) -> dict[str, Any]:
    report = record.report
    return {
        "mode": report.mode_executed if report is not None else run.mode,
        "precision": report.precision_executed if report is not None else run.precision,
        "threads": int(report.environment.get("threads") or run.threads) if report is not None else run.threads,
        "p50_ms": report.timing.p50_ms if report is not None else None,
        "speedup": report.ratio.value if report is not None and report.ratio is not None else None,
    }


def _of_comparison(record: Record) -> dict[str, Any]:
    found = record.comparison
    if found is None or found.winner is None:
        return {"mode": "", "precision": "", "threads": 0, "p50_ms": None, "speedup": None}
    best = found.cells[found.winner]
    figures = {"threads": best.threads, "p50_ms": best.p50_ms, "speedup": best.speedup}
    note = {"note": found.sentence[:NOTE_CHARACTERS]} if found.sentence else {}
    return {"mode": best.mode, "precision": best.precision, **figures, **note}


def _status(record: Record) -> Status:
    if not record.ended_s:
        return "running"
    if record.failure is not None:
        return "stopped" if record.failure.code == "Stopped" else "failed"
    over = record.report if record.report is not None else record.comparison
    return "stopped" if over is not None and over.stopped else "done"


def _last_part(folder: str) -> str:
    return folder.replace("\\", "/").rstrip("/").rpartition("/")[2]


def listed(asked: ListHistory, tell: Tell = log.warning) -> HistoryListed:
    """A page of what fits. Raises DiskFull, DataFolder."""
    _mark_interrupted(tell)
    where, values = _where(asked)
    column = _SORTED_BY.get(asked.sort, asked.sort)
    way = "DESC" if asked.descending else "ASC"
    # What has no such figure comes last either way.
    order = f"{column} IS NULL OR {column} = '', {column} COLLATE NOCASE {way}, number {way}"
    if column == "began_s":
        order = f"began_s {way}, number {way}"
    limits = (max(0, min(asked.limit, MOST_ROWS)), max(0, asked.offset))

    def deed(connection: sqlite3.Connection) -> HistoryListed:
        total = connection.execute(f"SELECT count(*) FROM entry WHERE {where}", values).fetchone()[0]
        found = connection.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM entry WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",
            (*values, *limits),
        )
        return HistoryListed(rows=tuple(_row(values) for values in found), total=total, offset=limits[1])

    return file.read(deed, tell)


def _where(asked: ListHistory) -> tuple[str, tuple[str, ...]]:
    words = asked.search.casefold().split()
    tests = ["words LIKE ? ESCAPE '\\'"] * len(words)
    values = [f"%{_literal(word)}%" for word in words]
    if asked.kind:
        tests.append("kind = ?")
        values.append(asked.kind)
    return " AND ".join(tests) or "1", tuple(values)


def _literal(word: str) -> str:
    for special in ("\\", "%", "_"):
        word = word.replace(special, f"\\{special}")
    return word.encode("utf-8", "replace").decode()  # half a character is in no entry


def _row(values: tuple[Any, ...]) -> HistoryRow:
    return msgspec.convert(dict(zip(_COLUMNS, values, strict=True)), HistoryRow)


def opened(number: int, tell: Tell = log.warning) -> HistoryOpened:
    """All of one entry. Raises BadInput where there is none, DiskFull, DataFolder."""
    _mark_interrupted(tell)

    def deed(connection: sqlite3.Connection) -> tuple[Any, Any, dict[int, bytes]]:
        row = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM entry WHERE number = ?", (number,)).fetchone()
        told = connection.execute("SELECT told FROM content WHERE number = ?", (number,)).fetchone()
        series = connection.execute("SELECT cell, ms FROM samples WHERE number = ?", (number,)).fetchall()
        return row, told, dict(series)

    values, told, packed = file.read(deed, tell)
    if values is None or told is None:
        raise missing(number)
    found = content.read_told(told[0])
    series = {cell: content.read_series(times) for cell, times in packed.items()}
    comparison = found.comparison
    if comparison is not None:
        cells = [
            msgspec.structs.replace(cell, samples_ms=series.get(place, ()))
            for place, cell in enumerate(comparison.cells)
        ]
        comparison = msgspec.structs.replace(comparison, cells=tuple(cells))
    return HistoryOpened(
        row=_row(values),
        request=found.request,
        result=found.result,
        report=found.report,
        failure=found.failure,
        samples_ms=series.get(0, ()) if comparison is None else (),
        comparison=comparison,
    )


def missing(*numbers: int) -> BadInput:
    names = ", ".join(str(number) for number in numbers)
    return BadInput(f"The history has no entry {names}.", "Look at the list for those there are.")


def delete(numbers: tuple[int, ...], tell: Tell = log.warning) -> tuple[int, ...]:
    """Removes entries with all that they hold; what still goes on stays. Returns those that went.

    Raises DiskFull, DataFolder.
    """
    _mark_interrupted(tell)

    def deed(connection: sqlite3.Connection) -> tuple[int, ...]:
        gone = "DELETE FROM entry WHERE number = ? AND status != 'running' RETURNING number"
        return tuple(row[0] for number in numbers for row in connection.execute(gone, (number,)).fetchall())

    found = file.write(deed, tell)
    file.read(lambda connection: connection.execute("PRAGMA incremental_vacuum").fetchall(), tell)
    return found


def _mark_interrupted(tell: Tell) -> None:
    """Entries that go on by their word, but whose owner is gone."""

    def running(connection: sqlite3.Connection) -> list[tuple[int, float]]:
        found = "SELECT DISTINCT owner_pid, owner_started_s FROM entry WHERE status = 'running'"
        return connection.execute(found).fetchall()

    dead = [owner for owner in file.read(running, tell) if not _lives(*owner)]
    if not dead:
        return
    change = (
        "UPDATE entry SET status = 'interrupted', words = replace(words, 'running', 'interrupted') "
        "WHERE status = 'running' AND owner_pid = ? AND owner_started_s = ?"
    )
    file.write(lambda connection: connection.executemany(change, dead), tell)


def _lives(pid: int, started_s: float) -> bool:
    """The start time tells a process from a later one with the same id."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started_s) <= 2 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True
