"""The table of a comparison."""

import csv
import io

from engine.report import rows
from tests.engine.report import made


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_one_row_a_cell_with_its_figures() -> None:
    found = read(rows.text(made.usual()))

    assert [row["mode"] for row in found] == [cell.mode for cell in made.usual().cells]
    assert float(found[1]["speedup"]) == 4
    assert float(found[1]["speedup_low"]) < 4 < float(found[1]["speedup_high"])
    assert found[1]["agreement_verdict"] == "same answers"
    assert found[3]["speedup"] == ""
    assert found[4]["reason"] == "It ended by SIGKILL."
    assert found[6]["isa_cap"] == "avx2"


def test_texts_stay_in_their_field_and_are_no_formulas() -> None:
    reason = '=cmd|"/C calc"!A0,\n"quoted"'
    comparison = made.comparison(made.baseline(reason=reason), model={"name": "@SUM(A1)"})
    (row,) = read(rows.text(comparison))

    assert row["reason"] == f"'{reason}"
    assert row["model"] == "'@SUM(A1)"
