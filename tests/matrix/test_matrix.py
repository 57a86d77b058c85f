"""Every family in every mode at every precision: it gives eager's answer, or says why it does not run.

Random weights prove the code, not the quality of a precision: ``test_real_model`` and ``test_classifier`` judge that.
"""

import pytest

from engine.wire.messages import Catalogue
from tests.matrix import readme, table
from tests.matrix.cells import DIFFERENT, HAS_ALL, pairs
from tests.matrix.conftest import Cells
from tests.tiny import ALL_FAMILIES

EVERYDAY = ("bert", "distilbert")
LONG = ("torch-compile", "int8-static")
"""Compiling and calibrating take many seconds a cell."""


def _cell(family: str, mode: str, precision: str) -> object:
    slow = family not in EVERYDAY or mode in LONG or precision in LONG
    return pytest.param(family, mode, precision, marks=pytest.mark.slow if slow else ())


@pytest.mark.parametrize(
    ("family", "mode", "precision"), [_cell(family, *pair) for family in ALL_FAMILIES for pair in pairs()]
)
def test_cell_answers_as_eager_does_or_says_why_not(cells: Cells, family: str, mode: str, precision: str) -> None:
    outcome = cells(family, mode, precision)

    assert outcome.verdict != DIFFERENT, outcome
    assert (outcome.kind == "works") != bool(outcome.why), outcome


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not HAS_ALL, reason="README tells of a CPU with instructions for bf16 and int8")
def test_readme_has_the_table_that_was_found(cells: Cells, catalogue: Catalogue) -> None:
    outcomes = {(family, *pair): cells(family, *pair) for family in ALL_FAMILIES for pair in pairs()}

    readme.agrees("matrix", table.of_families(outcomes), table.absent(catalogue))
