"""Every mode at every precision against eager fp32, and against the same technique written by hand."""

import dataclasses
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import figures
from tests.bench.bars import Bar
from tests.bench.children import agreements, counts, measure, modes_of_this_machine
from tests.bench.choice import Choice
from tests.bench.one_mode import BY_HAND, EAGER, Spec
from tests.bench.shapes import model

CLOCKS = {1: "cpu", 2: "wall"}
"""One thread: processor time, which other programs hardly disturb. Two: what a person waits for."""

SECONDS = {"minilm": 6.0, "bert-base": 15.0}
"""For each shape, at least ten rounds in any case."""

BY_HAND_AT_MOST = 1.05


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """One cell of the table at one model, shape and thread count."""

    mode: str
    precision: str
    model: str
    threads: int
    shape: str

    @property
    def name(self) -> str:
        return f"{self.mode} {self.precision} {self.model} {self.shape} {self.threads}t"


Ratios = dict[Subject, list[dict[str, float]]]
"""For each cell what each run found: ``ratio``, and the milliseconds that it is made of."""


def precisions(home: Path, choice: Choice) -> list[Bar]:
    """Speedup over eager fp32 with SDPA, at least 0.9 of what was reached by hand before there were modes."""
    choice = dataclasses.replace(choice, modes=tuple(mode for mode, _ in modes_of_this_machine(choice)))
    agreed = agreements(choice, home)
    bars = []
    for subject, runs in measured(home, choice).items():
        agreement = agreed.get((subject.mode, subject.precision))
        figure = figures.best(subject.mode, subject.precision, subject.model, subject.threads, subject.shape)
        needed = needed_ratio(subject, figure, choice.passive)
        ratios = [run["ratio"] for run in runs]
        value = reached(ratios) if counts(agreement) else 0.0
        parts = {"runs": runs, "by hand before": figure, "real text": agreement, "clock": CLOCKS[subject.threads]}
        bars.append(Bar(subject.name, value, "x eager", at_least=needed, parts=parts))
    return bars


def handwritten(home: Path, choice: Choice) -> list[Bar]:
    """The mode's call over a hand-written loop of the same technique, in turn in one process; the starter."""
    choice = dataclasses.replace(
        choice, models=("minilm",), modes=tuple(mode for mode, _ in modes_of_this_machine(choice))
    )
    bars = []
    for subject, runs in measured(home, choice, by_hand=True).items():
        values = [-run["of the one by hand"] for run in runs if "of the one by hand" in run]
        if values:
            bars.append(Bar(subject.name, -reached(values), "x by hand", BY_HAND_AT_MOST, parts={"runs": runs}))
    return bars


def measured(home: Path, choice: Choice, by_hand: bool = False) -> Ratios:
    """Each cell measured in two runs, and in a third where ``choice`` allows it."""
    found: Ratios = {}
    for threads in choice.threads:
        for name in choice.models:
            for mode, wanted in choice.cells():
                for _ in range(choice.runs):
                    spec = Spec(
                        mode=mode,
                        precisions=wanted,
                        model=str(model(name, home)),
                        threads=threads,
                        shapes=figures.SHAPES,
                        clock=CLOCKS[threads],
                        seconds=SECONDS[name],
                        by_hand=by_hand,
                    )
                    sys.stderr.write(f"  {mode} {name} {threads}t\n")
                    _add(found, spec, name, measure(spec, home, choice.passive)["ms"])
    return found


def _add(found: Ratios, spec: Spec, name: str, told: dict[str, dict[str, list[float]]]) -> None:
    for shape, samples in told.items():
        typical = {subject: typical_ms(ms, spec.clock) for subject, ms in samples.items()}
        for precision in spec.precisions:
            if precision not in typical or (spec.mode, precision, spec.by_hand) == (EAGER, "fp32", False):
                continue
            ms = typical[precision]
            run = {"ratio": typical[EAGER] / ms, "eager_ms": typical[EAGER], "mode_ms": ms}
            if precision + BY_HAND in typical:
                run |= {"by_hand_ms": (hand := typical[precision + BY_HAND]), "of the one by hand": ms / hand}
            found.setdefault(Subject(spec.mode, precision, name, spec.threads, shape), []).append(run)


def typical_ms(samples: Sequence[float], clock: str) -> float:
    """Of processor time the tenth percentile, of wall time the median."""
    return sorted(samples)[len(samples) // 10] if clock == "cpu" else statistics.median(samples)


def reached(values: Sequence[float]) -> float:
    """What two of three runs reach; of one run, what it reached."""
    return sorted(values, reverse=True)[min(1, len(values) - 1)]


def needed_ratio(subject: Subject, figure: float | None, passive: bool) -> float | None:
    """The bar; at two threads without the handicap that eager had when the figure was taken."""
    if figure is None:
        return None
    handicap = figures.PASSIVE_SLOWS_EAGER[subject.model] if subject.threads > 1 and not passive else 1
    return figures.SHARE * figure / handicap


BENCHMARKS: dict[str, Callable[[Path, Choice], list[Bar]]] = {"precisions": precisions, "handwritten": handwritten}
"""Each takes the part of it that is wanted."""
