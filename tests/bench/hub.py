"""Benchmark of downloads: over loopback, against a bare loop of the same library that writes and hashes."""

import contextlib
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import requests

from engine.wire.messages import Download, Finished, Ready
from tests.bench.bars import Bar
from tests.hub_server import COMMIT
from tests.talk import Talk, talking

SIZE_BYTES = 1024 * 1024 * 1024
ROUNDS = 4
PIECE_BYTES = 1024 * 1024


def download(folder: Path) -> list[Bar]:
    """Time of a whole download over that of the bare loop, in turn, and what it adds to the desk's memory.

    A bare loop that does not hash is measured beside it: hashing alone may cost as much as all the rest here, where no
    network is the bottleneck.
    """
    weights = folder / "weights"
    digest = hashlib.sha256()
    with weights.open("wb") as stream:
        for _ in range(SIZE_BYTES // PIECE_BYTES):
            piece = os.urandom(PIECE_BYTES)
            stream.write(piece)
            digest.update(piece)
    ours, bare, unchecked, grown = [], [], [], []
    with _served(weights, digest.hexdigest()) as url, _environment(folder, url):
        for _ in range(ROUNDS):
            unchecked.append(_bare_s(url, folder / "bare", False))
            took_s, grown_bytes = _downloaded(folder)
            ours.append(took_s)
            grown.append(grown_bytes / 1e6)
            bare.append(_bare_s(url, folder / "bare", True))
    ratios = [a / b for a, b in zip(ours, bare, strict=True)]
    to_unchecked = statistics.median(a / b for a, b in zip(ours, unchecked, strict=True))
    parts = {"fastpath_s": ours, "bare_s": bare, "bare_without_hash_s": unchecked, "ratio_without_hash": to_unchecked}
    return [
        Bar(
            "download over a bare loop",
            statistics.median(ratios),
            "ratio",
            1 / 0.9,
            None,
            {**parts, "bytes": SIZE_BYTES},
        ),
        Bar("memory of a download", max(grown), "MB", 60, None, {"MB": grown}),
    ]


def _bare_s(url: str, target: Path, with_hash: bool) -> float:
    digest = hashlib.sha256()
    began = time.monotonic()
    with (
        requests.get(f"{url}/org/big/resolve/{COMMIT}/model.safetensors", stream=True, timeout=20) as response,
        target.open("wb") as stream,
    ):
        for piece in response.iter_content(PIECE_BYTES):
            stream.write(piece)
            if with_hash:
                digest.update(piece)
    took_s = time.monotonic() - began
    assert target.stat().st_size == SIZE_BYTES
    target.unlink()
    return took_s


def _downloaded(folder: Path) -> tuple[float, int]:
    """Seconds from the request to its end, and the desk's growth meanwhile in bytes."""
    with talking() as talk:
        desk = _desk(talk)
        before = desk.memory_info().rss
        # A small one first: the bare loop's libraries are imported too.
        talk.client.send(Download(id="small", ref="org/big", part="tokenizer"))
        talk.end("small")
        with _peak(desk) as peak:
            began = time.monotonic()
            talk.client.send(Download(id="d", ref="org/big"))
            last = talk.end("d")
            took_s = time.monotonic() - began
    assert isinstance(last, Finished), last
    shutil.rmtree(folder / "hf")
    return took_s, max(peak) - before


def _desk(talk: Talk) -> psutil.Process:
    return psutil.Process(next(event.pid for event in talk.heard if isinstance(event, Ready) and event.role == "desk"))


@contextlib.contextmanager
def _peak(process: psutil.Process) -> Iterator[list[int]]:
    seen, done = [process.memory_info().rss], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            seen.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


@contextlib.contextmanager
def _served(weights: Path, sha256: str) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.hub_server", str(weights), sha256]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


@contextlib.contextmanager
def _environment(folder: Path, url: str) -> Iterator[None]:
    ours = {"FASTPATH_HOME": str(folder / "home"), "HF_HOME": str(folder / "hf"), "HF_ENDPOINT": url}
    ours |= {"HF_HUB_OFFLINE": "0", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    before = {name: os.environ.get(name) for name in (*ours, "HF_TOKEN", "HF_HUB_CACHE")}
    os.environ |= ours
    for name in ("HF_TOKEN", "HF_HUB_CACHE"):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


BENCHMARKS: dict[str, Callable[[Path], list[Bar]]] = {"download": download}
