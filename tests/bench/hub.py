"""Benchmark of downloads: over loopback, against bare loops of httpx and of our own library that write and hash."""

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

import httpx
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
    """Speed of a whole download over that of a bare loop of httpx, in turn, and what it adds to the desk's memory.

    The bare loop writes and hashes too, since whoever wants a right file must. One that does not hash, and one of the
    library that downloads here, are measured beside it: where no network is the bottleneck hashing alone may cost as
    much as all the rest.
    """
    weights = folder / "weights"
    digest = hashlib.sha256()
    with weights.open("wb") as stream:
        for _ in range(SIZE_BYTES // PIECE_BYTES):
            piece = os.urandom(PIECE_BYTES)
            stream.write(piece)
            digest.update(piece)
    ours, grown = [], []
    bare: dict[str, list[float]] = {"httpx": [], "httpx_without_hash": [], "requests": []}
    with _served(weights, digest.hexdigest()) as url, _environment(folder, url):
        for _ in range(ROUNDS):
            bare["httpx_without_hash"].append(_bare_s(_httpx_pieces(url), folder / "bare", False))
            took_s, grown_bytes = _downloaded(folder)
            ours.append(took_s)
            grown.append(grown_bytes / 1e6)
            bare["httpx"].append(_bare_s(_httpx_pieces(url), folder / "bare", True))
            bare["requests"].append(_bare_s(_requests_pieces(url), folder / "bare", True))
    ratios = {name: statistics.median(b / a for a, b in zip(ours, times, strict=True)) for name, times in bare.items()}
    parts = {"fastpath_s": ours, "bare_s": bare, "speed_over": ratios, "bytes": SIZE_BYTES}
    return [
        Bar("download's speed over a bare httpx loop", ratios["httpx"], "ratio", parts=parts, at_least=0.9),
        Bar("memory of a download", max(grown), "MB", 60, None, {"MB": grown}),
    ]


def _httpx_pieces(url: str) -> Iterator[bytes]:
    with httpx.Client(timeout=20) as client, client.stream("GET", _weights(url)) as response:
        yield from response.iter_bytes(PIECE_BYTES)


def _requests_pieces(url: str) -> Iterator[bytes]:
    with requests.get(_weights(url), stream=True, timeout=20) as response:
        yield from response.iter_content(PIECE_BYTES)


def _weights(url: str) -> str:
    return f"{url}/org/big/resolve/{COMMIT}/model.safetensors"


def _bare_s(pieces: Iterator[bytes], target: Path, with_hash: bool) -> float:
    digest = hashlib.sha256()
    began = time.monotonic()
    with target.open("wb") as stream:
        for piece in pieces:
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
        _wait_until_idle(psutil.Process(talk.work_pid()))  # it imports PyTorch meanwhile, which takes a core
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


def _wait_until_idle(process: psutil.Process) -> None:
    used_s = -1.0
    while (now_s := sum(process.cpu_times()[:2])) - used_s > 0.02:
        used_s = now_s
        time.sleep(0.5)


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
