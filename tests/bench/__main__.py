"""``python -m tests.bench [NAME...]``: ratios measured in one run, as JSON with the conditions beside them.

Nothing else should run meanwhile. Progress goes to stderr, the document to stdout.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from engine.cpu import read as cpu
from engine.measure import environment
from tests.bench import cpu as cpu_bench
from tests.bench import engine, hub, models, window
from tests.bench.bars import Bar

BENCHMARKS = engine.BENCHMARKS | cpu_bench.BENCHMARKS | models.BENCHMARKS | hub.BENCHMARKS | window.BENCHMARKS


def main(words: list[str]) -> int:
    unknown = [word for word in words if word not in BENCHMARKS]
    if unknown:
        sys.stderr.write(f"No benchmark is named {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.\n")
        return 2
    facts = cpu.facts()
    conditions = environment.record(cpu.default_threads(facts), facts.brand)
    bars: list[Bar] = []
    with tempfile.TemporaryDirectory(prefix="fastpath-bench-") as folder:
        for name in words or BENCHMARKS:
            began = time.monotonic()
            sys.stderr.write(f"{name}...\n")
            home = Path(folder) / name
            home.mkdir()
            bars += BENCHMARKS[name](home)
            sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    conditions["load_1min_after"] = environment.load()
    document = {"schema": 1, "conditions": conditions, "benchmarks": [bar.told() for bar in bars]}
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
