"""The page's columns and rows, whose borders the person can move."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QSplitter, QWidget

from gui import settings as remembered
from gui.widgets.column_scroll import ColumnScroll

LEFT_PX = 320
ROWS_PX = (190, 205, 300)
ROWS_STRETCH = (2, 3, 3)


class Panes(QSplitter):
    """``left`` beside ``rows``, which are below each other. ``kept``: as ``places`` had them."""

    def __init__(self, left: QWidget, rows: Sequence[QWidget], kept: Mapping[str, str]) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._rows = right = QSplitter(Qt.Orientation.Vertical)
        self._first = rows[0]
        self._sizes: list[int] = []
        """Of the rows, as they are again once the first is back."""
        for place, row in enumerate(rows):
            right.addWidget(row)
            right.setStretchFactor(place, ROWS_STRETCH[place])
        self.addWidget(left)
        self.addWidget(ColumnScroll(right))
        self.setStretchFactor(1, 1)
        self.setSizes([LEFT_PX, 3 * LEFT_PX])
        right.setSizes(list(ROWS_PX))
        self._named = {"run.columns": self, "run.rows": right}
        for name, pane in self._named.items():
            pane.setChildrenCollapsible(False)
            pane.restoreState(QByteArray(remembered.to_bytes(kept.get(name, ""))))

    def widen(self, on: bool) -> None:
        """Gives the first row's room to the second, or back; the third stays where it is."""
        first, second, third = self._sizes if not on and self._sizes else self._rows.sizes()
        if on:
            self._sizes = [first, second, third]
        self._first.setVisible(not on)
        handle = self._rows.handleWidth()
        self._rows.setSizes([0, first + second + handle, third] if on else [first, second, third])

    def places(self) -> dict[str, str]:
        """Where the borders stand, for the settings."""
        if self._first.isHidden():
            self.widen(on=False)
        return {name: remembered.to_text(pane.saveState().data()) for name, pane in self._named.items()}
