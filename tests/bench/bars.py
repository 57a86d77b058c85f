"""A measured value and the bar it is held against."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Bar:
    """``value`` in ``unit`` should be at most ``at_most``, or at least ``at_least``; where there is neither it is told
    alone. ``aim`` is better still. ``parts``: what it was made of.
    """

    name: str
    value: float
    unit: str
    at_most: float | None = None
    aim: float | None = None
    parts: dict[str, Any] = dataclasses.field(default_factory=dict)
    at_least: float | None = None

    def told(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"within": self.within}

    @property
    def within(self) -> bool | None:
        if self.at_most is not None:
            return self.value <= self.at_most
        return None if self.at_least is None else self.value >= self.at_least
