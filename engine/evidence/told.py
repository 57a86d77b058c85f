"""What a runtime tells of what it executed; ``engine.run.explain`` makes an ``Evidence`` of it."""

import dataclasses
from collections.abc import Mapping

KINDS = ("linear", "attention", "normalization", "activation", "embedding", "elementwise", "layout", "other")
"""Kinds of operators, in the order in which a person reads them. ``layout``: reorders, copies, conversions."""


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """``source``: where from, for a person ("oneDNN's log"). ``precision_executed``: by kind (``KINDS``), a precision
    or several as "int8, fp32". ``isa_executed``: ids of CPU features. ``time_share``: by kind, 1 in all.
    ``not_provable``: a sentence for each part that the runtime does not tell. ``details``: its own words.
    ``code_file``: the code that the mode generated, kept for viewing.
    """

    source: str
    ops_after: int | None = None
    fused: Mapping[str, int] = dataclasses.field(default_factory=dict)
    precision_executed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    isa_executed: tuple[str, ...] = ()
    time_share: Mapping[str, float] = dataclasses.field(default_factory=dict)
    not_provable: tuple[str, ...] = ()
    details: str = ""
    code_file: str = ""
