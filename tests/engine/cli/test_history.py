"""The history as a person in a terminal meets it, and what a client passes on to it."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.client import Client
from engine.store.history import entries, file
from engine.wire.messages import (
    Compare,
    Compared,
    Describe,
    Finished,
    HistoryListed,
    HistoryOpened,
    ListHistory,
    Notice,
    OpenHistory,
    Ready,
    Run,
    Samples,
    Update,
)
from tests.engine.store.history_records import comparison, run, small_disk
from tests.talk import SIMILARITY, Talk, only, talking

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "gui", "history"]
FEATURES = "feature-extraction"


def history(*words: str, status: int = 0) -> str:
    done = subprocess.run([*PROGRAM, *words], capture_output=True, timeout=120, cwd=ROOT)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout.decode()


def document(*words: str, status: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(history(*words, "--json", status=status))
    assert found["schema"] == 1
    return found


# --- in a terminal ---


def test_entries_are_listed_shown_compared_and_deleted(own_home: Path) -> None:
    assert "Nothing was run yet." in history("list")
    entries.keep(run("a", samples_ms=(4.0, 5.0)))
    entries.keep(run("b", mode="torchscript", p50_ms=2.0))
    entries.keep(comparison("c"))

    listed = document("list", "--sort", "median", "--what", "run", "--ascending")
    assert listed["total"] == 2
    assert [(row["number"], row["kind"], row["p50_ms"]) for row in listed["entries"]] == [
        (2, "run", 2.0),
        (1, "run", 4.0),
    ]
    assert document("list", "--search", "torchscript")["total"] == 1

    shown = document("show", "1")
    assert shown["run"]["timing"]["samples_ms"] == [4.0, 5.0]
    assert shown["run"]["output"] == [[0.5, 0.25]]
    assert shown["run"]["environment"]["cpu"] == "A CPU"
    compared = document("show", "3")["comparison"]
    assert [cell["mode"] for cell in compared["cells"]] == ["eager", "better-transformer", "ipex"]
    assert compared["cells"][0]["samples_ms"] == [8.1, 8.0, 7.9]
    assert compared["winner"]["cell"] == 1

    both = document("compare", "1", "2")
    assert both["ratio"] == 2.0
    assert [line["name"] for line in both["conditions"] if line["differs"]] == ["Acceleration"]
    assert "compared only within one run" in both["sentence"]

    assert document("delete", "1", "3", "99")["deleted"] == [1, 3]
    assert document("list")["total"] == 1


def test_it_reads_well_without_json(own_home: Path) -> None:
    entries.keep(run("a"))
    entries.keep(comparison("c"))

    assert "done" in history("list")
    assert "4.00 ms median of 30 calls" in history("show", "1") or "4 ms median of 30 calls" in history("show", "1")
    shown = history("show", "2")
    assert "identical" in shown
    assert "The machine was loaded." in shown
    assert "compared only within one run" in " ".join(history("compare", "1", "2").split())
    assert "Deleted: 2." in history("delete", "2")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("show", "7"), 1),
        (("compare", "7", "8"), 1),
        (("delete", "7"), 1),
        (("delete", "7", "8"), 1),
        (("show", "seven"), 2),
        (("list", "--sort", "colour"), 2),
        (("list", "--what", "walk"), 2),
    ],
)
def test_wrong_words_and_missing_entries_are_told(own_home: Path, words: tuple[str, ...], status: int) -> None:
    assert document(*words, status=status)["error"]["what_happened"]


def test_a_history_of_a_newer_version_is_told(own_home: Path) -> None:
    entries.keep(run("a"))
    made = sqlite3.connect(file.place())
    made.execute("PRAGMA user_version = 7")
    made.close()

    assert "newer Fastpath" in document("list", status=1)["error"]["what_happened"]


def test_a_run_of_the_command_line_is_kept_before_it_ends(own_home: Path) -> None:
    words = ("run", "--model", "starter", "--task", FEATURES, "--input", "A man is eating food.", "--json")
    done = subprocess.run([sys.executable, "-m", "gui", *words], capture_output=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    (row,) = entries.listed(ListHistory(id="l")).rows

    assert (row.status, row.ref, row.model, row.task) == ("done", "starter", told["model"]["name"], FEATURES)
    assert row.p50_ms == told["timing"]["p50_ms"]
    assert list(entries.opened(row.number).samples_ms) == told["timing"]["samples_ms"]


def test_where_it_cannot_be_kept_the_run_is_as_ever_and_that_is_told(own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "history").write_text("in its place")
    words = ("run", "--model", "starter", "--task", FEATURES, "--input", "x", "--repeat", "3", "--json")
    done = subprocess.run([sys.executable, "-m", "gui", *words], capture_output=True, timeout=120, cwd=ROOT)

    assert done.returncode == 0
    assert json.loads(done.stdout)["timing"]["n"] == 3
    assert done.stderr.decode().count("The history could not be kept.") == 1


@pytest.mark.slow
def test_a_disk_that_is_full_costs_the_run_nothing_and_the_next_one_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_folder: Path
) -> None:
    with small_disk(tmp_path / "disk") as home:
        monkeypatch.setenv("FASTPATH_HOME", str(home))
        with talking(threads=1) as talk:
            with contextlib.suppress(OSError):
                (home / "filler").write_bytes(b"x" * 400_000)
            talk.run(starter_folder, FEATURES, "eager", {"inputs": "x"}, calls=3)
            told = [event.text for event in talk.heard if isinstance(event, Notice) and not event.id]
            assert len(told) == 1
            assert "no room left" in told[0]
            (home / "filler").unlink()
            talk.run(starter_folder, FEATURES, "eager", {"inputs": "y"}, calls=3)

            newest = listed(talk).rows[0]
            assert newest.status == "done"
            found = opened(talk, newest.number).request
            assert isinstance(found, Run)
            assert found.fields == {"inputs": "y"}


# --- what a client passes on ---


def listed(talk: Talk) -> HistoryListed:
    talk.client.send(ListHistory(id="list"))
    assert isinstance(talk.end("list"), Finished)
    return only(talk.of("list"), HistoryListed)


def opened(talk: Talk, number: int) -> HistoryOpened:
    name = f"open-{number}"
    talk.client.send(OpenHistory(id=name, number=number))
    assert isinstance(talk.end(name), Finished)
    return only(talk.of(name), HistoryOpened)


def test_runs_good_and_bad_are_recorded_and_nothing_of_it_is_heard(own_home: Path, starter_folder: Path) -> None:
    with talking(threads=1) as talk:
        talk.client.send(Describe(id="d", ref="starter"))
        talk.end("d")
        events = talk.run(starter_folder, "sentence-similarity", "eager", SIMILARITY, calls=20)
        name = talk.send(starter_folder, "sentence-similarity", "eager", {"source_sentence": ""})
        talk.end(name)
        repeated = talk.send(starter_folder, FEATURES, "eager", {"inputs": "first"}, calls=0)
        talk.until(lambda event: event.id == repeated and isinstance(event, Samples))
        talk.client.send(Update(id=repeated, fields={"inputs": "second"}, revision=1))
        talk.until(lambda event: event.id == repeated and getattr(event, "revision", 0) == 1)
        talk.client.stop(repeated)
        talk.end(repeated)
        rows = listed(talk).rows

        assert [(row.number, row.status) for row in rows] == [(3, "stopped"), (2, "failed"), (1, "done")]
        first = opened(talk, 1)
        assert (first.row.ref, first.row.model) == ("starter", "all-MiniLM-L6-v2")
        assert first.report == only(events, Finished).report
        assert len(first.samples_ms) == 20
        assert first.result is not None
        last = opened(talk, 3)
        assert isinstance(last.request, Run)
        assert last.request.fields == {"inputs": "second"}
        assert last.samples_ms
        assert opened(talk, 2).failure is not None
        assert not any(event.id.startswith("record") for event in talk.heard)
        assert not any(isinstance(event, Notice) and not event.id for event in talk.heard)


@pytest.mark.slow
def test_a_comparison_is_recorded_with_its_raw_times(own_home: Path, starter_folder: Path) -> None:
    with talking(threads=1) as talk:
        talk.client.send(
            Compare(
                id="c",
                folder=str(starter_folder),
                task=FEATURES,
                inputs=({"inputs": "A man is eating food."},),
                modes=("eager",),
                precisions=("fp32",),
                calls=12,
                seconds=0.1,
            )
        )
        assert isinstance(talk.end("c"), Finished)
        told = only(talk.of("c"), Compared).comparison
        (row,) = listed(talk).rows

        assert (row.kind, row.status) == ("comparison", "done")
        assert opened(talk, row.number).comparison == told
        assert told.cells[0].samples_ms


def desk_of(talk: Talk) -> psutil.Process:
    pids = [event.pid for event in talk.heard if isinstance(event, Ready) and event.role == "desk"]
    return psutil.Process(pids[-1])


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_desk_that_is_killed_meanwhile_fails_no_run_and_the_next_one_keeps_it(
    own_home: Path, starter_folder: Path
) -> None:
    with talking(threads=1) as talk:
        name = talk.send(starter_folder, FEATURES, "eager", {"inputs": "x"}, calls=0)
        talk.until(lambda event: event.id == name and isinstance(event, Samples))
        desk_of(talk).send_signal(signal.SIGKILL)
        talk.until(lambda event: isinstance(event, Ready) and event.role == "desk")
        talk.client.stop(name)
        assert isinstance(talk.end(name), Finished)

        assert [row.status for row in listed(talk).rows] == ["stopped"]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_what_a_killed_desk_had_in_hand_is_kept_by_the_next(own_home: Path, starter_folder: Path) -> None:
    with talking(threads=1) as talk:
        talk.run(starter_folder, FEATURES, "eager", {"inputs": "warm"}, calls=1)
        desk = desk_of(talk)
        desk.suspend()
        talk.run(starter_folder, FEATURES, "eager", {"inputs": "x"}, calls=5)  # a desk that answers nothing
        desk.kill()
        talk.until(lambda event: isinstance(event, Ready) and event.role == "desk")

        assert [row.status for row in listed(talk).rows] == ["done", "done"]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_desk_that_hangs_delays_the_end_by_a_second_at_most(own_home: Path, starter_folder: Path) -> None:
    client = Client(threads=1)
    talk = Talk(client)
    talk.start()
    desk_of(talk).suspend()
    client.send(Run(id="r", folder=str(starter_folder), task=FEATURES, mode="eager", fields={"inputs": "x"}, calls=1))
    talk.end("r")
    began = time.monotonic()
    client.close()
    while client.events() is not None:
        pass

    assert time.monotonic() - began < 5  # a second of waiting, and the processes' own end
