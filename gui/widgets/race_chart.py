"""A race: the baseline always in sight, the others below it and scrolled, the scale at the foot."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.widgets import figures, text
from gui.widgets.column_scroll import ColumnScroll
from gui.widgets.race_bar import Bar
from gui.widgets.race_bars import SIDE_PX, RaceBars
from gui.widgets.race_scale import Scale, scale_of


class RaceChart(QWidget):
    """Shows rows in the order given. Signals: opened(number), of a row that was clicked or entered."""

    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.bases = RaceBars("Baseline")
        self.bars = RaceBars("Race")
        self._inside = QWidget()
        rows = QVBoxLayout(self._inside)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.bars)
        rows.addStretch(1)
        self.column = ColumnScroll(self._inside)
        self._foot = _Foot()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.bases)
        self._line = text.hairline()
        whole.addWidget(self._line)
        whole.addWidget(self.column, 1)
        whole.addWidget(self._foot)
        for part in (self.bases, self.bars):
            part.opened.connect(self.opened)
        self.bars.passed.connect(lambda top, height: self.column.ensureVisible(0, top + height // 2, 0, height))
        self.column.verticalScrollBar().rangeChanged.connect(lambda _least, most: self._keep_clear(most > 0))

    def show_race(self, bases: Sequence[Bar], others: Sequence[Bar]) -> None:
        """``bases``: one for each size of batch. Cheap where nothing changed."""
        every = (*bases, *others)
        scale = scale_of(value for bar in every for value in (bar.speed, bar.high) if value is not None)
        self.bases.show_bars(bases, scale)
        self.bars.show_bars(others, scale)
        self.bases.setVisible(bool(bases))
        self._line.setVisible(bool(bases))
        self._foot.show_scale(scale if any(bar.speed for bar in every) else None)

    def set_size(self, share: float) -> None:
        """Letters and bars at ``share`` of the usual size."""
        for part in (self.bases, self.bars, self._foot):
            part.set_size(share)

    def choose(self, number: int | None) -> None:
        for part in (self.bases, self.bars):
            part.choose(number)

    def show_whole(self) -> None:
        """As high as all rows are; nothing is scrolled any more."""
        self.column.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.column.setFixedHeight(self.bars.sizeHint().height() + 2 * self.column.frameWidth())
        layout = self.layout()
        assert layout is not None
        self.setFixedHeight(layout.totalSizeHint().height())

    def _keep_clear(self, scrolls: bool) -> None:
        """The scroll bar takes width from some rows: the others leave it free, for their bars are compared."""
        width = self.column.verticalScrollBar().sizeHint().width() if scrolls else 0
        for part in (self.bases, self._foot):
            part.set_spare(width)

    def words(self) -> str:
        """All rows as text, one a line."""
        return "\n".join(bar.said for bar in (*self.bases.bars(), *self.bars.bars()))

    def sizeHint(self) -> QSize:
        return QSize(420, 320)


class _Foot(QWidget):
    """The scale's numbers, and what they count."""

    def __init__(self) -> None:
        super().__init__()
        self._scale: Scale | None = None
        self._size = 1.0
        self._spare_px = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_size(1.0)

    def set_size(self, share: float) -> None:
        self._size = share
        self.setFont(theme.scaled(theme.CAPTION * share))
        self.setFixedHeight(round(2 * QFontMetricsF(self.font()).height() + 10))

    def set_spare(self, width_px: int) -> None:
        self._spare_px = width_px
        self.update()

    def show_scale(self, scale: Scale | None) -> None:
        if scale != self._scale:
            self._scale = scale
            self.setAccessibleName(scale.words() if scale is not None else "")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._scale is None:
            return
        painter = QPainter(self)
        worn = theme.worn()
        metrics = QFontMetricsF(self.font())
        track = QRectF(SIDE_PX, 4, self.width() - self._spare_px - 2 * SIDE_PX, metrics.height())
        painter.setPen(QPen(QColor(worn.line), 1))
        painter.drawLine(QPointF(track.left(), 0.5), QPointF(track.right(), 0.5))
        free_from = -1.0
        for tick in self._scale.ticks():
            x = track.left() + track.width() * self._scale.share(tick)
            words = figures.plain(tick)
            width = metrics.horizontalAdvance(words)
            left = min(max(track.left(), x - width / 2), track.right() - width)
            painter.setPen(QPen(QColor(worn.line), 1))
            painter.drawLine(QPointF(x, 0.5), QPointF(x, 4))
            if left > free_from:
                painter.setPen(QColor(worn.quiet))
                painter.drawText(QPointF(left, track.top() + metrics.ascent()), words)
                free_from = left + width + 10
        painter.setPen(QColor(worn.quiet))
        below = QRectF(track.left(), track.bottom() + 2, track.width(), metrics.height())
        words = metrics.elidedText(self._scale.words(), Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, words)
        painter.end()
