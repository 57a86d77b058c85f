"""What a system tells of its CPU, before limits and memory."""

import dataclasses

from engine.cpu.topology import Cores
from engine.wire.values import Feature


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """``caches``: bytes of each level in all."""

    brand: str
    features: tuple[Feature, ...]
    cores: Cores
    caches: dict[str, int]
