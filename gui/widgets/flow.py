"""Buttons side by side, in as many rows as the width needs."""

from PySide6.QtCore import QEvent, QPoint, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

ROW_GAP_PX = 4


class Flow(QWidget):
    """A widget that places its children itself: a layout written in Python would share its items with Qt, and which of
    the two deletes one is hard to say. Signals: arranged, when its children are others or of other sizes.
    """

    arranged = Signal()

    def __init__(self) -> None:
        super().__init__()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._widgets: list[QWidget] = []

    def widgets(self) -> tuple[QWidget, ...]:
        """In the order in which they are read."""
        return tuple(self._widgets)

    def insert(self, place: int, widget: QWidget) -> None:
        widget.setParent(self)
        self._widgets.insert(place, widget)
        widget.show()
        self._changed()

    def remove(self, widget: QWidget) -> None:
        """Takes it out of the rows and deletes it."""
        self._widgets.remove(widget)
        widget.hide()
        widget.deleteLater()
        self._changed()

    def _changed(self) -> None:
        self.updateGeometry()
        self._arrange(self.width(), move=True)
        self.arranged.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._changed()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(self.width(), move=True)

    def arrange(self) -> None:
        """After a child has another text, or was shown or hidden."""
        self._changed()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(width, move=False)

    def sizeHint(self) -> QSize:
        hints = [widget.sizeHint() for widget in self._shown()]
        width = max((hint.width() for hint in hints), default=0)
        return QSize(width, max((hint.height() for hint in hints), default=0))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _shown(self) -> list[QWidget]:
        return [widget for widget in self._widgets if not widget.isHidden()]

    def _arrange(self, width: int, *, move: bool) -> int:
        """The height that is needed at ``width``."""
        x = y = row_height = 0
        for widget in self._shown():
            hint = widget.sizeHint()
            if x > 0 and x + hint.width() > width:
                x, y, row_height = 0, y + row_height + ROW_GAP_PX, 0
            if move:
                widget.resize(hint)
                widget.move(QPoint(x, y))
            x += hint.width() + theme.GAP_PX
            row_height = max(row_height, hint.height())
        return y + row_height
