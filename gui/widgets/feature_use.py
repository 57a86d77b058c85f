"""How a feature of the CPU stands, in a word and a mark: alike for chips and for the CPU page."""

from collections.abc import Collection
from typing import Literal

from engine.wire.values import Feature
from gui.widgets.mark import Shape

Use = Literal["used", "not seen", "not told", "usable", "refused", "missing"]

WORDS: dict[Use, str] = {
    "used": "used by the last run",
    "not seen": "no sign of it in the last run",
    "not told": "the last run does not tell whether it was used",
    "usable": "usable",
    "refused": "in the silicon, but not allowed",
    "missing": "not in this CPU",
}
SHAPES: dict[Use, tuple[Shape, str]] = {
    "used": ("disc", "accent"),
    "not seen": ("ring", "quiet"),
    "not told": ("none", "quiet"),
    "usable": ("ring", "quiet"),
    "refused": ("cross", "warn"),
    "missing": ("dash", "quiet"),
}
"""Mark and the theme's colour for it; ``not told`` is a question mark, which is written."""


def use_of(feature: Feature, ran: bool, used: Collection[str] | None) -> Use:
    """``used``: ids of the features that the last run showed evidence of; None where its runtime does not tell.

    ``ran`` is whether there was a run at all.
    """
    if not feature.present:
        return "missing"
    if not feature.usable:
        return "refused"
    if not ran:
        return "usable"
    if used is None:
        return "not told"
    return "used" if feature.id in used else "not seen"  # a kernel's name tells its best instructions, not all of them
