"""A comparison through the client: real processes, a real small model."""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from safetensors.torch import load_file, save_file

from engine.cpu import read as cpu
from engine.wire.comparison import CellResult, Comparison
from engine.wire.messages import CellTold, Compare, Compared, Event, Failed, Finished, FreeUp
from tests.talk import SIMILARITY, Talk, command, lives, only, processes_under

TASK = "sentence-similarity"


def usable(feature_id: str) -> bool:
    return any(feature.id == feature_id and feature.usable for feature in cpu.facts().features)


def ask(talk: Talk, folder: Path, **more: Any) -> None:
    settings: dict[str, Any] = {"calls": 24, "seconds": 0.2, "inputs": (SIMILARITY,), "id": "c"} | more
    talk.client.send(Compare(folder=str(folder), task=TASK, **settings))


def compared(talk: Talk) -> Comparison:
    last = talk.end("c", 280)
    assert isinstance(last, Finished), last
    return only(talk.of("c"), Compared).comparison


def has_figures(mode: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, CellTold) and event.cell.mode == mode and event.cell.n > 0


def named(comparison: Comparison) -> dict[tuple[str, str], CellResult]:
    return {(cell.mode, cell.precision): cell for cell in comparison.cells}


def test_cells_are_told_as_they_are_measured_beside_eager_and_judged(talk: Talk, starter_folder: Path) -> None:
    modes, precisions = ("eager", "better-transformer", "torchscript"), ("fp32", "int8-static")
    ask(talk, starter_folder, modes=modes, precisions=precisions)
    comparison = compared(talk)

    cells = named(comparison)
    baseline = cells["eager", "fp32"]
    assert baseline.verdict == "baseline"
    assert baseline.threads > 0
    assert cells["torchscript", "int8-static"].status == "not applicable"
    assert cells["torchscript", "int8-static"].reason
    for cell in (baseline, cells["better-transformer", "fp32"], cells["torchscript", "fp32"]):
        assert cell.status == "ok"
        assert cell.n >= 24
        assert len(cell.samples_ms) == cell.n
        assert cell.p50_ms is not None
        assert cell.end_to_end_p50_ms is not None
        assert cell.p50_ms <= cell.end_to_end_p50_ms
        assert cell.peak_rss_mb
        assert cell.precision_executed == "fp32"
    faster = cells["better-transformer", "fp32"]
    assert faster.agreement is not None
    assert faster.agreement.verdict == "identical"
    assert faster.speedup is not None
    assert faster.speedup_ci is not None
    assert faster.speedup_ci[0] <= faster.speedup <= faster.speedup_ci[1]
    assert all(cell.break_even_calls is None or cell.verdict == "faster" for cell in comparison.cells)
    assert comparison.inputs["tokens"] > 0
    told = [event for event in talk.of("c") if isinstance(event, CellTold)]
    assert {event.number for event in told} == set(range(len(comparison.cells)))
    counts = [
        event.cell.n for event in told if (event.cell.mode, event.cell.precision) == ("better-transformer", "fp32")
    ]
    assert counts == sorted(counts)
    assert len(set(counts)) > 3


def test_stop_keeps_what_was_measured(talk: Talk, starter_folder: Path) -> None:
    ask(talk, starter_folder, modes=("eager", "better-transformer"), precisions=("fp32",), seconds=60)
    talk.until(has_figures("better-transformer"), 250)
    began = time.monotonic()
    talk.client.stop("c")
    comparison = compared(talk)

    assert time.monotonic() - began < 2
    assert comparison.stopped
    assert comparison.winner is None  # nobody is advised by half a race
    assert named(comparison)["better-transformer", "fp32"].samples_ms


def members(home: Path) -> list[psutil.Process]:
    """The processes that hold a cell, the newest last; not their guardians."""
    (conductor,) = [one for one in processes_under(home) if is_role(one, "compare") and one.ppid() == os.getpid()]
    found = [one for one in conductor.children() if is_role(one, "work")]
    return sorted(found, key=psutil.Process.create_time)


def is_role(process: psutil.Process, role: str) -> bool:
    return role in command(process)


def test_a_cell_that_dies_takes_only_itself(talk: Talk, compare_home: Path, starter_folder: Path) -> None:
    ask(talk, starter_folder, modes=("eager", "better-transformer"), precisions=("fp32",), seconds=3)
    talk.until(has_figures("better-transformer"), 250)
    os.kill(members(compare_home)[-1].pid, signal.SIGKILL)
    cells = named(compared(talk))

    died = [cell for cell in cells.values() if cell.status == "failed"]
    assert len(died) == 1
    assert "SIGKILL" in died[0].reason
    assert (died[0].verdict, died[0].speedup, died[0].speedup_ci) == ("", None, None)
    assert sum(cell.status == "ok" for cell in cells.values()) == len(cells) - 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_cell_that_hangs_is_given_up_alone(talk: Talk, compare_home: Path, starter_folder: Path) -> None:
    """One that is frozen answers nothing, and is not there to be asked to stop."""
    modes = ("eager", "better-transformer", "torchscript")
    ask(talk, starter_folder, modes=modes, precisions=("fp32",), seconds=4, cell_limit_s=40.0)
    talk.until(has_figures("torchscript"), 250)
    os.kill(members(compare_home)[-1].pid, signal.SIGSTOP)
    cells = named(compared(talk))

    given_up = [cell for cell in cells.values() if cell.status == "failed"]
    assert len(given_up) == 1
    assert "given up" in given_up[0].reason
    assert sum(cell.status == "ok" for cell in cells.values()) == len(cells) - 1


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets another process's memory be limited")
def test_a_cell_without_memory_is_told_alone(talk: Talk, compare_home: Path, starter_folder: Path) -> None:
    ask(talk, starter_folder, modes=("eager", "onnx-runtime"), precisions=("fp32",))
    talk.until(lambda event: isinstance(event, CellTold) and event.cell.mode == "onnx-runtime" and preparing(event))
    while len(members(compare_home)) < 2:  # beside plain PyTorch's own
        time.sleep(0.05)
    members(compare_home)[-1].rlimit(psutil.RLIMIT_AS, (300_000_000, 300_000_000))
    cells = named(compared(talk))

    assert cells["onnx-runtime", "fp32"].status == "failed"
    assert cells["onnx-runtime", "fp32"].reason
    assert cells["eager", "fp32"].status == "ok"


def preparing(event: CellTold) -> bool:
    return event.cell.stage == "preparing"


@pytest.mark.slow
def test_a_cell_whose_numbers_overflow_is_told_alone(
    talk: Talk, tmp_path: Path, tiny: Callable[[str, str], Path]
) -> None:
    """The bias is finite in fp32, and lies above what bf16 can hold."""
    folder = tmp_path / "model"
    shutil.copytree(tiny("bert", "SequenceClassification"), folder)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.bias"][0] = 3.4e38
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    inputs = ({"inputs": "A fine day."},)
    settings: dict[str, Any] = {"modes": ("eager", "torchscript"), "precisions": ("fp32", "bf16"), "seconds": 0.1}
    talk.client.send(Compare(id="c", folder=str(folder), task="text-classification", inputs=inputs, **settings))
    cells = named(compared(talk))

    for mode in ("eager", "torchscript"):
        assert cells[mode, "bf16"].status in ("failed", "not applicable")
        assert cells[mode, "bf16"].speedup is None
        assert cells[mode, "fp32"].status == "ok"


@pytest.mark.slow
def test_what_a_run_called_different_on_real_texts_is_so_here(
    talk: Talk, compare_home: Path, starter_folder: Path
) -> None:
    name = talk.send(starter_folder, TASK, "eager", SIMILARITY, precision="bf16", check="always")
    assert isinstance(talk.end(name), Finished)
    (kept,) = (compare_home / "outputs").glob("*.agreement")
    found = json.loads(kept.read_bytes())
    assert found["verdict"] != "different answers"
    kept.write_text(json.dumps(found | {"verdict": "different answers", "share": 0.5}))

    ask(talk, starter_folder, modes=("eager",), precisions=("fp32", "bf16"))
    comparison = compared(talk)
    cell = named(comparison)["eager", "bf16"]

    assert (cell.status, cell.verdict, cell.speedup) == ("ok", "different answer", None)
    assert "real texts" in cell.reason
    assert comparison.cells[comparison.winner or 0].precision == "fp32"


def test_a_model_that_changes_meanwhile_is_noticed(talk: Talk, tmp_path: Path, starter_folder: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(starter_folder, folder)
    ask(talk, folder, modes=("eager", "better-transformer"), precisions=("fp32",), seconds=2)
    talk.until(has_figures("better-transformer"), 250)
    config = folder / "config.json"
    config.write_text(config.read_text("utf-8").replace("0.1", "0.2"), "utf-8")
    comparison = compared(talk)

    assert any("changed" in doubt for doubt in comparison.doubts)
    assert comparison.winner is None
    assert [(cell.verdict, cell.speedup) for cell in comparison.cells] == [("baseline", None), ("", None)]


@pytest.mark.slow
@pytest.mark.skipif(not usable("avx512_bf16"), reason="without AVX-512 there is nothing to cap here")
def test_a_cap_is_held_where_it_can_be_and_told_where_not(talk: Talk, starter_folder: Path) -> None:
    ask(talk, starter_folder, modes=("eager",), precisions=("fp32", "bf16"), isa_caps=("avx2", "avx512", "amx", ""))
    cells = {(cell.precision, cell.isa_cap): cell for cell in compared(talk).cells}

    least, middle, free = (cells["bf16", cap] for cap in ("avx2", "avx512", ""))
    assert least.cap_held is True
    assert not any(feature.startswith("avx512") for feature in least.isa_executed)
    assert middle.cap_held is True
    assert "avx512_bf16" not in middle.isa_executed
    assert free.cap_held is None
    assert "avx512_bf16" in free.isa_executed
    assert usable("amx_tile") or cells["bf16", "amx"].status == "not applicable"
    assert "Cannot be capped" in cells["fp32", "avx2"].reason


def test_nothing_outlives_a_killed_comparison(talk: Talk, compare_home: Path, starter_folder: Path) -> None:
    ask(talk, starter_folder, modes=("eager", "better-transformer"), precisions=("fp32",), seconds=60)
    talk.until(has_figures("eager"), 250)
    workers = [one.pid for one in members(compare_home)]
    os.kill(psutil.Process(workers[0]).ppid(), signal.SIGKILL)
    last = talk.end("c", 10)

    assert isinstance(last, Failed)
    assert last.failure.code == "EngineDied"
    end = time.monotonic() + 3
    while any(lives(pid) for pid in workers):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_run_waits_for_no_comparison(talk: Talk, starter_folder: Path) -> None:
    ask(talk, starter_folder, modes=("eager",), precisions=("fp32",), seconds=60)
    talk.until(lambda event: isinstance(event, CellTold))
    name = talk.send(starter_folder, TASK, "eager", SIMILARITY)
    last = talk.end(name, 5)

    assert isinstance(last, Failed)
    assert last.failure.code == "EngineBusy"
    talk.client.stop("c")
    talk.end("c", 5)
    assert talk.run(starter_folder, TASK, "eager", SIMILARITY)


@pytest.mark.slow
def test_a_batch_that_there_are_no_inputs_for_is_told(talk: Talk, starter_folder: Path) -> None:
    ask(talk, starter_folder, modes=("better-transformer",), precisions=("fp32",), batches=(8, 1))
    comparison = compared(talk)
    cells = comparison.cells

    assert [cell.status for cell in cells] == ["not applicable", "not applicable", "ok", "ok"]
    assert "was given 1" in cells[0].reason
    assert comparison.winner in (2, 3)


def test_while_one_is_compared_nothing_is_taken_away(talk: Talk, starter_folder: Path) -> None:
    ask(talk, starter_folder, modes=("eager",), precisions=("fp32",), seconds=60)
    talk.until(lambda event: isinstance(event, CellTold))
    talk.client.send(FreeUp(id="f"))
    last = talk.end("f", 5)
    assert isinstance(last, Failed)
    assert last.failure.code == "EngineBusy"
    ask(talk, starter_folder, id="second", modes=("eager",))
    refused = talk.end("second", 5)
    assert isinstance(refused, Failed)
    assert refused.failure.code == "EngineBusy"
    talk.client.stop("c")
    assert isinstance(talk.end("c", 5), Finished)


def test_an_input_that_cannot_be_read_is_told_as_in_a_run(talk: Talk, starter_folder: Path) -> None:
    ask(talk, starter_folder, modes=("eager",), inputs=({"source_sentence": "", "sentences": []},))
    last = talk.end("c", 60)

    assert isinstance(last, Failed)
    assert last.failure.code == "BadInput"


@pytest.mark.parametrize("words", [{"modes": ("warp",)}, {"precisions": ("fp3",)}])
def test_unknown_words_are_told(talk: Talk, starter_folder: Path, words: dict[str, Any]) -> None:
    ask(talk, starter_folder, **words)
    last = talk.end("c", 20)

    assert isinstance(last, Failed)
    assert last.failure.code == "BadInput"
