"""How sure a ratio of two medians is: a bootstrap over rounds.

Calls of one round share what the machine did meanwhile, so they are no independent draws: rounds are drawn, whole and
for both sides at once (the cluster bootstrap of Davison and Hinkley, Bootstrap Methods, section 3.8).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAWS = 2000
CONFIDENCE = 0.95
_SEED = 451720


def interval(numerator: Sequence[Sequence[float]], denominator: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Of the median of ``numerator`` over that of ``denominator``, each a list of rounds of samples; the rounds of both
    belong together, so there are as many. Deterministic.
    """
    import numpy as np

    rounds = len(numerator)
    drawn = np.random.default_rng(_SEED).integers(rounds, size=(DRAWS, rounds))
    ratios = _medians(numerator, drawn) / _medians(denominator, drawn)
    low, high = np.quantile(ratios, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _medians(rounds: Sequence[Sequence[float]], drawn: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """The median of all samples of the drawn rounds, for each draw: the smallest sample that half of them reach.

    A round counts by its number of samples. Found by halving over the ordered samples, for all draws at once.
    """
    import numpy as np

    values = np.concatenate([np.asarray(each, dtype=np.float64) for each in rounds])
    owner = np.repeat(np.arange(len(rounds)), [len(each) for each in rounds])
    order = np.argsort(values, kind="stable")
    below = np.zeros((len(values), len(rounds)), dtype=np.int64)  # of each round, among the first samples
    below[np.arange(len(values)), owner[order]] = 1
    np.cumsum(below, axis=0, out=below)
    weights = (drawn[:, :, None] == np.arange(len(rounds))).sum(1)
    half = (weights @ below[-1] + 1) // 2
    low, high = np.zeros(len(drawn), dtype=np.int64), np.full(len(drawn), len(values) - 1)
    while (low < high).any():
        middle = (low + high) // 2
        reached = np.einsum("ij,ij->i", weights, below[middle]) >= half
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
    return values[order][low]
