"""A ladder: one rung for each cap, its median as a bar and the gain over the rung below."""

import dataclasses
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets import text

ROW_LINES = 2.9


@dataclasses.dataclass(frozen=True, slots=True)
class Rung:
    """``share``: the bar's length, 0 to 1, None without a median. ``gain``: over the rung before, in words."""

    title: str
    figure: str = ""
    gain: str = ""
    note: str = ""
    share: float | None = None
    gains: bool = False
    said: str = ""


class LadderChart(QWidget):
    """Rungs from the least instructions, above, to all of them, below. Longer bars are faster."""

    def __init__(self) -> None:
        super().__init__()
        self._rungs: tuple[Rung, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Ladder of instruction sets")
        text.explain(self, "The median under each cap, and how much faster it is than under the cap before.")

    def show_rungs(self, rungs: Sequence[Rung]) -> None:
        if tuple(rungs) != self._rungs:
            self._rungs = tuple(rungs)
            self.setAccessibleName("Ladder of instruction sets. " + ". ".join(rung.said for rung in rungs))
            self.setFixedHeight(self.sizeHint().height())
            self.update()

    def rungs(self) -> tuple[Rung, ...]:
        return self._rungs

    def _row(self) -> float:
        return QFontMetricsF(theme.scaled(1)).height() * ROW_LINES

    def sizeHint(self) -> QSize:
        return QSize(400, max(1, round(self._row() * len(self._rungs))))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        worn = theme.worn()
        for place, rung in enumerate(self._rungs):
            top = place * self._row()
            line = QFontMetricsF(theme.scaled(1)).height()
            words = QRectF(8, top + 4, self.width() - 16, line)
            self._paint_words(painter, rung, words)
            if rung.share is None:
                continue
            track = QRectF(8, words.bottom() + 3, self.width() - 16, 14)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.mixed(worn.line, worn.surface, 0.35))
            painter.drawRoundedRect(track, 2, 2)
            track.setWidth(max(2.0, track.width() * rung.share))
            painter.setBrush(QColor(worn.accent if rung.gains else worn.base))
            painter.drawRoundedRect(track, 2, 2)
        if self.hasFocus():
            painter.setPen(QColor(worn.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    @staticmethod
    def _paint_words(painter: QPainter, rung: Rung, line: QRectF) -> None:
        worn = theme.worn()
        bold, usual = theme.scaled(1, bold=True), theme.scaled(1)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(bold)
        painter.setPen(QColor(worn.text))
        painter.drawText(line, middle | Qt.AlignmentFlag.AlignLeft, rung.title)
        left = QFontMetricsF(bold).horizontalAdvance(rung.title) + 12
        right = f"{rung.figure}   {rung.gain}".strip()
        painter.setFont(bold if rung.gains else usual)
        painter.setPen(QColor(worn.accent if rung.gains else worn.text))
        painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, right)
        used = QFontMetricsF(painter.font()).horizontalAdvance(right) + 12
        rest = line.adjusted(left, 0, -used, 0)
        painter.setFont(usual)
        painter.setPen(QColor(worn.quiet))
        note = QFontMetricsF(usual).elidedText(rung.note, Qt.TextElideMode.ElideRight, max(0.0, rest.width()))
        painter.drawText(rest, middle | Qt.AlignmentFlag.AlignLeft, note)
