"""``python -m tests.bench [NAME...]``: ratios measured in one run, as JSON with the conditions beside them.

Those of modes and precisions can be asked for a part: ``precisions:openvino,minilm,1-thread,once``; see ``choice``.
Nothing else should run meanwhile. Progress goes to stderr, the document to stdout.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engine import folders
from engine.cpu import read as cpu
from engine.measure import environment
from tests.bench import choice, comparing, engine, hub, library, machine, models, precisions, preparing, window
from tests.bench import cpu as cpu_bench
from tests.bench.bars import Bar

WHOLE = engine.BENCHMARKS | cpu_bench.BENCHMARKS | models.BENCHMARKS | hub.BENCHMARKS | window.BENCHMARKS
WHOLE |= comparing.BENCHMARKS | library.BENCHMARKS
IN_PARTS = precisions.BENCHMARKS | machine.BENCHMARKS | preparing.BENCHMARKS


def main(words: list[str]) -> int:
    try:
        chosen = {word: _benchmark(word) for word in words or [*WHOLE, *IN_PARTS]}
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    facts = cpu.facts()
    conditions = environment.record(cpu.default_threads(facts), facts.brand)
    bars: list[Bar] = []
    with tempfile.TemporaryDirectory(prefix="fastpath-bench-") as folder:
        for number, (word, measure) in enumerate(chosen.items()):
            began = time.monotonic()
            sys.stderr.write(f"{word}...\n")
            home = Path(folder) / str(number)
            home.mkdir()
            bars += measure(home)
            sys.stderr.write(f"{word}: {time.monotonic() - began:.0f} s\n")
    conditions["load_1min_after"] = environment.load()
    document = {"schema": 1, "conditions": conditions, "benchmarks": [bar.told() for bar in bars]}
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    return 0


def _benchmark(word: str) -> Callable[[Path], list[Bar]]:
    """From NAME, or NAME:PART,PART. Raises ValueError for what there is not."""
    name, _, part = word.partition(":")
    if name in IN_PARTS:
        wanted = choice.read(part.split(",") if part else ())
        installed = folders.part("runtimes")

        def measure(home: Path) -> list[Bar]:
            os.environ["FASTPATH_HOME"] = str(home)  # nothing of it goes to the person's data
            if any(installed.iterdir()):
                (home / installed.name).symlink_to(installed, target_is_directory=True)
            return IN_PARTS[name](home, wanted)

        return measure
    if word not in WHOLE:
        raise ValueError(f"No benchmark is named {word}. There are: {', '.join([*WHOLE, *IN_PARTS])}.")
    return WHOLE[word]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
