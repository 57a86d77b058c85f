"""The JSON documents that leave the program: what ``--json`` prints and what a report's file holds. Names stay."""

from typing import Any

import msgspec

from engine.wire.comparison import CellResult, Comparison
from engine.wire.values import Agreement

SCHEMA = 1
"""Raised when a name goes or changes its meaning; new names may come without."""


def complete(value: Any) -> Any:
    """A message's value as plain dictionaries, with every field (the wire leaves defaults out)."""
    if isinstance(value, msgspec.Struct):
        return {name: complete(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list | tuple):
        return [complete(item) for item in value]
    if isinstance(value, dict):
        return {key: complete(item) for key, item in value.items()}
    return value


def comparison(found: Comparison) -> dict[str, Any]:
    """The document of ``fastpath compare``, described in docs/comparison-json.md. A cell that did not run has every
    name too, most of them empty.
    """
    winner = None if found.winner is None else {"cell": found.winner} | _named(found.cells[found.winner])
    whole: dict[str, Any] = complete(found)
    return {"schema": SCHEMA} | whole | {"cells": [_cell(cell) for cell in found.cells], "winner": winner or {}}


def agreement(found: Agreement | None) -> dict[str, Any]:
    """Every field, or the verdict "not checked" alone."""
    whole: dict[str, Any] = complete(found) if found else {"verdict": "not checked"}
    return whole


def _cell(cell: CellResult) -> dict[str, Any]:
    whole: dict[str, Any] = complete(cell)
    return whole | {"isa_cap": cell.isa_cap or None, "agreement": agreement(cell.agreement)}


def _named(cell: CellResult) -> dict[str, Any]:
    found = {name: getattr(cell, name) for name in ("mode", "precision", "threads", "batch", "speedup")}
    return found | {"isa_cap": cell.isa_cap or None}
