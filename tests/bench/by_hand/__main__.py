"""``python -m tests.bench.by_hand MODE PRECISION...``: prints the worst cosine of each with the model's own outputs."""

import json
import sys
import tempfile
from pathlib import Path

import torch

from tests import short
from tests.bench import by_hand, shapes
from tests.bench.by_hand.plain_torch import load


def main(mode: str, precisions: list[str]) -> dict[str, float]:
    """On the starter's first layers, one row and a padded batch."""
    with tempfile.TemporaryDirectory() as place:
        return _worst(short.make(Path(place) / "starter"), mode, precisions)


def _worst(folder: Path, mode: str, precisions: list[str]) -> dict[str, float]:
    model = load(folder)
    worst = dict.fromkeys(precisions, 1.0)
    for shape in ("1x16", "ragged"):
        inputs = shapes.inputs(shape)
        kept = inputs["attention_mask"].bool()
        with torch.no_grad():
            expected = model(**inputs).last_hidden_state[kept].flatten()
        for precision in precisions:
            make = by_hand.maker(mode, precision)
            assert make, f"{mode} {precision} was not written by hand"
            given = make(folder, inputs, torch.get_num_threads())(**inputs)
            given = given if isinstance(given, torch.Tensor) else given["last_hidden_state"]
            cosine = torch.cosine_similarity(expected, given.float()[kept].flatten(), 0)
            worst[precision] = min(worst[precision], float(cosine))
    return worst


if __name__ == "__main__":
    found = main(sys.argv[1], sys.argv[2:])
    print(json.dumps(found))
