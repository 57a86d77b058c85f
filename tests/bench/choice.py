"""Which part of a benchmark is wanted: ``precisions:openvino,minilm,1-thread,once`` names each part after the colon."""

import dataclasses
from collections.abc import Sequence

from engine.all_modes import MODES
from engine.mode import BF16, BF16_AUTOCAST, FP32, INT8_DYNAMIC, INT8_STATIC, INT8_WEIGHTS
from tests.bench.shapes import MODELS

PRECISIONS = tuple(card.id for card in (FP32, BF16, BF16_AUTOCAST, INT8_DYNAMIC, INT8_STATIC, INT8_WEIGHTS))
THREADS = {"1-thread": 1, "2-threads": 2}
RUNS = 3
ONCE, PASSIVE = "once", "passive"


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """``runs``: at most so many of each. ``passive``: OpenMP's threads never spin, as the figures were once taken."""

    modes: tuple[str, ...]
    precisions: tuple[str, ...]
    models: tuple[str, ...]
    threads: tuple[int, ...]
    runs: int = RUNS
    passive: bool = False

    def cells(self) -> list[tuple[str, tuple[str, ...]]]:
        """Each mode with its precisions that are wanted: those that its card has."""
        found = []
        for mode in self.modes:
            cards = [card.id for card in MODES[mode].card.precisions if card.available]
            if wanted := tuple(precision for precision in cards if precision in self.precisions):
                found.append((mode, wanted))
        return found


def read(words: Sequence[str]) -> Choice:
    """Of each sort that no word names, everything. Raises ValueError for a word of no sort."""
    known = (*MODES, *PRECISIONS, *MODELS, *THREADS, ONCE, PASSIVE)
    if unknown := [word for word in words if word not in known]:
        raise ValueError(f"There is nothing named {', '.join(unknown)}. There are: {', '.join(known)}.")
    return Choice(
        modes=tuple(mode for mode in MODES if mode in words) or tuple(MODES),
        precisions=tuple(precision for precision in PRECISIONS if precision in words) or PRECISIONS,
        models=tuple(model for model in MODELS if model in words) or MODELS,
        threads=tuple(count for word, count in THREADS.items() if word in words) or tuple(THREADS.values()),
        runs=1 if ONCE in words else RUNS,
        passive=PASSIVE in words,
    )
