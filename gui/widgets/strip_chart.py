"""Latency of each call over the last 30 s, painted by hand: lowest to highest of each pixel column."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.run_state.latencies import WINDOW_S, Bucket, Latencies
from gui.widgets import figures, text

GRID_S = 10
NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0)
REACH_PX = 12
"""A hovered column this far from a call still reads it."""


class StripChart(QWidget):
    """Shows latencies and eager's median as a dashed line.

    Hover reads a value; ``set_paused`` holds the picture.
    """

    def __init__(self) -> None:
        super().__init__()
        self._buckets: tuple[Bucket, ...] = ()
        self._now_s = 0.0
        self._over = False
        self._baseline_ms: float | None = None
        self._paused = False
        self._weight = 1
        self._hover_px: float | None = None
        self.setMouseTracking(True)
        self.setFont(theme.scaled(theme.CAPTION))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(60)
        self.setAccessibleName("Latency of each call, last 30 seconds")
        text.explain(self, "Each call's latency over the last 30 seconds. The dashed line is plain PyTorch's median.")

    def sizeHint(self) -> QSize:
        return QSize(240, 110)

    def show_latencies(self, latencies: Latencies | None, baseline_ms: float | None) -> None:
        if self._paused:
            return
        buckets = latencies.buckets if latencies is not None else ()
        over = latencies is not None and latencies.over
        if (buckets, baseline_ms, over) != (self._buckets, self._baseline_ms, self._over):
            self._buckets, self._baseline_ms, self._over = buckets, baseline_ms, over
            self._now_s = latencies.now_s if latencies is not None else 0.0
            self.update()

    def set_paused(self, paused: bool) -> None:
        """Holds the picture; the run goes on."""
        self._paused = paused
        self.update()

    def set_weight(self, weight: int) -> None:
        """How many times as thick lines are; from 2 on all calls are joined, to be seen from afar."""
        self._weight = weight
        self.update()

    def reading(self, x_px: float) -> str:
        """What the call nearest to ``x_px`` took, or "" where none is near."""
        plot = self._plot()
        if not self._buckets or plot.width() <= 0:
            return ""
        nearest = min(self._buckets, key=lambda bucket: abs(self._x(bucket.at_s, plot) - x_px))
        if abs(self._x(nearest.at_s, plot) - x_px) > REACH_PX:
            return ""
        when = figures.seconds(max(0.0, self._now_s - nearest.at_s)) + (" before the end" if self._over else " ago")
        low, high = figures.milliseconds(nearest.low_ms), figures.milliseconds(nearest.high_ms)
        return f"{low}, {when}" if low == high else f"{low} to {high}, {nearest.n} calls, {when}"

    def time_label(self, back_s: int) -> str:
        """What stands below ``back_s`` seconds left of the last call; once the run is over that is not now."""
        if not back_s:
            return "end" if self._over else "now"
        return f"{back_s} s before" if self._over else f"{back_s} s ago"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover_px = event.position().x()
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hover_px = event.position().x()

    def leaveEvent(self, event: object) -> None:
        self._hover_px = None
        self.update()

    # --- painting ---

    def _plot(self) -> QRectF:
        """Where the lines go: labels of the scale stand right of it, of time below."""
        metrics = self.fontMetrics()
        right = metrics.horizontalAdvance("0,000 ms") + 6
        return QRectF(1, 4, max(1, self.width() - right - 1), max(1, self.height() - metrics.height() - 8))

    def _x(self, at_s: float, plot: QRectF) -> float:
        return plot.right() - (self._now_s - at_s) / WINDOW_S * plot.width()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        plot = self._plot()
        top_ms = nice_top(self._buckets, self._baseline_ms)
        self._paint_grid(painter, plot, top_ms)
        if self._buckets:
            self._paint_calls(painter, plot, top_ms)
        else:
            painter.setPen(QColor(theme.worn().quiet))
            painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, "Each call's latency will be drawn here")
        if self._baseline_ms is not None and self._buckets:
            self._paint_baseline(painter, plot, top_ms)
        self._paint_reading(painter, plot)
        painter.end()

    def _paint_grid(self, painter: QPainter, plot: QRectF, top_ms: float) -> None:
        worn = theme.worn()
        metrics = self.fontMetrics()
        for share in (0.0, 0.5, 1.0) if self._buckets else (0.0, 1.0):
            y = round(plot.bottom() - share * plot.height()) + 0.5
            painter.setPen(QPen(QColor(worn.line), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            if self._buckets and share:
                painter.setPen(QColor(worn.quiet))
                at = QPointF(plot.right() + 6, min(y + metrics.ascent() / 2 - 1, self.height() - 2))
                painter.drawText(QPointF(at.x(), max(at.y(), metrics.ascent())), scale_label(top_ms * share))
        for back_s in range(0, int(WINDOW_S) + 1, GRID_S):
            x = round(plot.right() - back_s / WINDOW_S * plot.width())
            words = self.time_label(back_s)
            width = metrics.horizontalAdvance(words)
            left = min(max(plot.left(), x - width / 2), self.width() - width)
            painter.setPen(QColor(worn.quiet))
            painter.drawText(QPointF(left, plot.bottom() + metrics.ascent() + 4), words)

    def _paint_calls(self, painter: QPainter, plot: QRectF, top_ms: float) -> None:
        per_s, per_ms = plot.width() / WINDOW_S, plot.height() / top_ms
        offset, left, bottom = plot.right() - self._now_s * per_s, plot.left(), plot.bottom()
        columns: dict[int, tuple[float, float]] = {}
        for at_s, low, high, _ in self._buckets:
            x = round(offset + at_s * per_s)
            if x < left:
                continue
            if x in columns:
                other_low, other_high = columns[x]
                low, high = min(low, other_low), max(high, other_high)
            columns[x] = low, high
        reach = 0.75 * self._weight
        lines = [
            QLineF(x + 0.5, bottom - high * per_ms - reach, x + 0.5, bottom - low * per_ms + reach)
            for x, (low, high) in columns.items()
        ]
        accent = QColor(theme.worn().accent)
        sparse = len(lines) < plot.width() / 3
        if sparse or self._weight > 1:
            self._paint_path(painter, lines, accent)
        painter.setPen(QPen(accent, (2 if sparse else 1) * self._weight))
        painter.drawLines(lines)

    @staticmethod
    def _paint_path(painter: QPainter, lines: list[QLineF], accent: QColor) -> None:
        """Joins calls that lie apart, so that the eye can follow them."""
        faint = QColor(accent)
        faint.setAlphaF(0.45)
        painter.setPen(QPen(faint, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPolyline([line.center() for line in lines])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_baseline(self, painter: QPainter, plot: QRectF, top_ms: float) -> None:
        assert self._baseline_ms is not None
        base = QColor(theme.worn().base)
        y = plot.bottom() - self._baseline_ms / top_ms * plot.height()
        painter.setPen(QPen(base, 1.5 * self._weight, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        words = f"eager {figures.milliseconds(self._baseline_ms)}"
        metrics = self.fontMetrics()
        worn = theme.worn()
        behind = QColor(worn.ground if self._weight > 1 else worn.surface)
        behind.setAlphaF(0.8)  # the calls may lie behind the words
        above = y - 4 if y - metrics.height() > plot.top() else y + metrics.ascent() + 3
        width, height = metrics.horizontalAdvance(words), metrics.ascent()
        painter.fillRect(QRectF(plot.left() + 1, above - height, width + 6, height + 1), behind)
        painter.setPen(QColor(worn.quiet))
        painter.drawText(QPointF(plot.left() + 4, above), words)

    def _paint_reading(self, painter: QPainter, plot: QRectF) -> None:
        words = self.reading(self._hover_px) if self._hover_px is not None else ""
        if self._paused:
            words = f"Chart paused. {words}".strip()
        if not words:
            return
        metrics = self.fontMetrics()
        box = QRectF(0, plot.top(), metrics.horizontalAdvance(words) + 12, metrics.height() + 4)
        middle = self._hover_px if self._hover_px is not None else plot.left()
        box.moveLeft(min(max(plot.left(), middle - box.width() / 2), plot.right() - box.width()))
        painter.setPen(QPen(QColor(theme.worn().line), 1))
        painter.setBrush(QColor(theme.worn().surface))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(theme.worn().text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def nice_top(buckets: Sequence[Bucket], baseline_ms: float | None) -> float:
    """The scale's upper end: the next plain number above all that is shown."""
    highest = max([bucket.high_ms for bucket in buckets] + [baseline_ms or 0.0], default=0.0) * 1.08
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next(step * power for step in NICE if step * power >= highest or step == NICE[-1])


def scale_label(value_ms: float) -> str:
    """A plain number of the scale, without measured-looking zeros."""
    return f"{value_ms:,.6g} ms" if value_ms < 10_000 else f"{value_ms / 1e3:,.6g} s"
