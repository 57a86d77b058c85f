"""A script takes as long as the cell it was made from. Held to the clock, so never beside other tests."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.report import script
from engine.wire.messages import Compare, Compared, Finished
from tests.engine.report.scripts import cosine, run
from tests.talk import only, talking

CELLS = [
    *(("eager", "fp32"), ("torchscript", "fp32"), ("better-transformer", "fp32")),
    *(("onnx-runtime", "int8-dynamic"), ("openvino", "int8-static")),
]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_scripts_take_as_long_as_the_cells_did(tmp_path: Path, starter_folder: Path) -> None:
    """Each cell is timed again when its script is, by a comparison just before: the machine may have changed."""
    inputs = ({"inputs": "A man is eating a piece of bread while he waits for the train to the coast."},)
    reference: list[Any] = []
    factors = {}
    with talking() as talk:
        for number, (mode, precision) in enumerate(CELLS):
            name = f"c{number}"
            talk.client.send(
                Compare(
                    id=name,
                    folder=str(starter_folder),
                    task="feature-extraction",
                    inputs=inputs,
                    modes=(mode,),
                    precisions=(precision,),
                    calls=60,
                    seconds=1.0,
                )
            )
            assert isinstance(talk.end(name, 400), Finished)
            found = only(talk.of(name), Compared).comparison
            found = msgspec.structs.replace(found, asked=found.asked or {"inputs": list(inputs)})
            place = next(
                place for place, cell in enumerate(found.cells) if (cell.mode, cell.precision) == (mode, precision)
            )
            median_ms, outputs = run(script.write(found, place)[0], tmp_path / f"{name}.py")
            reference = reference or outputs
            assert cosine(reference, outputs) > (0.9999 if precision == "fp32" else 0.99)
            factors[mode, precision] = median_ms / (found.cells[place].p50_ms or 0)

    assert {cell: factor for cell, factor in factors.items() if not 0.5 <= factor <= 2} == {}
