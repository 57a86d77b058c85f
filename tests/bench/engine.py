"""Benchmarks of the engine: overhead, first answer, stopping, the artefact cache, memory, the client's own work."""

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from engine.cpu import read as cpu
from engine.models import starter
from engine.runtimes.command import environment
from engine.wire.messages import Answer, CompilerShown, Finished, Samples, ShowCompiler, Stage
from tests.bench.bars import Bar
from tests.talk import SIMILARITY, Talk, only, talking

MODES = ("eager", "torchscript", "torch-compile", "onnx-runtime")
ROUNDS = 3
CALLS = 300
WORDS = {16: 14, 128: 126}
"""Words of one token each that make so many tokens with the two special ones."""


@contextlib.contextmanager
def _home(folder: Path) -> Iterator[None]:
    before = os.environ.get("FASTPATH_HOME")
    os.environ["FASTPATH_HOME"] = str(folder)
    try:
        yield
    finally:
        os.environ["FASTPATH_HOME"] = before or str(folder)


def overhead(folder: Path) -> list[Bar]:
    """Latency that Fastpath reports over the same call in a bare loop of the same library, in turn.

    The least median of the rounds on either side: now and then a whole process is slow, ours or the bare one (ONNX
    Runtime at two threads 23.5 ms instead of 16.5), and three or five rounds do not average that out. The ratio of the
    medians is told beside it.
    """
    bars = []
    threads = cpu.default_threads(cpu.facts())
    with _home(folder):
        bare_environment = environment("work", threads) | {"HF_HUB_OFFLINE": "1"}
        for mode in MODES:
            for tokens, words in WORDS.items():
                ours, bare = [], []
                for _ in range(ROUNDS):
                    ours.append(_reported_ms(mode, " ".join(["time"] * words)))
                    command = [sys.executable, "-m", "tests.bench.bare", mode, str(tokens), str(CALLS)]
                    printed = subprocess.run(command, env=bare_environment, check=True, capture_output=True, text=True)
                    bare.append(float(printed.stdout.split()[-1]))
                of_medians = statistics.median(ours) / statistics.median(bare)
                conditions = {"tokens": tokens, "threads": threads}
                parts = {"fastpath_ms": ours, "bare_ms": bare, "ratio_of_medians": of_medians} | conditions
                bars.append(Bar(f"overhead {mode} 1x{tokens}", min(ours) / min(bare), "ratio", 1.05, 1.03, parts))
    return bars


def _reported_ms(mode: str, text: str) -> float:
    with talking() as talk:
        events = talk.run(starter.folder(), "feature-extraction", mode, {"inputs": text}, calls=CALLS)
        report = only(events, Finished).report
        assert report is not None
        assert report.mode_executed == mode
        return report.timing.p50_ms


def first_answer(folder: Path) -> list[Bar]:
    """From the start of the client to the starter's first answer, torch being in the file cache."""
    took_s = []
    with _home(folder):
        for _ in range(ROUNDS + 1):
            began = time.monotonic()
            with talking() as talk:
                name = talk.send(starter.folder(), "sentence-similarity", "eager", SIMILARITY)
                talk.until(lambda event, name=name: event.id == name and isinstance(event, Answer))  # type: ignore[misc]
                took_s.append(time.monotonic() - began)
    return [Bar("first answer", statistics.median(took_s[1:]), "s", 8, 4, {"s": took_s})]


def stopping(folder: Path) -> list[Bar]:
    """From Stop to the request's end, at every stage of every mode; the worst."""
    worst: dict[str, float] = {}
    with _home(folder), talking() as talk:
        for mode, stage in [("eager", "starting"), ("eager", "load"), ("eager", "running")] + [
            (mode, stage) for mode in MODES[1:] for stage in ("load", "prepare", "running")
        ]:
            name = talk.send(
                starter.folder(), "sentence-similarity", mode, SIMILARITY, calls=0, threads=len(worst) % 2 + 1
            )
            talk.until(_begun(name, stage))
            time.sleep(0.1)
            began = time.monotonic()
            talk.client.stop(name)
            talk.end(name)
            worst[f"{mode} {stage}"] = time.monotonic() - began
    return [Bar("stop to stopped", max(worst.values()), "s", 1, None, worst)]


def _begun(name: str, stage: str) -> Callable[[object], bool]:
    return lambda event: isinstance(event, Stage) and event.id == name and event.stage == stage


def artefacts(folder: Path) -> list[Bar]:
    """Second preparation of an exported model, in a fresh process, over the first."""
    took_s = []
    with _home(folder):
        for _ in range(2):
            with talking() as talk:
                events = talk.run(starter.folder(), "sentence-similarity", "onnx-runtime", SIMILARITY)
                report = only(events, Finished).report
                assert report is not None
                took_s.append((report.timing.prepare_s, report.timing.load_s))
    (first_s, first_load_s), (second_s, second_load_s) = took_s
    parts = {"s": [first_s, second_s], "load_s": [first_load_s, second_load_s]}
    return [Bar("second preparation", second_s / first_s, "ratio", 0.25, None, parts)]


def memory(folder: Path) -> list[Bar]:
    """The engine's memory after 1,000 calls over that after 100."""
    bars = []
    with _home(folder), talking() as talk:
        for mode in MODES:
            events = talk.run(starter.folder(), "sentence-similarity", mode, SIMILARITY, calls=1000)
            n, at = 0, {}
            for event in events:
                if isinstance(event, Samples):
                    n += len(event.latency_ms)
                    at[n] = event.memory_bytes
            early = next(size for calls, size in at.items() if calls >= 100)
            parts = {"bytes_after_100": early, "bytes_after_1000": at[n]}
            bars.append(Bar(f"memory {mode}", at[n] / early, "ratio", 1.02, None, parts))
    return bars


def client(folder: Path) -> list[Bar]:
    """CPU time of the client while the engine measures."""
    with _home(folder), talking() as talk:
        share, calls = busy_share(talk)
    return [Bar("client while measuring", share, "of a core", 0.03, None, {"calls": calls})]


def busy_share(talk: Talk, seconds: float = 5) -> tuple[float, int]:
    """Processor time of this process over wall time during an endless run, and the calls made."""
    name = talk.send(starter.folder(), "sentence-similarity", "eager", SIMILARITY, calls=0)
    talk.until(lambda event: event.id == name and isinstance(event, Samples))
    this, began, heard = psutil.Process(), time.monotonic(), len(talk.heard)
    before = sum(this.cpu_times()[:2])
    end = began + seconds
    while time.monotonic() < end:
        talk.heard += talk.client.events(end - time.monotonic()) or []
    share = (sum(this.cpu_times()[:2]) - before) / (time.monotonic() - began)
    talk.client.stop(name)
    talk.end(name)
    calls = sum(len(event.latency_ms) for event in talk.heard[heard:] if isinstance(event, Samples))
    return share, calls


def compiler(folder: Path) -> list[Bar]:
    """The compiler's example: one pass over memory must not be slower than two."""
    with _home(folder), talking() as talk:
        talk.client.send(ShowCompiler(id="compiler"))
        talk.end("compiler")
        shown = only(talk.of("compiler"), CompilerShown)
    parts = {"eager_ms": shown.eager_ms, "compiled_ms": shown.compiled_ms}
    return [Bar("compiled example over eager", shown.compiled_ms / shown.eager_ms, "ratio", 1.0, 0.6, parts)]


BENCHMARKS: dict[str, Callable[[Path], list[Bar]]] = {
    "overhead": overhead,
    "first-answer": first_answer,
    "stopping": stopping,
    "artefacts": artefacts,
    "memory": memory,
    "client": client,
    "compiler": compiler,
}
