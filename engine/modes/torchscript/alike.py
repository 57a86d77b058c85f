"""Does a traced graph answer as the model that it was traced from, at the same precision?"""

from collections.abc import Collection
from typing import Any

from engine.mode import FP32
from engine.models.tensors import Outputs

_TOLERANCE = 1e-3
"""In fp32: the largest difference, times the largest value where that is above one."""

_LEAST_COSINE = 0.999
"""Below fp32 fusing rounds at other places, so that numbers differ and directions do not."""


def alike(precision: str, expected: Outputs, got: Outputs, mask: Any, token_outputs: Collection[str]) -> bool:
    """``mask`` [batch, tokens] or None: padding counts for nothing in the outputs named in ``token_outputs``."""
    for name, value in expected.items():
        if name not in got or got[name].shape != value.shape:
            return False
        kept = mask.bool() if mask is not None and name in token_outputs else slice(None)
        one, other = value[kept].float(), got[name][kept].float()
        if not (_near(one, other) if precision == FP32.id else _same_direction(one, other)):
            return False
    return True


def _near(one: Any, other: Any) -> bool:
    limit = _TOLERANCE * max(1.0, float(one.abs().max()))
    return float((other - one).abs().max()) <= limit  # NaN is never the same


def _same_direction(one: Any, other: Any) -> bool:
    lengths = float(one.norm()) * float(other.norm())
    return float((one * other).sum()) >= _LEAST_COSINE * lengths and (lengths > 0 or bool((one == other).all()))
