"""Find the fastest, through the client: what it picks, what it says of the rest, and that it is remembered."""

import contextlib
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest
from msgspec.structs import replace

from engine.compare import choosing
from engine.compare.conductor import Conductor
from engine.compare.sample import FEW
from engine.cpu import read as cpu
from engine.models.look import look
from engine.wire.comparison import CellResult, Comparison
from engine.wire.messages import CellTold, Compare, Compared, Describe, Described, Event, Finished
from tests.talk import SIMILARITY, Talk, command, only

TASK = "sentence-similarity"


def searched(talk: Talk, folder: Path, **more: Any) -> Comparison:
    settings: dict[str, Any] = {"budget_s": 150.0, "calls": 24, "seconds": 0.3, "inputs": (SIMILARITY,)} | more
    talk.client.send(Compare(id="s", folder=str(folder), task=TASK, search=True, **settings))
    last = talk.end("s", 250)
    assert isinstance(last, Finished), last
    return only(talk.of("s"), Compared).comparison


def described(talk: Talk, folder: Path) -> Described:
    talk.client.send(Describe(id="d", ref=str(folder)))
    talk.end("d")
    return only(talk.of("d"), Described)


@pytest.mark.slow
def test_the_fastest_is_found_said_and_remembered(talk: Talk, starter_folder: Path) -> None:
    modes, precisions = ("eager", "better-transformer", "openvino"), ("fp32", "int8-dynamic")
    comparison = searched(talk, starter_folder, modes=modes, precisions=precisions)

    assert comparison.winner is not None
    best = comparison.cells[comparison.winner]
    assert best.mode != "eager"
    assert best.verdict == "faster"
    assert best.p50_ms is not None
    assert best.speedup_ci is not None
    finalists = [cell.speedup_ci for cell in comparison.cells if cell.speedup_ci is not None]
    assert max(low for low, _ in finalists) <= 1.1 * best.speedup_ci[1]
    assert best.agreement is not None
    assert best.agreement.n > FEW  # not by the one input alone
    assert comparison.sentence.startswith("Use ")
    assert {cell.threads for cell in comparison.cells if cell.mode == best.mode} != {best.threads} or best.threads == 1
    (pick,) = described(talk, starter_folder).picks
    assert (pick.task, pick.mode, pick.precision, pick.threads) == (TASK, best.mode, best.precision, best.threads)


@pytest.mark.slow
def test_identical_answers_leave_fewer_bits_out(talk: Talk, starter_folder: Path) -> None:
    modes, precisions = ("eager", "better-transformer"), ("fp32", "bf16", "int8-dynamic")
    comparison = searched(talk, starter_folder, modes=modes, precisions=precisions, floor="identical")

    assert comparison.winner is not None
    assert comparison.cells[comparison.winner].precision == "fp32"
    for cell in comparison.cells:
        if cell.precision != "fp32" and cell.status != "not applicable":
            assert cell.status == "skipped"
            assert "identical" in cell.reason


@pytest.mark.slow
def test_what_there_was_no_time_for_is_named(talk: Talk, starter_folder: Path) -> None:
    comparison = searched(talk, starter_folder, budget_s=25.0)

    skipped = [cell for cell in comparison.cells if cell.status == "skipped"]
    assert skipped
    unheld = [cell for cell in skipped if cell.agreement is None]
    assert all(any(words in cell.reason for words in ("left", "given up", "memory")) for cell in unheld)
    assert comparison.took_s < 60


@pytest.mark.slow
def test_where_nothing_may_be_tried_plain_pytorch_is_measured_and_nothing_is_kept(
    talk: Talk, compare_home: Path, starter_folder: Path
) -> None:
    def kept() -> dict[str, int]:
        return {file.name: file.stat().st_mtime_ns for file in (compare_home / "times").glob("pick-*")}

    before = kept()
    comparison = searched(talk, starter_folder, modes=("eager",), precisions=("int8-dynamic",), floor="identical")

    assert [cell.status for cell in comparison.cells] == ["ok", "skipped"]
    assert comparison.cells[0].n >= 24
    assert comparison.winner == 0
    assert comparison.sentence.startswith("Nothing but plain PyTorch could be measured")
    assert kept() == before


@pytest.mark.slow
def test_where_memory_holds_one_each_is_measured_alone(
    compare_home: Path, starter_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu, "memory_free_bytes", lambda: 0)
    waker, wake = socket.socketpair()
    asked = Compare(
        id="s",
        folder=str(starter_folder),
        task=TASK,
        inputs=(SIMILARITY,),
        modes=("better-transformer", "torchscript"),
        precisions=("fp32",),
        calls=24,
        seconds=0.3,
        search=True,
        budget_s=120.0,
    )
    alive = []

    def hear(event: Event) -> None:
        if isinstance(event, CellTold) and event.cell.stage == "ready":
            alive.append(sum("work" in command(child) for child in psutil.Process().children()))

    conductor = Conductor(asked, look(starter_folder), wake, hear, lambda: True)
    with waker, wake, contextlib.closing(conductor):
        comparison = conductor.run()

    assert set(alive) == {1, 2}  # none but one beside plain PyTorch
    assert [cell.status for cell in comparison.cells] == ["ok"] * 3
    assert all(cell.speedup_ci for cell in comparison.cells[1:])
    assert comparison.winner in (1, 2)


def test_what_had_no_rival_is_not_called_the_fastest() -> None:
    baseline = CellResult(mode="eager", precision="fp32", threads=2, batch=1, status="ok", verdict="baseline", n=100)
    other = CellResult(mode="openvino", precision="fp32", threads=2, batch=1, n=100)
    nothing = "Nothing but plain PyTorch could be measured"

    for rival in ({"status": "skipped", "n": 0}, {"status": "failed"}, {"status": "ok", "batch": 8}):
        assert choosing.sentence([baseline, replace(other, **rival)], 0).startswith(nothing), rival
    assert choosing.sentence([baseline, replace(other, status="ok")], 0).startswith("Use plain PyTorch")


def test_how_near_an_answer_is_goes_by_the_floor() -> None:
    assert choosing.is_near("reference", "identical")
    assert choosing.is_near("identical", "close")
    assert not choosing.is_near("close", "same answers")
    assert not choosing.is_near("different answers", "close")
    assert not choosing.is_near("", "close")
