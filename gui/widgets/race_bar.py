"""One row of a race, and how its bar is painted."""

import dataclasses
from typing import Literal

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui import theme
from gui.widgets.race_scale import Scale

Look = Literal["base", "faster", "plain", "differs", "quiet"]


@dataclasses.dataclass(frozen=True, slots=True)
class Bar:
    """One row. ``speed``, ``low``, ``high`` and ``baseline``: inputs a second, None where nothing is known.

    ``figure`` and ``words`` stand at its right, ``short`` where the words leave the name no room; ``said`` is the whole
    row for a screen reader, and its tip.
    """

    number: int
    name: str
    detail: str = ""
    figure: str = ""
    words: str = ""
    short: str = ""
    said: str = ""
    look: Look = "plain"
    speed: float | None = None
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    best: bool = False


def paint_bar(painter: QPainter, bar: Bar, track: QRectF, scale: Scale, size: float) -> None:
    """Its length on the ``scale``, the baseline's as a dotted line, the interval as a whisker; ``size`` of letters."""
    worn = theme.worn()
    assert bar.speed is not None
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.mixed(worn.line, worn.surface, 0.35))
    painter.drawRoundedRect(track, 2, 2)
    filled = QRectF(track)
    filled.setWidth(max(2.0, track.width() * scale.share(bar.speed)))
    if bar.look == "differs":  # hollow: what is computed is not the same
        painter.setBrush(QColor(worn.surface))
        painter.setPen(QPen(QColor(worn.warn), 1.5, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(filled.adjusted(1, 1, -1, -1), 2, 2)
    else:
        painter.setBrush(QColor(worn.accent if bar.look == "faster" else worn.base))
        painter.drawRoundedRect(filled, 2, 2)
    if bar.baseline is not None:
        x = round(track.left() + track.width() * scale.share(bar.baseline)) + 0.5
        over = bar.speed >= bar.baseline and bar.look != "differs"
        painter.setPen(QPen(QColor(worn.surface if over else worn.base), 1.5, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, track.top() + 1), QPointF(x, track.bottom() - 1))
    if bar.low is not None and bar.high is not None:
        _paint_interval(painter, bar.low, bar.high, track, scale, size)


def _paint_interval(painter: QPainter, low: float, high: float, track: QRectF, scale: Scale, size: float) -> None:
    """A whisker that can be seen on the bar and beside it."""
    left, right = (track.left() + track.width() * scale.share(end) for end in (low, high))
    middle, reach = track.center().y(), track.height() * 0.3
    lines = [
        QLineF(left, middle, right, middle),
        QLineF(left, middle - reach, left, middle + reach),
        QLineF(right, middle - reach, right, middle + reach),
    ]
    worn = theme.worn()
    behind = QColor(worn.surface)
    behind.setAlphaF(0.65)
    for colour, width in ((behind, 3.5), (QColor(worn.text), 1.5)):
        painter.setPen(QPen(colour, width * max(1.0, size * 0.8), c=Qt.PenCapStyle.FlatCap))
        painter.drawLines(lines)
