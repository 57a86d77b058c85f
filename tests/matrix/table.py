"""Outcomes as tables that people read: Markdown, the reasons as numbered notes below."""

import re
from collections.abc import Mapping

from engine.all_modes import MODES
from engine.mode import Mode
from engine.models.families import ENCODERS
from engine.wire.messages import Catalogue
from tests.matrix.cells import DIFFERENT, Outcome

Key = tuple[str, str, str]
"""Family (or model), mode, precision."""

NOTE = re.compile(r"\((\d+)\)")
NONE = "–"


def of_families(outcomes: Mapping[Key, Outcome]) -> str:
    """One row a family, one column a mode; ``all``: every precision that the mode has."""
    notes = _Notes()
    families = list(dict.fromkeys(family for family, _, _ in outcomes))
    modes = [mode for mode in MODES if any(key[1] == mode for key in outcomes)]
    rows = [["precisions", *(", ".join(_has(MODES[mode])) for mode in modes)]]
    rows += [
        [f"**{ENCODERS[family].title}**", *(_cell(outcomes, family, mode, notes) for mode in modes)]
        for family in families
    ]
    rows.append(["worst cosine", *(_worst(outcomes, mode) for mode in modes)])
    parts = [_markdown(["", *(MODES[mode].card.title for mode in modes)], rows), notes.told(), _lacking()]
    return "\n\n".join(part for part in parts if part)


def of_real_text(outcomes: Mapping[tuple[str, str], Outcome]) -> str:
    """One row a mode, one column a precision: the worst cosine on real texts, and the verdict where it is not good."""
    notes = _Notes()
    precisions = list(dict.fromkeys(card.id for mode in MODES.values() for card in mode.card.precisions))[1:]
    rows = []
    for mode_id, mode in MODES.items():
        cells = [_judged(outcomes.get((mode_id, precision)), notes) for precision in precisions]
        if any(cell != NONE for cell in cells):
            rows.append([mode.card.title, *cells])
    return "\n\n".join(part for part in (_markdown(["", *precisions], rows), notes.told()) if part)


def absent(catalogue: Catalogue) -> frozenset[str]:
    """The titles of modes that cannot run on this computer, as they stand above columns or before rows."""
    return frozenset(card.title for card in catalogue.modes if not card.available)


def parsed(text: str, without: frozenset[str] = frozenset()) -> dict[tuple[str, str], str]:
    """The cells of a table by row and column, notes in place of their numbers, digits of figures as ``#``.

    ``without``: titles of columns and rows that are left out. Sentences below the table come as cells of their own.
    """
    lines = text.splitlines()
    notes = {found.group(1): line for line in lines if (found := NOTE.match(line))}
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    cells = {}
    for row in table[2:]:
        for title, cell in zip(table[0][1:], row[1:], strict=True):
            if title not in without and row[0] not in without:
                told = NOTE.sub(lambda found: NOTE.sub("", notes.get(found.group(1), "")), cell)
                cells[row[0], title] = re.sub(r"\d\.\d+", "#", told)
    sentences = (line for line in lines if line.startswith("- "))
    return cells | {("", line): "" for line in sentences if not any(line.startswith(f"- {name},") for name in without)}


def _has(mode: Mode) -> list[str]:
    return [precision.id for precision in mode.card.precisions if precision.available]


def _cell(outcomes: Mapping[Key, Outcome], family: str, mode: str, notes: "_Notes") -> str:
    found = {precision: outcomes[family, mode, precision] for precision in _has(MODES[mode])}
    works = [precision for precision, outcome in found.items() if outcome.kind == "works"]
    others = dict.fromkeys(notes.number(outcome) for outcome in found.values() if outcome.kind != "works")
    if not others:
        return "all"
    return " ".join([", ".join(works) or NONE, *others])


def _worst(outcomes: Mapping[Key, Outcome], mode: str) -> str:
    told = []
    for precision in _has(MODES[mode]):
        found = [o.cosine_worst for key, o in outcomes.items() if key[1:] == (mode, precision) and o.kind == "works"]
        if found:
            told.append(f"{precision} {_floor(min(found))}")
    return ", ".join(told) or NONE


def _judged(outcome: Outcome | None, notes: "_Notes") -> str:
    if outcome is None:
        return NONE
    if outcome.kind != "works" or outcome.sample is None:
        return f"{NONE} {notes.number(outcome)}"
    cosine = _floor(outcome.sample.cosine_worst)
    return f"{cosine} **{DIFFERENT}**" if outcome.sample.verdict == DIFFERENT else cosine


def _floor(cosine: float) -> str:
    """Four decimals, never rounded up: 1.0000 is said of nothing that differs."""
    return f"{int(cosine * 10_000 + 1e-4) / 10_000:.4f}"


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows))


def _lacking() -> str:
    """The precisions that modes do not have, with their reasons."""
    lines = [
        f"- {mode.card.title}, {precision.id}: {precision.reason}"
        for mode in MODES.values()
        for precision in mode.card.precisions
        if not precision.available
    ]
    if not lines:
        return ""
    return "\n".join(
        ["<details><summary>Precisions that a mode does not have, and why</summary>\n", *lines, "</details>"]
    )


class _Notes:
    """Numbers for reasons, in the order in which they come."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def number(self, outcome: Outcome) -> str:
        number = self._known.setdefault(f"{outcome.kind}: {outcome.why}", len(self._known) + 1)
        return f"({number})"

    def told(self) -> str:
        """A hard line break after each, so that they stand below each other."""
        return "  \n".join(f"({number}) {reason}" for reason, number in self._known.items())
