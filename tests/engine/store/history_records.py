"""Records for tests of the history, and a disk that is soon full."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.wire.comparison import CellResult, Comparison
from engine.wire.messages import Compare, Record, Run
from engine.wire.values import Agreement, Result, RunReport, StagesP50, Timing

ENVIRONMENT: dict[str, Any] = {"cpu": "A CPU", "threads": 2, "load_1min": 0.1, "versions": {"torch": "2.13.0"}}
BEGAN_S = 1_700_000_000.0


def run(key: str = "a", *, over: bool = True, p50_ms: float = 4.0, **more: Any) -> Record:
    """A record of a run by this very process; ``over``: its end."""
    asked = Run(
        id=f"run-{key}",
        folder="/models/all-MiniLM-L6-v2",
        task=more.pop("task", "feature-extraction"),
        mode=more.pop("mode", "eager"),
        fields=more.pop("fields", {"inputs": "A man is eating food."}),
    )
    environment = more.pop("environment", ENVIRONMENT)
    end = {"ended_s": BEGAN_S + 3, "report": report(asked.mode, p50_ms, environment)} if over else {}
    if over and "result" not in more:
        end["result"] = Result(kind="vectors", value=[[0.5, 0.25]], shape=(1, 2))
    return record(key, asked, **end | more)


def record(key: str, asked: Run | Compare, **more: Any) -> Record:
    usual = {"owner_pid": os.getpid(), "owner_started_s": psutil.Process().create_time(), "began_s": BEGAN_S}
    named = {"ref": "starter", "model": "all-MiniLM-L6-v2"}
    return Record(id=f"record-{key}", key=key, request=asked, **{**usual, **named, **more})


def report(mode: str, p50_ms: float, environment: dict[str, Any]) -> RunReport:
    timing = Timing(
        load_s=0.8,
        prepare_s=0.1,
        prepare_cached=False,
        first_ms=9.0,
        n=30,
        p50_ms=p50_ms,
        p90_ms=p50_ms * 1.2,
        p99_ms=None,
        throughput_per_s=1e3 / p50_ms,
        stages_p50_ms=StagesP50(prepare_input=0.2, model=p50_ms, interpret=0.1),
    )
    return RunReport(
        mode_requested=mode,
        mode_executed=mode,
        precision_executed="fp32",
        timing=timing,
        peak_rss_mb=410.0,
        environment=environment,
        doubts=("Few calls.",),
    )


def comparison(key: str = "c", *, over: bool = True, **more: Any) -> Record:
    asked = Compare(
        id=f"compare-{key}",
        folder="/models/all-MiniLM-L6-v2",
        task="feature-extraction",
        inputs=({"inputs": "A man is eating food."},),
    )
    found = {"ended_s": BEGAN_S + 60, "comparison": compared()} if over else {}
    return record(key, asked, **found | more)


def compared() -> Comparison:
    reference = Agreement(verdict="reference", share=1.0, max_abs_diff=0.0, cosine_worst=1.0, n=1)
    eager = CellResult(
        mode="eager",
        precision="fp32",
        threads=2,
        batch=1,
        status="ok",
        p50_ms=8.0,
        n=3,
        speedup=1.0,
        verdict="baseline",
        agreement=reference,
        samples_ms=(8.1, 8.0, 7.9),
    )
    better = CellResult(
        mode="better-transformer",
        precision="fp32",
        threads=2,
        batch=1,
        status="ok",
        p50_ms=4.0,
        n=3,
        speedup=2.0,
        speedup_ci=(1.9, 2.1),
        verdict="faster",
        agreement=Agreement(verdict="identical", share=1.0, max_abs_diff=1e-6, cosine_worst=1.0, n=1),
        samples_ms=(4.1, 4.0, 3.9),
    )
    ipex = CellResult(mode="ipex", precision="fp32", threads=2, batch=1, status="unavailable", reason="Not installed.")
    return Comparison(
        environment=ENVIRONMENT,
        model={"name": "all-MiniLM-L6-v2"},
        task="feature-extraction",
        inputs={"count": 1, "tokens": 8},
        cells=(eager, better, ipex),
        doubts=("The machine was loaded.",),
        winner=1,
        sentence="Use Better Transformer, fp32: 2.0 times as fast as plain PyTorch, identical answers.",
        took_s=60.0,
        started_s=BEGAN_S,
    )


@contextlib.contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """A disk of 300 kB for a while; skips the test where none can be had."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(place)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
