"""The tables in README.md: written where FASTPATH_WRITE_MATRIX=1 asks for it, else held against what was found."""

import os
import re
from pathlib import Path

from tests.matrix.table import parsed

README = Path(__file__).parents[2] / "README.md"


def agrees(name: str, found: str, without: frozenset[str]) -> None:
    """Between the comments ``name: begin`` and ``name: end``. Cells must be the same, but for the digits of figures.

    ``without``: titles of modes that cannot be tried on this computer; those are left as they are told.
    """
    text = README.read_text(encoding="utf-8")
    place = re.compile(rf"(<!-- {name}: begin[^\n]*-->\n).*?(\n<!-- {name}: end -->)", re.S)
    told = place.search(text)
    assert told, f"README.md has no place for the table {name!r}"
    if os.environ.get("FASTPATH_WRITE_MATRIX") == "1":
        README.write_text(place.sub(lambda marks: f"{marks[1]}\n{found}\n{marks[2]}", text), encoding="utf-8")
        return
    remedy = "README.md tells something else; `python3 tasks.py matrix` writes it anew"
    assert parsed(told[0], without) == parsed(found, without), remedy
