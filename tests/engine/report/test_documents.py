"""The document of a comparison, held against what is written of it in docs/comparison-json.md."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from engine import report
from tests.engine.report import made

PAGE = Path(__file__).parents[3] / "docs" / "comparison-json.md"


def names_under(heading: str) -> list[str]:
    section = PAGE.read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(report.content(made.usual(), "json"))
    return found


def test_every_name_is_described_and_no_other(document: dict[str, Any]) -> None:
    assert sorted(names_under("The document")) == sorted(document)
    for cell in document["cells"]:
        assert sorted(names_under("A cell")) == sorted(cell)
    assert sorted(names_under("The agreement")) == sorted(document["cells"][0]["agreement"])
    assert sorted(names_under("The winner")) == sorted(document["winner"])


def test_it_says_what_was_found(document: dict[str, Any]) -> None:
    assert document["schema"] == 1
    assert document["winner"]["cell"] == 1
    assert document["cells"][1]["speedup_ci"] == pytest.approx([3.88, 4.12])
    assert document["cells"][1]["isa_cap"] is None
    assert document["cells"][6]["isa_cap"] == "avx2"
    assert document["cells"][4]["agreement"] == {"verdict": "not checked"}
    assert len(document["cells"][0]["samples_ms"]) == 40


def test_a_comparison_without_a_winner_has_an_empty_one() -> None:
    assert json.loads(report.content(made.comparison(made.baseline()), "json"))["winner"] == {}


def test_figures_that_are_no_numbers_are_null() -> None:
    broken = made.comparison(made.baseline(), made.cell("openvino", "fp32", 3.0, speedup=float("nan")))

    assert json.loads(report.content(broken, "json"))["cells"][1]["speedup"] is None
