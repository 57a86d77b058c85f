"""``python -m tests.bench.one_mode SPEC``: one mode in a process of its own, beside eager fp32; prints JSON.

SPEC is a ``Spec`` as JSON. The mode prepares the model by its own ``prepare``, as in a run; what it returns is called
bare, in blocks of calls in turn with eager (and, where asked, with the same technique written by hand).
"""

import contextlib
import dataclasses
import json
import os
import random
import sys
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import torch

from engine.all_modes import MODES
from engine.cpu import read as cpu
from engine.evidence import flops
from engine.measure import memory, peaks
from engine.mode import Job, Prepared
from engine.models import calibration
from engine.models.arrays import arrays
from engine.models.calibration import Texts
from engine.models.facts import ModelFacts
from engine.models.load import warm_up_imports
from engine.models.look import look
from engine.store.artefacts import Shelf
from engine.task import agreement
from engine.wire.errors import FastpathError
from engine.wire.messages import Event
from engine.work import use_threads
from tests.bench import by_hand, shapes

HEAD = "FeatureExtraction"
EAGER = "eager"
BY_HAND = " by hand"
WARM_CALLS = 3
LEAST_ROUNDS, MOST_ROUNDS = 3, 40
SEED = 451720
BLOCK_S, LEAST_BLOCK, MOST_BLOCK = 0.25, 3, 20
"""A turn: so many calls in a row as fit into the time. As in a run, whose calls find their weights in the caches: one
call after eager's, which fills them with four times as many bytes, was twice as slow for a small model in int8.
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Spec:
    """``clock``: "cpu" (of the process) or "wall". ``seconds``: for each shape, at least ten rounds in any case."""

    mode: str
    precisions: tuple[str, ...]
    model: str
    threads: int
    shapes: tuple[str, ...] = ()
    clock: str = "wall"
    seconds: float = 10.0
    by_hand: bool = False
    agreement: bool = False
    work: bool = False
    memory: bool = False


Call = Callable[..., Mapping[str, Any]]


def main(spec: Spec) -> dict[str, Any]:
    """``refused``: by precision; ``ms``: by shape and subject, each round's; and what else was asked for."""
    warm_up_imports()
    use_threads(spec.threads)
    facts = look(Path(spec.model))
    sample = shapes.inputs(spec.shapes[0] if spec.shapes else "1x16")
    refused: dict[str, str] = {}
    if spec.memory:
        return _memory_of_preparing(spec, facts, sample)
    eager = _prepared(EAGER, "fp32", facts, spec.threads, sample)
    subjects: dict[str, Prepared] = {}
    for precision in spec.precisions:
        try:
            subjects[precision] = _prepared(spec.mode, precision, facts, spec.threads, sample)
        except FastpathError as error:
            refused[precision] = f"{error.what_happened} {error.details}".strip()
    found: dict[str, Any] = {"refused": refused, "ms": {}}
    for shape in spec.shapes:
        found["ms"][shape] = _measured(spec, eager, subjects, shapes.inputs(shape))
    if spec.agreement:
        found["agreement"] = {name: _agreement(facts, eager, subject) for name, subject in subjects.items()}
    if spec.work:
        found |= _work(spec, facts, subjects)
    return found


def _prepared(
    mode: str, precision: str, facts: ModelFacts, threads: int, sample: Mapping[str, torch.Tensor]
) -> Prepared:
    """Through the mode's own ``prepare``. Raises what it raises, or ValueError where something else ran."""
    job = Job(
        facts=facts,
        auto_class=HEAD,
        precision=precision,
        options={},
        threads=threads,
        sample=sample,
        artefacts=Shelf(f"{facts.content_key} {HEAD}", cpu.signature(cpu.facts())),
        calibration=Texts(facts, "", calibration.bundled("calibrate")),
    )
    prepared = _value(MODES[mode].prepare(job))
    if (prepared.mode, prepared.precision) != (mode, precision):
        raise ValueError(f"{mode} at {precision} was asked, {prepared.mode} at {prepared.precision} was prepared")
    return prepared


def _value(events: Generator[Event, None, Prepared]) -> Prepared:
    while True:
        try:
            next(events)
        except StopIteration as done:
            value: Prepared = done.value
            return value


def _measured(
    spec: Spec, eager: Prepared, subjects: Mapping[str, Prepared], inputs: Mapping[str, torch.Tensor]
) -> dict[str, list[float]]:
    """Milliseconds of each subject's calls, in turns of a block of calls each."""
    calls: dict[str, Call] = {EAGER: eager}
    for name, subject in subjects.items():
        for _ in subject.adapt(inputs):
            pass
        calls[name] = subject
    if spec.by_hand:
        for name in subjects:
            if make := by_hand.maker(spec.mode, name):
                calls[name + BY_HAND] = make(Path(spec.model), inputs, spec.threads)
    clock = time.process_time_ns if spec.clock == "cpu" else time.perf_counter_ns
    blocks = {name: _block(call, inputs) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    end = time.monotonic() + spec.seconds
    rounds = 0
    turns = list(calls)
    shuffle = random.Random(SEED).shuffle
    while rounds < LEAST_ROUNDS or (time.monotonic() < end and rounds < MOST_ROUNDS):
        shuffle(turns)  # who always follows eager would pay for what eager leaves behind
        for name in turns:
            call = calls[name]
            call(**inputs)  # the caches are its own from here on
            for _ in range(blocks[name]):
                began = clock()
                call(**inputs)
                samples[name].append((clock() - began) / 1e6)
        rounds += 1
    return samples


def _block(call: Call, inputs: Mapping[str, torch.Tensor]) -> int:
    """Warms up; returns how many calls a block has."""
    for _ in range(WARM_CALLS):
        began = time.perf_counter()
        call(**inputs)
        took_s = time.perf_counter() - began
    return max(LEAST_BLOCK, min(MOST_BLOCK, int(BLOCK_S / took_s)))


def _agreement(facts: ModelFacts, eager: Prepared, subject: Prepared) -> dict[str, Any]:
    """On the real texts that no setting was found on, by the rule of the precision that ran."""
    batches = Texts(facts, "", calibration.bundled("check")).batches()
    expected, given = ([arrays(model(**batch)) for batch in batches] for model in (eager, subject))
    found = agreement(subject.precision, expected, given, batches, [True] * len(batches))
    return {"cosine": found.cosine_worst, "verdict": found.verdict}


def _work(spec: Spec, facts: ModelFacts, subjects: Mapping[str, Prepared]) -> dict[str, Any]:
    """Floating-point operations of each shape, this machine's peaks, and the precision of the products as they ran."""
    counted = {shape: flops.count(facts, HEAD, [shapes.inputs(shape)]) for shape in spec.shapes}
    executed = {}
    for name, subject in subjects.items():
        told = subject.explain(shapes.inputs(spec.shapes[0])).precision_executed.get("linear", subject.precision)
        executed[name] = next((kind for kind in ("int8", "bf16", "fp32") if kind in told), "fp32")
    return {
        "flops": {shape: one.flops for shape, one in counted.items() if one},
        "peak_gflops": peaks.known_or_measured(spec.threads, cpu.signature(cpu.facts())).gflops,
        "executed": executed,
    }


def _memory_of_preparing(spec: Spec, facts: ModelFacts, sample: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Peak memory of this process, from its start to a first call of what was prepared."""
    (precision,) = spec.precisions
    try:
        prepared = _prepared(spec.mode, precision, facts, spec.threads, sample)
    except FastpathError as error:
        return {"refused": {precision: f"{error.what_happened} {error.details}".strip()}}
    prepared(**sample)
    return {"refused": {}, "peak_bytes": int(memory.peak_mb() * 1e6)}


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):  # libraries print, too
        document = main(msgspec.json.decode(sys.argv[1], type=Spec))
    print(json.dumps(document), flush=True)
    os._exit(0)  # threads of runtimes may linger; nothing is left to be written
