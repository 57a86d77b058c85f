"""What is written by hand gives the model's answers too, or a benchmark against it would tell nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TECHNIQUES = {
    "eager": ("fp32", "bf16", "bf16-autocast", "int8-dynamic"),
    "torchscript": ("fp32", "bf16"),
    "torch-compile": ("fp32", "bf16", "int8-dynamic"),
    "better-transformer": ("fp32", "bf16", "int8-dynamic"),
    "onnx-runtime": ("fp32", "int8-dynamic", "int8-static", "int8-weights"),
    "openvino": ("fp32", "bf16", "int8-dynamic", "int8-static", "int8-weights"),
}
LEAST_COSINE = {"fp32": 0.99999, "bf16": 0.999, "bf16-autocast": 0.999}
LEAST_INT8 = 0.8
"""Naive int8 is no better on a small real model; whether a mode's own is, its agreement tells."""

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", TECHNIQUES)
def test_by_hand_answers_as_the_model_does(mode: str) -> None:
    command = [sys.executable, "-m", "tests.bench.by_hand", mode, *TECHNIQUES[mode]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    worst = json.loads(done.stdout.splitlines()[-1])

    assert set(worst) == set(TECHNIQUES[mode])
    for precision, cosine in worst.items():
        assert cosine >= LEAST_COSINE.get(precision, LEAST_INT8), (precision, cosine)
