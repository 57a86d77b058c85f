"""Benchmark of the CPU's facts: what the desk waits for before it can say what there is."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.cpu import linux, read
from tests.bench.bars import Bar
from tests.engine.cpu import recorded

PROCESSES = 5
ASKS = 20

_ASK_ONCE = """
import time
from engine.cpu import read
began = time.perf_counter()
read.facts()
print((time.perf_counter() - began) * 1000)
"""


def cpu_facts(folder: Path) -> list[Bar]:
    """First call in a fresh process, as the desk makes it, and later calls; a great server's /sys beside them."""
    first_ms = []
    for _ in range(PROCESSES):
        done = subprocess.run([sys.executable, "-c", _ASK_ONCE], capture_output=True, text=True, check=True)
        first_ms.append(float(done.stdout))
    later_ms = [_ms(read.facts) for _ in range(ASKS)]
    root = recorded.hyperthreaded_tree(folder, sockets=2, cores_each=64)
    server_ms = [_ms(lambda: linux.told(root, "x86_64", None, (0, 0), None, lambda: "refused")) for _ in range(ASKS)]
    parts = {"first_ms": first_ms, "later_ms": later_ms, "tree_of_256_processors_ms": server_ms}
    return [
        Bar("CPU facts", statistics.median(first_ms), "ms", 50, None, parts),
        Bar("CPU facts, /sys of 256 processors", statistics.median(server_ms), "ms", 50, None),
    ]


def _ms(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


BENCHMARKS: dict[str, Callable[[Path], list[Bar]]] = {"cpu-facts": cpu_facts}
