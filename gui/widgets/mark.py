"""Small painted marks, told apart by shape and not by colour alone."""

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

Shape = Literal["none", "ring", "disc", "triangle", "cross", "dash", "tick"]
EDGE_PX = 12


class Mark(QWidget):
    """One mark: disc (at hand, running), ring (possible), triangle (doubt), cross (impossible), dash,
    tick.
    """

    def __init__(self, shape: Shape = "none", colour: str = "quiet") -> None:
        super().__init__()
        self._shape: Shape = shape
        self._colour = colour
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(EDGE_PX, EDGE_PX)

    def show_shape(self, shape: Shape, colour: str) -> None:
        """``colour`` is the name of one of the theme's colours."""
        if (shape, colour) != (self._shape, self._colour):
            self._shape, self._colour = shape, colour
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter, QRectF(self.rect()), self._shape, QColor(getattr(theme.worn(), self._colour)))
        painter.end()


def draw(painter: QPainter, place: QRectF, shape: Shape, colour: QColor) -> None:
    """Draws the shape into the square ``place``."""
    edge = min(place.width(), place.height())
    box = QRectF(0, 0, edge * 0.72, edge * 0.72)
    box.moveCenter(place.center())
    painter.setPen(QPen(colour, edge * 0.14, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if shape == "disc":
        painter.setBrush(colour)
        painter.drawEllipse(box)
    elif shape == "ring":
        painter.drawEllipse(box)
    elif shape == "triangle":
        top = QPointF(box.center().x(), box.top())
        painter.drawPolygon(QPolygonF([top, box.bottomRight(), box.bottomLeft()]))
    elif shape == "cross":
        painter.drawLine(box.topLeft(), box.bottomRight())
        painter.drawLine(box.topRight(), box.bottomLeft())
    elif shape == "dash":
        painter.drawLine(QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y()))
    elif shape == "tick":
        bend = QPointF(box.left() + box.width() * 0.38, box.bottom() - box.height() * 0.08)
        painter.drawPolyline(QPolygonF([QPointF(box.left(), box.center().y()), bend, box.topRight()]))
