"""A script as a person would run it, far from the project."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy

KEEP = """
import numpy

found = []
for output, batch in zip(outputs, batches(), strict=True):
    mask = batch["attention_mask"].bool()  # what stands for padding means nothing
    found.append((output[mask] if output.shape[:2] == mask.shape else output).float().numpy())
numpy.savez(__file__ + ".npz", *found)
"""


def run(text: str, place: Path) -> tuple[float, list[Any]]:
    """The median in ms and the outputs of the script, run as a person would, far from the project."""
    place.write_text(text + KEEP, "utf-8")
    kept = ("PATH", "HOME", "HF_HOME", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "CC", "CXX", "SYSTEMROOT", "TEMP")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    words = [sys.executable, "-P", str(place)]
    done = subprocess.run(words, capture_output=True, timeout=250, cwd=place.parent, env=environment)
    assert done.returncode == 0, done.stderr.decode()
    told = re.search(r"median of \d+ calls: ([\d.]+) ms", done.stdout.decode())
    assert told, done.stdout
    with numpy.load(f"{place}.npz") as kept_outputs:
        return float(told[1]), list(kept_outputs.values())


def cosine(one: list[Any], other: list[Any]) -> float:
    a, b = (numpy.concatenate([part.ravel() for part in side]) for side in (one, other))
    return float(a @ b / numpy.linalg.norm(a) / numpy.linalg.norm(b))
