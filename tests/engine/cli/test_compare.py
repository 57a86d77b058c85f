"""``fastpath compare`` as a person in a terminal meets it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "gui", "compare"]
CELL = {
    *("mode", "precision", "threads", "batch", "status", "reason", "prepare_s", "first_ms", "p50_ms", "p90_ms"),
    *("p99_ms", "n", "throughput", "end_to_end_p50_ms", "peak_rss_mb", "speedup", "speedup_ci", "verdict"),
    *("break_even_calls", "agreement", "precision_executed", "isa_executed", "fused", "samples_ms"),
}


def compare(*words: str, status: int = 0) -> "subprocess.CompletedProcess[bytes]":
    done = subprocess.run([*PROGRAM, *words], capture_output=True, timeout=280, cwd=ROOT)
    assert done.returncode == status, done.stderr.decode()
    return done


def test_the_document_has_the_stable_names(tmp_path: Path, compare_home: Path) -> None:
    texts, target = tmp_path / "texts.txt", tmp_path / "found.json"
    texts.write_text("A man is eating food.\n\nA girl is carrying a baby.\n", "utf-8")
    words = ("--model", "starter", "--task", "feature-extraction", "--inputs", str(texts), "--batch", "2")
    quick = ("--modes", "eager,better-transformer", "--precisions", "fp32", "--calls", "12", "--seconds", "0.1")
    done = compare(*words, *quick, "--json", str(target))

    assert done.stdout == b""
    found: dict[str, Any] = json.loads(target.read_text("utf-8"))
    assert {"schema", "environment", "model", "task", "inputs", "doubts", "cells", "winner"} <= set(found)
    assert found["schema"] == 1
    assert found["inputs"]["count"] == 2
    assert [cell["batch"] for cell in found["cells"]] == [2, 2]
    for cell in found["cells"]:
        assert set(cell) >= CELL
        assert cell["status"] == "ok"
        assert cell["agreement"]["verdict"] in ("reference", "identical")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_auto_is_remembered_for_runs(own_home: Path) -> None:
    model = ("--model", "starter", "--task", "feature-extraction")
    run = (*PROGRAM[:-1], "run", *model, "--mode", "auto", "--input", "A man is eating food.", "--json")
    before = subprocess.run(run, capture_output=True, timeout=280, cwd=ROOT)
    assert before.returncode == 1
    assert "fastpath auto" in json.loads(before.stdout)["error"]["what_to_do"]
    words = (*PROGRAM[:-1], "auto", *model, "--budget", "120", "--floor", "identical", "--json", "-")
    found = subprocess.run(words, capture_output=True, timeout=280, cwd=ROOT)
    assert found.returncode == 0, found.stderr.decode()
    comparison = json.loads(found.stdout)
    best = comparison["winner"]
    after = subprocess.run(run, capture_output=True, timeout=280, cwd=ROOT)
    assert after.returncode == 0, after.stderr.decode()
    assert json.loads(after.stdout)["mode_executed"] == best["mode"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--threads", "two"), 2),
        (("--batch", "0"), 2),
        (("--isa-caps", "sse9"), 1),
        (("--modes", "warp"), 1),
        (("--inputs", "no-such-file.txt"), 1),
    ],
)
def test_wrong_words_are_told(words: tuple[str, ...], status: int) -> None:
    done = compare("--model", "starter", "--task", "feature-extraction", *words, "--json", "-", status=status)

    error = json.loads(done.stdout)["error"]
    assert error["what_happened"]


def test_a_document_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    words = (
        "--model",
        "starter",
        "--task",
        "feature-extraction",
        "--json",
        str(tmp_path / "no" / "such" / "place.json"),
    )

    assert b"written" in compare(*words, status=1).stdout
