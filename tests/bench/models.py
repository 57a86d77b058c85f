"""Benchmarks of looking into models: a large folder, and the refusal of hostile ones."""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from engine.models.look import look
from engine.wire.errors import FastpathError
from tests import hostile
from tests.bench.bars import Bar
from tests.engine.models.folders import CONFIG

ROUNDS = 7
SHARDS = 20
SHARD_BYTES = 500_000_000
TENSORS_A_SHARD = 25
FILES = 200


def looking(folder: Path) -> list[Bar]:
    """A folder of 200 files and 10 GB of weights in 20 sparse parts; the median of seven looks."""
    large_folder(folder)
    took_ms = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        facts = look(folder)
        took_ms.append((time.perf_counter() - began) * 1e3)
    parts = {"ms": took_ms, "files": len(list(folder.iterdir())), "bytes": facts.size_bytes}
    return [Bar("look into 200 files and 10 GB", statistics.median(took_ms), "ms", 200, None, parts)]


def large_folder(folder: Path) -> Path:
    """Weights with true headers; a tokenizer of 9 MB, as multilingual models have; JSON and text besides."""
    size_bytes = SHARD_BYTES // TENSORS_A_SHARD
    weight_map = {}
    for shard in range(SHARDS):
        name = f"model-{shard:05}-of-{SHARDS:05}.safetensors"
        header = {}
        for number in range(TENSORS_A_SHARD):
            tensor = f"encoder.layer.{shard}.part.{number}.weight"
            header[tensor] = {
                "dtype": "F32",
                "shape": [size_bytes // 4 // 1000, 1000],
                "data_offsets": [number * size_bytes, (number + 1) * size_bytes],
            }
            weight_map[tensor] = name
        text = json.dumps(header).encode()
        head = len(text).to_bytes(8, "little") + text
        hostile.sparse(folder / name, len(head) + SHARD_BYTES, head)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer.json").write_text(json.dumps({"vocab": [f"word number {i}" for i in range(450_000)]}))
    for number in range(FILES - len(list(folder.iterdir()))):
        if number % 2:
            (folder / f"{number}.json").write_text(json.dumps({"a": [number] * 500}))
        else:
            (folder / f"{number}.txt").write_text("x" * 5000)
    return folder


def refusing(folder: Path) -> list[Bar]:
    """Each hostile folder once; the slowest refusal."""
    took_s = {}
    for name, place in hostile.make_all(folder).items():
        began = time.perf_counter()
        try:
            look(place)
        except FastpathError:
            took_s[name] = time.perf_counter() - began
    slowest = dict(sorted(took_s.items(), key=lambda pair: -pair[1])[:5])
    parts = {"slowest_s": slowest, "refused": len(took_s), "of": len(hostile.HOSTILE)}
    return [Bar("refuse the slowest hostile folder", max(took_s.values()), "s", 1, None, parts)]


BENCHMARKS: dict[str, Callable[[Path], list[Bar]]] = {"looking": looking, "refusing": refusing}
