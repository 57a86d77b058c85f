"""The roofline, painted by hand: what memory and cores allow as lines, the last runs as points below them."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.wire.values import MachinePeaks
from gui import theme
from gui.pages.cpu_page import roofline_words as words
from gui.pages.cpu_page.roofline_scale import Scale, names_at, scale_of, spread, ticks
from gui.run_state import Point
from gui.widgets import text

REACH_PX = 10
"""So near to a point its tip is shown."""

POINT_PX, NEWEST_PX = 4.0, 5.5
X_TITLE = "operations for each byte from memory"
Y_TITLE = "GFLOP/s"


class RooflineChart(QWidget):
    """Both scales are logarithmic. The newest run is a filled disc in the accent, those before are rings."""

    def __init__(self) -> None:
        super().__init__()
        self._peaks: MachinePeaks | None = None
        self._points: tuple[Point, ...] = ()
        self.setFont(theme.scaled(theme.CAPTION))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(160)
        self.setAccessibleName("Roofline: what this CPU allows, and what the last runs reached")
        text.explain(self, words.HOW)

    def sizeHint(self) -> QSize:
        return QSize(420, 260)

    def show_peaks(self, peaks: MachinePeaks | None, points: Sequence[Point]) -> None:
        if (peaks, tuple(points)) != (self._peaks, self._points):
            self._peaks, self._points = peaks, tuple(points)
            self.setAccessibleDescription(words.described(peaks, points))
            self.update()

    def reading(self, at: QPointF) -> str:
        """What the run nearest to a place reached, or "" where none is near."""
        scale = self._scale()
        if scale is None:
            return ""
        for point in reversed(self._points):
            away = scale.at(point.intensity, point.gflops) - at
            if math.hypot(away.x(), away.y()) <= REACH_PX:
                return f"{point.name}: {words.reached(point)}, at {words.intensity(point)}"
        return ""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), text.plain_tip(self.reading(QPointF(event.pos()))), self)
            return True
        return super().event(event)

    # --- painting ---

    def _scale(self) -> Scale | None:
        """Of the plot: names of the roofs stand right of it, its scales left and below."""
        if self._peaks is None or not self._peaks.gflops:
            return None
        metrics = self.fontMetrics()
        right = max(metrics.horizontalAdvance(name) for name, _ in self._roofs(self._peaks)) + 10
        left = metrics.horizontalAdvance("1,000") + 8
        top, bottom = metrics.height() + 6, 2 * metrics.height() + 8
        plot = QRectF(left, top, max(40, self.width() - left - right), max(40, self.height() - top - bottom))
        return scale_of(self._peaks, self._points, plot)

    @staticmethod
    def _roofs(peaks: MachinePeaks) -> list[tuple[str, float]]:
        return [(f"{name} {words.compute(gflops)}", gflops) for name, gflops in peaks.gflops.items()]

    def paintEvent(self, event: QPaintEvent) -> None:
        scale = self._scale()
        if scale is None or self._peaks is None:
            return
        painter = QPainter(self)
        self._paint_grid(painter, scale)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_roofs(painter, scale, self._peaks)
        self._paint_slope_name(painter, scale, self._peaks.bandwidth_gb_s)
        self._paint_points(painter, scale, self._peaks.bandwidth_gb_s)
        painter.end()

    def _paint_grid(self, painter: QPainter, scale: Scale) -> None:
        worn, metrics, plot = theme.worn(), self.fontMetrics(), scale.plot
        for value in ticks(scale.x_low, scale.x_high):
            x = round(scale.x(value)) + 0.5
            self._line(painter, QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            label = f"{value:,g}"
            at = QPointF(x - metrics.horizontalAdvance(label) / 2, plot.bottom() + metrics.ascent() + 4)
            painter.setPen(QColor(worn.quiet))
            painter.drawText(at, label)
        for value in ticks(scale.y_low, scale.y_high):
            y = round(scale.y(value)) + 0.5
            self._line(painter, QPointF(plot.left(), y), QPointF(plot.right(), y))
            label = f"{value:,g}"
            at = QPointF(plot.left() - 6 - metrics.horizontalAdvance(label), y + metrics.ascent() / 2 - 1)
            painter.setPen(QColor(worn.quiet))
            painter.drawText(at, label)
        painter.drawText(QPointF(0, metrics.ascent()), Y_TITLE)
        below = plot.bottom() + 4 + metrics.height() + metrics.ascent()
        painter.drawText(QPointF(plot.center().x() - metrics.horizontalAdvance(X_TITLE) / 2, below), X_TITLE)

    @staticmethod
    def _line(painter: QPainter, begin: QPointF, end: QPointF) -> None:
        painter.setPen(QPen(QColor(theme.worn().line), 1))
        painter.drawLine(begin, end)

    def _paint_roofs(self, painter: QPainter, scale: Scale, peaks: MachinePeaks) -> None:
        """The slope as far as the highest roof, and of each precision the level part, named at its end."""
        worn, metrics, plot = theme.worn(), self.fontMetrics(), scale.plot
        roofs = self._roofs(peaks)
        painter.save()
        painter.setClipRect(plot.adjusted(0, -2, 1, 1))
        painter.setPen(QPen(QColor(worn.base), 1.5))
        highest = max(peaks.gflops.values()) / peaks.bandwidth_gb_s
        low = scale.x_low
        painter.drawLine(scale.at(low, peaks.bandwidth_gb_s * low), scale.at(highest, peaks.bandwidth_gb_s * highest))
        for _, gflops in roofs:
            painter.drawLine(scale.at(gflops / peaks.bandwidth_gb_s, gflops), QPointF(plot.right(), scale.y(gflops)))
        painter.restore()
        heights = [scale.y(gflops) for _, gflops in roofs]
        middles = spread(heights, metrics.height(), plot.top(), plot.bottom())
        painter.setPen(QColor(worn.quiet))
        for (name, _), middle in zip(roofs, middles, strict=True):
            painter.drawText(QPointF(plot.right() + 6, middle + metrics.ascent() / 2 - 1), name)

    def _paint_slope_name(self, painter: QPainter, scale: Scale, gb_s: float) -> None:
        """Along the slope, above it, near its lower end."""
        begin, angle = self._slope(scale, gb_s)
        painter.save()
        painter.setClipRect(scale.plot)
        painter.translate(begin)
        painter.rotate(math.degrees(angle))
        painter.setPen(QColor(theme.worn().quiet))
        painter.drawText(QPointF(self.fontMetrics().height() + 4, -5), self._slope_name(gb_s))
        painter.restore()

    @staticmethod
    def _slope_name(gb_s: float) -> str:
        return f"memory {words.bandwidth(gb_s)}"

    @staticmethod
    def _slope(scale: Scale, gb_s: float) -> tuple[QPointF, float]:
        """Where the slope enters the plot, and its angle on the screen, in radians."""
        begin_x = max(scale.x_low, scale.y_low / gb_s)
        begin, end = scale.at(begin_x, begin_x * gb_s), scale.at(begin_x * 10, begin_x * 10 * gb_s)
        return begin, math.atan2(end.y() - begin.y(), end.x() - begin.x())

    def _under_slope_name(self, scale: Scale, gb_s: float) -> list[QRectF]:
        """Squares along the slope's name, which no other name may cover."""
        begin, angle = self._slope(scale, gb_s)
        side = self.fontMetrics().height()
        long = self.fontMetrics().horizontalAdvance(self._slope_name(gb_s)) + 2 * side
        steps = range(side, int(long), side)
        middles = [begin + QPointF(math.cos(angle), math.sin(angle)) * step for step in steps]
        up = QPointF(math.sin(angle), -math.cos(angle)) * (side / 2)
        return [QRectF(at.x() + up.x() - side / 2, at.y() + up.y() - side / 2, side, side) for at in middles]

    def _paint_points(self, painter: QPainter, scale: Scale, gb_s: float) -> None:
        worn = theme.worn()
        bold = theme.scaled(theme.CAPTION, bold=True)
        newest = len(self._points) - 1
        fonts = [bold if place == newest else self.font() for place in range(len(self._points))]
        widths = [
            QFontMetrics(font).horizontalAdvance(point.name) + 8.0
            for font, point in zip(fonts, self._points, strict=True)
        ]
        avoided = self._under_slope_name(scale, gb_s)
        boxes = names_at(scale, self._points, widths, self.fontMetrics().height() + 2.0, avoided)
        for place, (point, box) in enumerate(zip(self._points, boxes, strict=True)):
            spot = scale.at(point.intensity, point.gflops)
            self._paint_name(painter, spot, box)
            painter.setFont(fonts[place])
            painter.setPen(QColor(worn.accent if place == newest else worn.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, point.name)
        for place, point in enumerate(self._points):
            self._paint_spot(painter, scale.at(point.intensity, point.gflops), place == newest)

    @staticmethod
    def _paint_name(painter: QPainter, spot: QPointF, box: QRectF) -> None:
        """A hairline from the point to its name, and a ground for the name, over lines that pass there."""
        worn = theme.worn()
        near = QPointF(box.left() if box.left() > spot.x() else box.right(), box.center().y())
        painter.setPen(QPen(QColor(worn.quiet), 1))
        painter.drawLine(spot, near)
        ground = QColor(worn.surface)
        ground.setAlphaF(0.85)
        painter.fillRect(box, ground)

    @staticmethod
    def _paint_spot(painter: QPainter, spot: QPointF, newest: bool) -> None:
        worn = theme.worn()
        painter.setPen(QPen(QColor(worn.surface if newest else worn.text), 1.5))
        painter.setBrush(QColor(worn.accent if newest else worn.surface))
        radius = NEWEST_PX if newest else POINT_PX
        painter.drawEllipse(spot, radius, radius)
