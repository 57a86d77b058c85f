"""Where a roofline's parts go: two logarithmic scales, and names that do not lie upon each other. No painting."""

import dataclasses
import itertools
import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF

from engine.wire.values import MachinePeaks
from gui.run_state import Point

ROOM = 1.6
"""Above the highest, as a factor."""

NAME_GAP_PX = 14
"""From a point to its name."""

MARK_PX = 5
"""Half of what a point takes, which no name may lie upon."""

STEP_PX = 2
"""A name gives way by so much at a time."""


@dataclasses.dataclass(frozen=True, slots=True)
class Scale:
    """From ``low`` to ``high`` in operations a byte (x) and GFLOP/s (y), onto ``plot``."""

    plot: QRectF
    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, intensity: float) -> float:
        share = math.log(intensity / self.x_low) / math.log(self.x_high / self.x_low)
        return self.plot.left() + share * self.plot.width()

    def y(self, gflops: float) -> float:
        share = math.log(gflops / self.y_low) / math.log(self.y_high / self.y_low)
        return self.plot.bottom() - share * self.plot.height()

    def at(self, intensity: float, gflops: float) -> QPointF:
        return QPointF(self.x(intensity), self.y(gflops))


def scale_of(peaks: MachinePeaks, points: Sequence[Point], plot: QRectF) -> Scale:
    """Holds all points, and of each roof both the slope and the level part."""
    ridges = [gflops / peaks.bandwidth_gb_s for gflops in peaks.gflops.values()]
    intensities = [point.intensity for point in points]
    x_low = min([min(ridges) / 8, *(one / 2 for one in intensities)])
    x_high = max([max(ridges) * 4, *(one * 2 for one in intensities)])
    rates = [point.gflops for point in points]
    y_high = max([*peaks.gflops.values(), *rates]) * ROOM
    y_low = min([min(peaks.gflops.values()) / 20, *(one / 2 for one in rates)])
    return Scale(plot, x_low, x_high, y_low, y_high)


def ticks(low: float, high: float) -> list[float]:
    """Powers of ten; of a scale that is short, also twice and five times as much."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1.0, 2.0, 5.0) if high / low <= 100 else (1.0, 3.0) if high / low < 1_000 else (1.0,)
    return [step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high * 1.001]


def spread(middles: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """The same middles moved as little as needed to stand ``apart``, in their order, between ``low`` and ``high``."""
    order = sorted(range(len(middles)), key=lambda place: middles[place])
    moved = [min(max(middle, low), high) for middle in middles]
    for before, after in itertools.pairwise(order):
        moved[after] = max(moved[after], moved[before] + apart)
    if order and moved[order[-1]] > high:
        moved[order[-1]] = high
        for after, before in itertools.pairwise(reversed(order)):
            moved[before] = min(moved[before], moved[after] - apart)
    return moved


def names_at(
    scale: Scale, points: Sequence[Point], widths: Sequence[float], height: float, avoided: Sequence[QRectF] = ()
) -> list[QRectF]:
    """A box for the name of each point, right of it where there is room and else left; as near as it can be without
    lying upon another name or point, or what is to be ``avoided``.
    """
    spots = [scale.at(point.intensity, point.gflops) for point in points]
    marks = [QRectF(spot.x() - MARK_PX, spot.y() - MARK_PX, 2 * MARK_PX, 2 * MARK_PX) for spot in spots]
    boxes: dict[int, QRectF] = {}
    order = sorted(range(len(points)), key=lambda one: spots[one].y())
    for place in order:
        column = _column(spots, place)
        right = all(spots[one].x() + NAME_GAP_PX + widths[one] <= scale.plot.right() for one in column)
        edge = spots[place].x() + (NAME_GAP_PX if right else -NAME_GAP_PX - widths[place])
        box = QRectF(max(scale.plot.left(), edge), spots[place].y() - height / 2, widths[place], height)
        above = max((boxes[one].bottom() for one in column if one in boxes), default=scale.plot.top())
        taken = [*boxes.values(), *marks, *avoided]
        # Under the name of the point above, or hairlines would cross; where there is no room, anywhere.
        boxes[place] = (
            _free(box, spots[place].y(), above, scale, taken)
            or _free(box, spots[place].y(), scale.plot.top(), scale, taken)
            or box
        )
    return [boxes[place] for place in range(len(points))]


def _column(spots: Sequence[QPointF], place: int) -> list[int]:
    """The points that stand over or under one."""
    return [one for one, spot in enumerate(spots) if abs(spot.x() - spots[place].x()) <= NAME_GAP_PX]


def _free(box: QRectF, wanted: float, above: float, scale: Scale, taken: Sequence[QRectF]) -> QRectF | None:
    """``box`` with its middle as near to ``wanted`` as is free under ``above``; None where nothing is."""
    half = box.height() / 2
    low, high = above + half, scale.plot.bottom() - half
    for step in range(2 * int(scale.plot.height()) // STEP_PX):
        away = (step + 1) // 2 * STEP_PX * (1 if step % 2 else -1)
        found = QRectF(box.left(), wanted + away - half, box.width(), box.height())
        if low <= wanted + away <= high and not any(found.intersects(other) for other in taken):
            return found
    return None
