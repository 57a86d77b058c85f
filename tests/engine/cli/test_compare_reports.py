"""``fastpath compare`` and the files it leaves."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WORDS = [sys.executable, "-m", "gui", "compare", "--model", "starter", "--task", "feature-extraction"]
QUICK = ("--modes", "eager", "--precisions", "fp32", "--calls", "12", "--seconds", "0.1")


def compare(*words: str, status: int = 0) -> "subprocess.CompletedProcess[bytes]":
    done = subprocess.run([*WORDS, *words], capture_output=True, timeout=280, cwd=ROOT)
    assert done.returncode == status, done.stderr.decode()
    return done


@pytest.mark.slow
def test_every_form_is_written_and_the_document_printed(tmp_path: Path, own_home: Path) -> None:
    page, table = tmp_path / "found.html", tmp_path / "found.csv"
    done = compare(*QUICK, "--html", str(page), "--csv", str(table), "--json", "-")
    document = json.loads(done.stdout)

    median = document["cells"][0]["p50_ms"]
    with table.open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert float(row["p50_ms"]) == median
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert sorted(place.name for place in tmp_path.iterdir() if place.is_file()) == ["found.csv", "found.html"]


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("--html", "no/such/place.html"), 1, "cannot be written"),
        (("--csv", "."), 1, "cannot be written"),
        (("--html", "one", "--csv", "one"), 2, "same file"),
        (("--html", "-"), 2, "take a file"),
    ],
)
def test_a_place_that_cannot_be_is_told_before_anything_is_measured(
    words: tuple[str, ...], status: int, told: str
) -> None:
    done = compare(*QUICK, *words, status=status)

    assert told in " ".join(done.stderr.decode().split())
    assert done.stdout == b""
