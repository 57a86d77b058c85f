"""Benchmarks of comparisons: what is the same is called the same, two in a row agree, and what conducting costs."""

import contextlib
import itertools
import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.compare import figures
from engine.compare.crew import Crew, Way
from engine.compare.machine import Machine
from engine.compare.race import Race
from engine.compare.table import Table
from engine.models import starter
from engine.wire.comparison import CellResult, Comparison
from engine.wire.messages import Compare, Compared, Finished
from tests.bench import shapes
from tests.bench.bars import Bar
from tests.bench.engine import _home
from tests.talk import SIMILARITY, only, talking

ALIKE, GROUPS = 8, 4
"""Processes of plain PyTorch that race each other: 28 pairs a group, 112 in all."""

CELLS = ("eager", "torchscript", "better-transformer", "onnx-runtime", "openvino")


def compared(**more: Any) -> tuple[Comparison, float]:
    """A comparison of the starter, and its seconds."""
    settings = {"folder": str(starter.folder()), "task": "sentence-similarity", "inputs": (SIMILARITY,)} | more
    request = Compare(id="c", **settings)
    with talking() as talk:
        began = time.monotonic()
        talk.client.send(request)
        assert isinstance(talk.end("c", 1800), Finished)
        return only(talk.of("c"), Compared).comparison, time.monotonic() - began


def same(folder: Path) -> list[Bar]:
    """Plain PyTorch beside itself, on a quiet machine and beside a process that keeps one core busy half of the time:
    each pair of processes of a race is a try.
    """
    bars = []
    with _home(folder):
        for name, beside in (("quiet", contextlib.nullcontext), ("beside another program", half_a_core)):
            found: list[tuple[str, float]] = []
            with beside():
                for _ in range(GROUPS):
                    found += pairs(ALIKE)
            share = sum(verdict == "no difference" for verdict, _ in found) / len(found)
            ratios = sorted(ratio for _, ratio in found)
            parts = {"tries": len(found), "ratios": ratios}
            bars.append(Bar(f"eager is eager, {name}", share, "of the tries", parts=parts, at_least=0.95))
    return bars


def pairs(alike: int) -> list[tuple[str, float]]:
    """Of one race of so many processes of plain PyTorch: the verdict on each pair, and its ratio."""
    asked = Compare(
        id="s", folder=str(starter.folder()), task="sentence-similarity", inputs=(SIMILARITY,), calls=100, seconds=2.0
    )
    waker, wake = socket.socketpair()
    table = Table([CellResult(mode="eager", precision="fp32", threads=2, batch=1)] * alike, lambda event: None)
    crew = Crew(asked, table, wake, lambda: True)
    try:
        racers = [crew.enter(number, Way(2, "long")) for number in range(alike)]
        Race(table, crew, Machine(), racers[0], 1).run(racers[1:], asked.calls, asked.seconds, float("inf"))
        found: list[tuple[str, float]] = []
        for one, other in itertools.combinations(racers, 2):
            cell = figures.judged(figures.measured(table[other.number], other, 1), other, one, sure=True)
            found.append((cell.verdict, cell.speedup or 0.0))
        return found
    finally:
        crew.close()
        waker.close()
        wake.close()


@contextlib.contextmanager
def half_a_core() -> Iterator[None]:
    other = multiprocessing.get_context("spawn").Process(target=_burn, daemon=True)
    other.start()
    try:
        yield
    finally:
        other.kill()
        other.join()


def _burn() -> None:
    while True:
        end = time.monotonic() + 0.1
        while time.monotonic() < end:
            pass
        time.sleep(0.1)


def fastest(folder: Path) -> list[Bar]:
    """The search on the starter: its time, and its pick beside the best of the full grid, which comes after and so
    finds all prepared.
    """
    return _fastest(folder, "starter", starter.folder())


def fastest_large(folder: Path) -> list[Bar]:
    """The same on a BERT-base."""
    return _fastest(folder, "BERT-base", shapes.model("bert-base", folder))


def _fastest(folder: Path, name: str, place: Path) -> list[Bar]:
    with _home(folder):
        found, took_s = compared(folder=str(place), search=True, inputs=())
        whole, _ = compared(folder=str(place), inputs=(), seconds=1.0, cell_limit_s=120.0)
    assert found.winner is not None
    pick = found.cells[found.winner]
    agreed = [cell for cell in whole.cells if cell.verdict in ("baseline", "faster") and cell.p50_ms]
    best = min(agreed, key=_p50)
    again = [cell for cell in agreed if (cell.mode, cell.precision) == (pick.mode, pick.precision)]
    apart = _p50(again[0]) / _p50(best) if again else (best.speedup or 1.0) / (pick.speedup or 1.0)
    parts = {
        "pick": f"{pick.mode} {pick.precision} {pick.threads}",
        "best": f"{best.mode} {best.precision}",
        "speedups": [pick.speedup, best.speedup],
        "tried": [f"{cell.mode} {cell.precision}" for cell in found.cells if cell.n],
        "skipped": [f"{cell.mode} {cell.precision}: {cell.reason}" for cell in found.cells if not cell.n],
        "sentence": found.sentence,
    }
    return [
        Bar(f"find the fastest, {name}", took_s, "s", 180.0, None, parts),
        Bar(f"its pick over the best of the grid, {name}", apart, "times", 1.10, None, {}),
    ]


def twice(folder: Path) -> list[Bar]:
    """Two comparisons in a row: how far apart a cell's medians are, and whether cells change places surely."""
    with _home(folder):
        found = [compared(modes=CELLS, precisions=("fp32", "bf16", "int8-dynamic")) for _ in range(2)]
    (first, first_s), (second, second_s) = found
    pairs = [(one, two) for one, two in zip(first.cells, second.cells, strict=True) if one.p50_ms and two.p50_ms]
    apart = {f"{one.mode} {one.precision}": abs(_p50(one) / _p50(two) - 1) for one, two in pairs}
    swapped = sum(
        _surely_before(one, other) and _surely_before(after, before) for one, before in pairs for other, after in pairs
    )
    ran = [cell for cell in second.cells if cell.n]
    start_s = _start_s()
    measured_s = sum(sum(cell.samples_ms) / 1000 + (cell.first_ms or 0.0) / 1000 for cell in ran)
    prepared_s = sum(cell.prepare_s or 0.0 for cell in ran)
    cost = second_s / (measured_s + prepared_s + len(ran) * start_s)
    parts: dict[str, Any] = {
        "s": [first_s, second_s],
        "measured_s": measured_s,
        "prepared_s": prepared_s,
        "start_s": start_s,
    }
    parts |= {"machine": [one.machine for one in (first, second)], "doubts": [one.doubts for one in (first, second)]}
    parts["eager_ms"] = [one.cells[0].p50_ms for one in (first, second)]
    return [
        Bar(f"a comparison of {len(ran)} cells over its work and starts", cost, "times", 1.25, None, parts),
        Bar("medians of two comparisons apart", max(apart.values()), "of the median", 0.10, None, apart),
        Bar("cells that surely changed places", swapped, "pairs", 0, None, parts),
    ]


def _start_s() -> float:
    """What a process of a cell takes until it can begin."""
    took_s = []
    for _ in range(3):
        began = time.monotonic()
        words = [sys.executable, "-c", "from engine.models import load; load.warm_up_imports()"]
        subprocess.run(words, check=True)
        took_s.append(time.monotonic() - began)
    return sorted(took_s)[1]


def _p50(cell: CellResult) -> float:
    assert cell.p50_ms
    return cell.p50_ms


def _surely_before(one: CellResult, other: CellResult) -> bool:
    return bool(one.speedup_ci and other.speedup_ci and one.speedup_ci[0] > other.speedup_ci[1])


BENCHMARKS: dict[str, Callable[[Path], list[Bar]]] = {
    "same": same,
    "twice": twice,
    "fastest": fastest,
    "fastest-large": fastest_large,
}
