"""Benchmark of listing a shared cache with thousands of models, in a fresh process as the desk does it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench.bars import Bar

MODELS = 2000
ROUNDS = 5
BAR_MS = 300

_FILES = {
    "config.json": json.dumps(
        {"model_type": "bert", "architectures": ["BertForMaskedLM"], "hidden_size": 768}
    ).encode(),
    "README.md": b"---\nlicense: apache-2.0\npipeline_tag: fill-mask\n---\n# A model\n" + b"Words about it. " * 500,
    "tokenizer.json": b"{" + b" " * 20_000 + b"}",
    "tokenizer_config.json": b"{}",
    "special_tokens_map.json": b"{}",
    "vocab.txt": b"word\n" * 5000,
    "model.safetensors": b"x" * 1000,
}

_LIST = """
import json, sys, time
import engine.desk
from engine.library import local
times = []
for _ in range(int(sys.argv[1])):
    began = time.perf_counter()
    found = local.listed(())
    times.append((time.perf_counter() - began) * 1000)
print(json.dumps([len(found.models), times]))
"""


def listing(folder: Path) -> list[Bar]:
    """Milliseconds for the first list of a process; the others beside it. The system has the files in its memory."""
    cache = folder / "hf" / "hub"
    for number in range(MODELS):
        _put(cache / f"models--org{number % 50}--model-{number}")
    environment = {**os.environ, "FASTPATH_HOME": str(folder / "home"), "HF_HOME": str(folder / "hf")}
    environment.pop("HF_HUB_CACHE", None)
    firsts, others = [], []
    for _ in range(ROUNDS):
        command = [sys.executable, "-c", _LIST, "3"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        count, times = json.loads(done.stdout)
        assert count >= MODELS, count
        firsts.append(times[0])
        others += times[1:]
    details = {"first_ms": firsts, "again_ms": others, "models": MODELS}
    return [Bar("list of models on the disk", sorted(firsts)[len(firsts) // 2], "ms", BAR_MS, None, details)]


def _put(home: Path) -> None:
    commit = "a" * 40
    snapshot = home / "snapshots" / commit
    for folder in (home / "blobs", home / "refs", snapshot):
        folder.mkdir(parents=True)
    (home / "refs" / "main").write_text(commit)
    for number, (name, content) in enumerate(_FILES.items()):
        blob = home / "blobs" / f"{number:040x}"
        blob.write_bytes(content)
        (snapshot / name).symlink_to(f"../../blobs/{blob.name}")


BENCHMARKS: dict[str, Callable[[Path], list[Bar]]] = {"listing": listing}
