"""A real model at every lower precision of every mode, on real texts: what random weights cannot tell."""

from pathlib import Path

import pytest

from engine.wire.messages import Catalogue
from tests.matrix import readme, table
from tests.matrix.cells import DIFFERENT, HAS_ALL, pairs, try_cell
from tests.matrix.conftest import TEXT, RealCells
from tests.talk import Talk

LOWER = [pair for pair in pairs() if pair[1] != "fp32"]
NATIVE = ("eager", "bf16")
"""What needs neither export nor compiling is tried every day."""

UNLIKE = ("Rain is expected.", "It will rain tonight.", TEXT, f"{TEXT} {TEXT} A cat sleeps.", "A cat sleeps.")


@pytest.mark.parametrize(
    ("mode", "precision"), [pytest.param(*pair, marks=() if pair == NATIVE else pytest.mark.slow) for pair in LOWER]
)
def test_real_texts_are_compared_at_every_lower_precision(real_cells: RealCells, mode: str, precision: str) -> None:
    outcome = real_cells(mode, precision)

    if outcome.kind == "works":
        assert outcome.sample is not None
        assert outcome.sample.n == 16
        # Half the bits must be right everywhere. An int8 that is not says so, and its speed counts for nothing.
        assert precision.startswith("int8") or outcome.sample.verdict == "same answers", outcome.sample


@pytest.mark.parametrize(
    ("mode", "precision"), [pytest.param(*pair, marks=() if pair == NATIVE else pytest.mark.slow) for pair in pairs()]
)
def test_texts_of_unlike_length_are_answered_as_eager_does(
    talk: Talk, real_cells: RealCells, starter_folder: Path, mode: str, precision: str
) -> None:
    fields = {"source_sentence": UNLIKE[0], "sentences": list(UNLIKE[1:])}
    if real_cells(mode, precision).kind != "works":
        pytest.skip(real_cells(mode, precision).why)
    outcome = try_cell(talk, starter_folder, "sentence-similarity", mode, precision, [fields])

    on_texts = real_cells(mode, precision).sample
    if on_texts is not None and on_texts.verdict == DIFFERENT:
        pytest.skip("it says that its answers differ")
    assert outcome.verdict != DIFFERENT, outcome


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not HAS_ALL, reason="README tells of a CPU with instructions for bf16 and int8")
def test_readme_has_the_agreement_that_was_found(real_cells: RealCells, catalogue: Catalogue) -> None:
    outcomes = {pair: real_cells(*pair) for pair in LOWER}

    readme.agrees("real text", table.of_real_text(outcomes), table.absent(catalogue))
