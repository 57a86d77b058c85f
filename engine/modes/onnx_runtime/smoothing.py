"""How the activations before a product are scaled so that int8 loses little: SmoothQuant, chosen by measured error.

A few channels of a transformer's activations are far larger than the others, and with one int8 scale for all of them
the others drown. Dividing channel j by s_j and multiplying row j of the weight by it changes nothing in exact numbers,
and moves a part of the spread into the weight, which has a scale for each column (Xiao et al., arXiv 2211.10438).
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

STRENGTHS = (0.65, 0.8, 0.9)
"""SmoothQuant's alpha: how much of the spread goes into the weight. 0.5 was worse than none for MiniLM."""

_WORTH = 0.75
"""Smoothing must bring the error below this share of the plain one: it costs a multiplication of the activations."""

_COLUMNS = 256
"""So many of a weight's columns are enough to tell settings apart."""

_FINE = 1e-5
"""A relative squared error that needs no smoothing (a cosine of 0.999995 of the product)."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """``scales`` [K]: s_j, None for all ones. ``static``: scale and zero point of the uint8 activations, None where
    they are found at each call. ``error``: squared, relative, of the products of the group.
    """

    scales: "Array | None"
    static: tuple[float, int] | None
    error: float


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Activations of a few texts. ``low``, ``high`` [K]: over all texts. ``rows``: of some texts, each [tokens, K]."""

    low: "Array"
    high: "Array"
    rows: tuple["Array", ...]


def choose(seen: Seen, weights: Sequence["Array"], static: bool, limit: int) -> Setting:
    """The setting with the smallest error for these weights [K, N]; none smoothed where that hardly helps."""
    plain = _setting(seen, weights, None, static, limit)
    if plain.error <= _FINE:
        return plain
    tried = [_setting(seen, weights, scales(seen, weights, strength), static, limit) for strength in STRENGTHS]
    best = min(tried, key=lambda setting: setting.error)
    return best if best.error < _WORTH * plain.error else plain


def scales(seen: Seen, weights: Sequence["Array"], strength: float) -> "Array":
    """s_j = max|X_j|^a / max|W_j|^(1 - a), with a geometric mean of one."""
    import numpy as np

    activation = np.maximum(np.maximum(np.abs(seen.low), np.abs(seen.high)), 1e-5)
    row = np.maximum(np.max([np.abs(values).max(axis=1) for values in weights], axis=0), 1e-5)
    logs = strength * np.log(activation) - (1 - strength) * np.log(row)
    found: Array = np.exp(logs - logs.mean()).astype(np.float32)
    return found


def quantised(values: "Array", limit: int) -> tuple["Array", "Array"]:
    """Whole numbers up to ``limit`` for a weight [K, N], as floats, and the scale of each column."""
    import numpy as np

    column = np.abs(values).max(axis=0) / limit
    column[column == 0] = 1
    return np.rint(values / column), column.astype(np.float32)


def _setting(seen: Seen, weights: Sequence["Array"], found: "Array | None", static: bool, limit: int) -> Setting:
    import numpy as np

    divide: Array = np.ones_like(seen.low) if found is None else found
    fixed = _range(float((seen.low / divide).min()), float((seen.high / divide).max())) if static else None
    wrong = right = 0.0
    for one in weights:
        values = one[:, :: max(1, one.shape[1] // _COLUMNS)]
        whole, column = quantised(values * divide[:, None], limit)
        for rows in seen.rows:
            scaled = rows / divide
            scale, zero = fixed or _range(float(scaled.min()), float(scaled.max()))
            rounded = (np.rint(scaled / scale) + zero).clip(0, 255) - zero
            exact = rows @ values
            wrong += float(np.square((rounded @ whole) * (scale * column) - exact).sum())
            right += float(np.square(exact).sum())
    return Setting(found, fixed, wrong / max(right, 1e-12))


def _range(low: float, high: float) -> tuple[float, int]:
    """Scale and zero point of uint8 over a range that holds zero, as DynamicQuantizeLinear finds them."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255 or 1.0
    return scale, round(-low / scale)
