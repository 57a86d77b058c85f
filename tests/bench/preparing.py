"""How much memory preparing a model takes, in each mode at each precision: of the weights, beside the runtime's own."""

from collections.abc import Callable
from pathlib import Path

from engine.cpu import read as cpu
from tests import tiny
from tests.bench.bars import Bar
from tests.bench.children import measure, modes_of_this_machine
from tests.bench.choice import Choice
from tests.bench.one_mode import Spec
from tests.bench.shapes import model

AT_MOST = 3.0
VOCABULARY = 30522
"""Of both models, since both read the same tokens."""


def preparing(home: Path, choice: Choice) -> list[Bar]:
    """Peak of a fresh process that prepares BERT-base's shape, less that for a tiny model, over the weights' bytes.

    Each with a data folder of its own, so that everything is made and nothing lies ready. Of a C++ compiler, which is
    a process of its own, nothing is in it.
    """
    threads = cpu.default_threads(cpu.facts())
    large = model("bert-base", home)
    weights_bytes = (large / "model.safetensors").stat().st_size
    small = tiny.make("bert", "FeatureExtraction", home / "tiny", vocab_size=VOCABULARY)
    bars = []
    for mode, precisions in modes_of_this_machine(choice):
        for precision in precisions:
            peaks = {}
            for name, folder in (("tiny", small), ("bert-base", large)):
                own = home / mode / precision / name
                own.mkdir(parents=True)
                spec = Spec(mode, (precision,), str(folder), threads, memory=True)
                peaks[name] = measure(spec, own).get("peak_bytes")
            if peaks["tiny"] and peaks["bert-base"]:
                value = (peaks["bert-base"] - peaks["tiny"]) / weights_bytes
                parts = {"peak_bytes": peaks, "weights_bytes": weights_bytes, "threads": threads}
                bars.append(Bar(f"memory of preparing, {mode} {precision}", value, "x weights", AT_MOST, parts=parts))
    return bars


BENCHMARKS: dict[str, Callable[[Path, Choice], list[Bar]]] = {"preparing": preparing}
