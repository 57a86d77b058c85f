"""The left column: what is to be run, and the button that runs it."""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import theme
from gui.widgets.column_scroll import ColumnScroll


def choices(cards: Sequence[QWidget], bar: QWidget) -> QWidget:
    """The cards below each other, scrolled where they are too high; ``bar`` stays in its place below them."""
    inside = QWidget()
    stacked = _column(inside)
    for card in cards:
        stacked.addWidget(card)
    stacked.addStretch(1)
    whole = QWidget()
    rows = _column(whole)
    rows.addWidget(ColumnScroll(inside), 1)
    rows.addWidget(bar)
    return whole


def _column(owner: QWidget) -> QVBoxLayout:
    made = QVBoxLayout(owner)
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(theme.GAP_PX)
    return made
