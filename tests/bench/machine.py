"""What BERT-base reaches of the machine: its share of the measured peak, and how far past the figures by hand."""

import dataclasses
import statistics
from collections.abc import Callable
from pathlib import Path

from engine.cpu import read as cpu
from tests.bench.bars import Bar
from tests.bench.children import agreements, counts, measure, modes_of_this_machine
from tests.bench.choice import Choice
from tests.bench.one_mode import EAGER, Spec
from tests.bench.precisions import SECONDS, measured, typical_ms
from tests.bench.shapes import model

PEAK_SHARE = 0.6
FULL = "8x128"
"""A batch without padding: what the machine can be asked for."""

AIMS = {"1x128": 5.0, "1x16": 8.5, "ragged": 7.5}
AIM_COSINE = 0.995
AIM_THREADS = 2
WAITING = {
    "the engine's": {},
    "libgomp's own": {"GOMP_SPINCOUNT": "", "OMP_WAIT_POLICY": ""},
    "passive": {"GOMP_SPINCOUNT": "", "OMP_WAIT_POLICY": "PASSIVE"},
}
"""How OpenMP's threads wait for the next call: eager is best by one here and by another there."""


def peak_share(home: Path, choice: Choice) -> list[Bar]:
    """GFLOP/s over the machine's measured peak at the precision that the products ran in; the best mode of each."""
    threads = cpu.default_threads(cpu.facts())
    wanted = dataclasses.replace(choice, modes=tuple(mode for mode, _ in modes_of_this_machine(choice)))
    agreed = agreements(wanted, home)
    shares: dict[str, dict[str, float]] = {}
    for mode, precisions in wanted.cells():
        spec = Spec(
            mode=mode,
            precisions=precisions,
            model=str(model("bert-base", home)),
            threads=threads,
            shapes=(FULL,),
            seconds=SECONDS["bert-base"],
            work=True,
        )
        found = measure(spec, home)
        for precision, executed in found.get("executed", {}).items():
            if counts(agreed.get((mode, precision))) and executed in found["peak_gflops"]:
                gflops = found["flops"][FULL] / statistics.median(found["ms"][FULL][precision]) / 1e6
                share = gflops / found["peak_gflops"][executed]
                shares.setdefault(executed, {})[f"{mode} {precision}"] = share
    return [
        Bar(
            f"share of the {executed} peak, BERT-base {FULL}",
            max(found.values()),
            "of the peak",
            at_least=PEAK_SHARE,
            parts={"threads": threads, **found},
        )
        for executed, found in shares.items()
    ]


def aims(home: Path, choice: Choice) -> list[Bar]:
    """The best int8 whose answers stay, over eager at its best, BERT-base with two threads: told, held to no bar."""
    modes = tuple(mode for mode, _ in modes_of_this_machine(choice))
    int8 = tuple(precision for precision in choice.precisions if precision.startswith("int8"))
    wanted = dataclasses.replace(choice, modes=modes, precisions=int8, models=("bert-base",), threads=(AIM_THREADS,))
    agreed = agreements(wanted, home)
    better = _eager_at_its_best(home)
    best: dict[str, tuple[float, str]] = dict.fromkeys(AIMS, (0.0, ""))
    for subject, runs in measured(home, wanted).items():
        if counts(agreed.get((subject.mode, subject.precision)), AIM_COSINE):
            ratio = statistics.median(run["ratio"] for run in runs) * better[subject.shape]
            best[subject.shape] = max(best[subject.shape], (ratio, f"{subject.mode} {subject.precision}"))
    return [
        Bar(f"int8 BERT-base {shape} 2t", ratio, "x eager at its best", aim=AIMS[shape], parts={"by": by})
        for shape, (ratio, by) in best.items()
    ]


def _eager_at_its_best(home: Path) -> dict[str, float]:
    """By shape, eager's time with the best way of waiting over that in the engine's environment: 1 or less.

    Ways of waiting are set as a process starts, so each has its own, in turn.
    """
    spec = Spec(EAGER, (), str(model("bert-base", home)), AIM_THREADS, tuple(AIMS), seconds=SECONDS["bert-base"])
    took: dict[str, dict[str, list[float]]] = {way: {shape: [] for shape in AIMS} for way in WAITING}
    for _ in range(2):
        for way, variables in WAITING.items():
            for shape, samples in measure(spec, home, variables=variables)["ms"].items():
                took[way][shape].append(typical_ms(samples[EAGER], "wall"))
    own = took["the engine's"]
    return {shape: min(min(took[way][shape]) for way in WAITING) / min(own[shape]) for shape in AIMS}


BENCHMARKS: dict[str, Callable[[Path, Choice], list[Bar]]] = {"peak-share": peak_share, "aims": aims}
