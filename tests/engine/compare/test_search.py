"""Find the fastest, through the client: what it picks, what it says of the rest, and that it is remembered."""

from pathlib import Path
from typing import Any

import pytest

from engine.wire.comparison import Comparison
from engine.wire.messages import Compare, Compared, Describe, Described, Finished
from tests.talk import SIMILARITY, Talk, only

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
    same_threads = [cell for cell in comparison.cells if cell.p50_ms is not None and cell.status == "ok"]
    assert best.p50_ms <= 1.1 * min(cell.p50_ms or 0.0 for cell in same_threads)
    assert comparison.sentence.startswith("Use ")
    assert {cell.threads for cell in comparison.cells if cell.mode == best.mode} != {best.threads} or best.threads == 1
    (pick,) = described(talk, starter_folder).picks
    assert (pick.task, pick.mode, pick.precision, pick.threads) == (TASK, best.mode, best.precision, best.threads)


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
    assert all("were left" in cell.reason or "given up" in cell.reason for cell in skipped)
    assert comparison.took_s < 60
