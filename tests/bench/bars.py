"""A measured value and the bar it is held against."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Bar:
    """``value`` in ``unit`` should be at most ``at_most``; ``aim`` is better still. ``parts``: what it was made of."""

    name: str
    value: float
    unit: str
    at_most: float
    aim: float | None = None
    parts: dict[str, Any] = dataclasses.field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"within": self.value <= self.at_most}
