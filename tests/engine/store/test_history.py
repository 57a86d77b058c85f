"""The history: what is kept is found again; a kill, a full disk or a damaged file costs no more than itself."""

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from engine.store import storage
from engine.store.history import differences, entries, file
from engine.wire.errors import BadInput, DataFolder, DiskFull, EngineBusy, EngineDied, failure_of
from engine.wire.history import Sort
from engine.wire.messages import ListHistory, Run
from tests.engine.store.history_records import BEGAN_S, compared, comparison, run, small_disk

ROOT = Path(__file__).parents[3]
ALL = ListHistory(id="all")


@pytest.fixture(autouse=True)
def _home(own_home: Path) -> None:
    """A data folder for each test alone."""


def numbers(**asked: object) -> list[int]:
    return [row.number for row in entries.listed(ListHistory(id="l", **asked)).rows]  # type: ignore[arg-type]


def integrity() -> str:
    with contextlib.closing(sqlite3.connect(file.place())) as made:
        return str(made.execute("PRAGMA integrity_check").fetchone()[0])


# --- kept and found ---


def test_a_run_is_listed_from_its_beginning_and_opens_with_all_it_told() -> None:
    entries.keep(run(over=False))
    (row,) = entries.listed(ALL).rows
    assert (row.status, row.took_s, row.model, row.mode) == ("running", None, "all-MiniLM-L6-v2", "eager")

    record = run(samples_ms=(4.0123456789, 3.9, 5.0))
    entries.keep(record)
    (row,) = entries.listed(ALL).rows
    assert (row.number, row.status, row.took_s, row.p50_ms, row.threads) == (1, "done", 3.0, 4.0, 2)
    found = entries.opened(row.number)
    assert (found.request, found.result, found.report) == (record.request, record.result, record.report)
    assert found.samples_ms == record.samples_ms


def test_a_comparison_opens_as_it_was_with_every_raw_time() -> None:
    entries.keep(comparison(over=False))
    entries.keep(comparison())
    (row,) = entries.listed(ALL).rows

    assert (row.kind, row.mode, row.p50_ms, row.speedup) == ("comparison", "better-transformer", 4.0, 2.0)
    assert row.note.startswith("Use Better Transformer")
    assert entries.opened(row.number).comparison == compared()


def test_the_newest_times_are_kept_of_very_many() -> None:
    times = tuple(float(number) for number in range(250_000))
    entries.keep(run(samples_ms=times))

    assert entries.opened(1).samples_ms == times[-100_000:]


@pytest.mark.parametrize(
    ("failure", "status"),
    [(None, "done"), (EngineDied("The engine ended."), "failed")],
)
def test_how_it_ended_is_told(failure: Exception | None, status: str) -> None:
    if failure is None:
        entries.keep(run())
    else:
        entries.keep(run(failure=failure_of(failure), report=None))

    row = entries.listed(ALL).rows[0]
    assert row.status == status
    assert row.note == ("The engine ended." if failure else "")


def test_words_that_must_all_be_there_are_searched_for() -> None:
    entries.keep(run("a", mode="onnx-runtime"))
    entries.keep(run("b", task="fill-mask"))
    entries.keep(comparison("c"))

    assert numbers(search="ONNX") == [1]
    assert numbers(search="mini fill-MASK") == [2]
    assert numbers(search="mini onnx fill") == []
    assert numbers(kind="comparison") == [3]
    assert numbers(search="%") == []
    assert numbers(search="_") == []
    assert numbers(search="\udc80") == []


def test_each_column_sorts_both_ways_and_what_has_no_figure_comes_last() -> None:
    entries.keep(run("a", p50_ms=7.0, began_s=BEGAN_S + 2))
    entries.keep(run("b", p50_ms=5.0, began_s=BEGAN_S + 1))
    entries.keep(run("c", over=False, began_s=BEGAN_S + 3))

    assert numbers() == [3, 1, 2]
    assert numbers(sort="when", descending=False) == [2, 1, 3]
    assert numbers(sort="latency", descending=False) == [2, 1, 3]
    assert numbers(sort="latency") == [1, 2, 3]
    sorts: tuple[Sort, ...] = ("kind", "model", "task", "mode", "precision", "speedup", "status")
    for sort in sorts:
        assert sorted(numbers(sort=sort)) == [1, 2, 3]


def test_pages_follow_each_other_and_ten_thousand_rows_are_no_matter() -> None:
    def fill(connection: sqlite3.Connection) -> None:
        entries.keep(run())
        names = "kind, status, owner_pid, owner_started_s, began_s, model, ref, task, mode, precision, threads, note"
        numbered = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
        connection.execute(
            f"{numbered}INSERT INTO entry (key, words, {names}) SELECT 'k' || i, 'words', {names} FROM entry, n"
        )

    file.read(fill)
    first, second = (entries.listed(ListHistory(id="l", limit=200, offset=place)) for place in (0, 200))

    assert first.total == second.total == 10_001
    assert [row.number for row in (*first.rows, *second.rows)] == list(range(10_001, 9_601, -1))
    assert entries.listed(ListHistory(id="l", limit=200, offset=20_000)).rows == ()


def test_what_is_deleted_is_gone_from_the_file() -> None:
    entries.keep(run("a", fields={"inputs": "a private sentence"}, samples_ms=(1.0,)))
    entries.keep(run("b"))
    assert entries.delete((1, 1, 99)) == (1,)

    assert numbers() == [2]
    with pytest.raises(BadInput, match="no entry 1"):
        entries.opened(1)
    entries.keep(run("d"))
    assert numbers() == [3, 2]  # a number is not given twice
    left = file.read(lambda made: [made.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in PARTS])
    assert left == [2, 0]


PARTS = ("content", "samples")


def test_a_token_does_not_get_into_the_file() -> None:
    secret = "hf_" + "AbCdEfGh" * 4
    entries.keep(run(fields={"inputs": f"it is {secret}"}, ref=f"org/name?token={secret}"))
    found = entries.opened(1)

    assert secret not in str(found)
    assert isinstance(found.request, Run)
    assert found.request.fields == {"inputs": "it is hf_..."}
    assert secret.encode() not in b"".join(part.read_bytes() for part in file.place().parent.iterdir())


def test_it_is_a_part_of_the_data_folder_that_freeing_leaves() -> None:
    entries.keep(run())
    storage.free_up()
    (part,) = (part for part in storage.parts() if part.id == "history")

    assert not part.goes
    assert part.size_bytes > 0
    assert numbers() == [1]


# --- two side by side ---


def test_two_runs_side_by_side_say_what_differs_and_that_figures_hold_within_one_run() -> None:
    entries.keep(run("a"))
    other = {"cpu": "Another CPU", "threads": 2, "load_1min": 3.0, "versions": {"torch": "2.14.0"}}
    entries.keep(run("b", p50_ms=8.0, mode="torchscript", environment=other))
    found = differences.compared(1, 2)
    lines = {line.name: line for line in found.lines}

    assert found.ratio == 0.5
    assert {name for name, line in lines.items() if line.differs and line.group == "conditions"} == {
        *("Acceleration", "CPU", "Load before", "torch"),
    }
    assert (lines["Median"].first, lines["Median"].second, lines["Median"].unit) == (4.0, 8.0, "ms")
    assert "Acceleration, CPU, torch" in found.sentence
    assert found.sentence.endswith("the machine may have been in another state.")


def test_a_run_and_a_comparison_have_no_ratio() -> None:
    entries.keep(run("a"))
    entries.keep(comparison("b"))
    found = differences.compared(1, 2)

    assert found.ratio is None
    assert any(line.name.startswith("better-transformer fp32") and line.second == 4.0 for line in found.lines)
    with pytest.raises(BadInput):
        differences.compared(1, 3)


# --- killed, shared, damaged, newer, full ---

WRITER = """
    import sys, time
    from engine.store.history import entries
    from tests.engine.store.history_records import run
    print("ready", flush=True)
    number = 0
    while True:
        key = f"{sys.argv[1]}-{number}"
        entries.keep(run(key, over=False))
        entries.keep(run(key, samples_ms=tuple(float(i) for i in range(5_000))))
        number += 1
        time.sleep(0.002)
"""


@contextlib.contextmanager
def writer(name: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that keeps one run after another."""
    command = [sys.executable, "-c", textwrap.dedent(WRITER), name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as made:
        assert made.stdout is not None
        assert made.stdout.readline() == b"ready\n"
        try:
            yield made
        finally:
            made.kill()


def test_a_kill_at_any_moment_costs_nothing_but_the_run_in_hand() -> None:
    chance = random.Random(11)
    for turn in range(6):
        with writer(f"w{turn}") as made:
            time.sleep(0.05 + chance.random() * 0.2)
            made.kill()
            made.wait()
        rows = entries.listed(ListHistory(id="l", limit=1_000, search="mini")).rows
        assert integrity() == "ok"
        assert {row.status for row in rows} <= {"done", "interrupted"}
        assert sum(row.status == "interrupted" for row in rows) <= turn + 1
        for row in rows[:3]:
            found = entries.opened(row.number)
            assert len(found.samples_ms) == (5_000 if row.status == "done" else 0)


def test_a_run_is_interrupted_only_when_its_owner_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:
        owns = {"owner_pid": owner.pid, "owner_started_s": psutil.Process(owner.pid).create_time()}
        entries.keep(run("theirs", over=False, **owns))
        entries.keep(run("ours", over=False))
        assert [row.status for row in entries.listed(ALL).rows] == ["running", "running"]
        assert entries.delete((1, 2)) == ()
        assert owner.stdin is not None
        owner.stdin.close()
    assert [row.status for row in entries.listed(ALL).rows] == ["running", "interrupted"]
    assert numbers(search="interrupted") == [1]

    later = run("reused", over=False, owner_started_s=psutil.Process().create_time() - 100)
    entries.keep(later)
    assert entries.opened(3).row.status == "interrupted"  # the same process id, given away again


def test_two_programs_write_at_once() -> None:
    with writer("one"), writer("other"):
        for number in range(20):
            entries.keep(run(f"ours-{number}"))
        end = time.monotonic() + 20
        while len(entries.listed(ListHistory(id="l", limit=1_000)).rows) <= 22:
            assert time.monotonic() < end
            time.sleep(0.05)
    rows = entries.listed(ListHistory(id="l", limit=1_000)).rows

    assert integrity() == "ok"
    assert len({row.number for row in rows}) == len(rows) > 22


def damage_head(place: Path) -> None:
    place.write_bytes(b"no database at all" * 400)


def damage_middle(place: Path) -> None:
    content = bytearray(place.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    place.write_bytes(content)


def another_program(place: Path) -> None:
    place.unlink()
    with contextlib.closing(sqlite3.connect(place)) as made:
        made.execute("CREATE TABLE theirs (value)")


@pytest.mark.parametrize("damage", [damage_head, damage_middle, another_program])
def test_a_damaged_file_is_set_aside_and_told(damage: Callable[[Path], None]) -> None:
    entries.keep(run("a"))
    damage(file.place())
    before = file.place().read_bytes()
    told: list[str] = []
    entries.keep(run("b"), told.append)

    (aside,) = file.place().parent.glob("history.set-aside-*.sqlite")
    assert aside.read_bytes() == before
    assert told == [f"The history was damaged, so a new one was begun. The old one is kept as {aside.name}."]
    assert numbers() == [1]


def test_an_empty_file_is_a_new_history() -> None:
    file.place().touch()
    entries.keep(run())

    assert numbers() == [1]
    assert [part.name for part in file.place().parent.iterdir()] == ["history.sqlite"]


def test_an_entry_whose_content_a_disk_has_changed_is_told_and_can_be_deleted() -> None:
    entries.keep(run("a"))
    entries.keep(run("b"))
    file.read(lambda made: made.execute("UPDATE content SET told = x'00' WHERE number = 1"))
    with pytest.raises(DataFolder, match="damaged"):
        entries.opened(1)

    assert entries.opened(2).row.number == 2
    assert entries.delete((1,)) == (1,)


def test_a_file_of_a_newer_version_is_left_alone() -> None:
    entries.keep(run())
    with contextlib.closing(sqlite3.connect(file.place())) as made:
        made.execute("PRAGMA user_version = 2")
    before = file.place().read_bytes()
    deeds: tuple[Callable[[], object], ...] = (
        lambda: entries.keep(run("b")),
        lambda: entries.listed(ALL),
        lambda: entries.delete((1,)),
    )
    for deed in deeds:
        with pytest.raises(DataFolder, match="newer Fastpath"):
            deed()

    assert file.place().read_bytes() == before
    assert list(file.place().parent.glob("*aside*")) == []


def no_pattern(count: int) -> tuple[float, ...]:
    """Times that no packing makes smaller."""
    chance = random.Random(3)
    return tuple(chance.random() for _ in range(count))


@pytest.mark.skipif(os.name != "posix", reason="only POSIX limits the size of files")
def test_a_full_disk_leaves_the_last_whole_state() -> None:
    """The limit on a file's size stands for the disk: writing fails in the middle."""
    import resource

    entries.keep(run("a"))
    size = file.place().stat().st_size
    many = run("b", samples_ms=no_pattern(60_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40_000, before[1]))
    try:
        with pytest.raises((DiskFull, DataFolder)):
            entries.keep(many)
        assert numbers() == [1]
        entries.keep(run("c"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert integrity() == "ok"
    entries.keep(many)
    assert numbers(search="mini") == [3, 2, 1]


def test_a_disk_that_is_full_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "disk") as home:
        monkeypatch.setenv("FASTPATH_HOME", str(home))
        entries.keep(run("a"))
        (home / "filler").write_bytes(b"x" * 120_000)
        many = run("b", samples_ms=no_pattern(60_000))
        with pytest.raises(DiskFull, match="no room left"):
            entries.keep(many)
        assert numbers() == [1]
        assert integrity() == "ok"
        (home / "filler").write_bytes(b"x" * 1)
        entries.keep(run("c"))
        assert len(numbers()) == 2


def test_a_disk_that_is_full_before_there_is_a_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "disk") as home:
        monkeypatch.setenv("FASTPATH_HOME", str(home))
        with contextlib.suppress(OSError):
            (home / "filler").write_bytes(b"x" * 400_000)
        with pytest.raises(DiskFull):
            entries.keep(run("a"))
        (home / "filler").unlink()
        entries.keep(run("a"))
        assert numbers() == [1]


def test_what_goes_on_is_refused_with_its_reason() -> None:
    from engine.store.history import worker
    from engine.wire.messages import DeleteHistory, Failed, HistoryDeleted

    entries.keep(run("a", over=False))
    entries.keep(run("b"))
    told: list[object] = []
    refused = worker.answer(DeleteHistory(id="d", numbers=(1,)), told.append)
    assert isinstance(refused, Failed)
    assert refused.failure.code == EngineBusy.__name__
    worker.answer(DeleteHistory(id="d", numbers=(1, 2)), told.append)
    assert told == [HistoryDeleted(id="d", numbers=(2,))]
    assert msgspec.json.encode(told[0])
