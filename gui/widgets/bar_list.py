"""Rows of a name, a bar and a figure: scores, labels, candidates."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
)

from gui import theme
from gui.widgets import text

ROWS_AT_ONCE = 500
NAME_CHARACTERS = 300


class Row(NamedTuple):
    """``share`` (0 to 1) is the bar's length; ``best`` draws it in the accent."""

    name: str
    share: float
    figure: str
    best: bool = False


class BarList(QTreeWidget):
    """A list of rows with bars; arrow keys walk it, a screen reader hears name and figure."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("role", "bare")
        self.setAccessibleName(name)
        text.explain(self, "The results, one a row. Arrow keys walk through them.")
        self.setMinimumHeight(44)
        self.setColumnCount(3)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegateForColumn(1, _Bar(self))
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)

    def show_rows(self, rows: Sequence[Row], total: int) -> None:
        """Shows the first ``ROWS_AT_ONCE`` rows, and says how many more of ``total`` there are."""
        keep = self.currentIndex().row()
        items = []
        for row in rows[:ROWS_AT_ONCE]:
            item = QTreeWidgetItem([text.isolated(_one_line(row.name)), "", row.figure])
            item.setData(1, Qt.ItemDataRole.UserRole, (row.share, row.best))
            item.setToolTip(0, text.plain_tip(row.name))
            item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{row.name[:NAME_CHARACTERS]}, {row.figure}")
            item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            items.append(item)
        if total > len(items):
            items.append(QTreeWidgetItem([f"and {total - len(items):,} more, which copying includes", "", ""]))
        self.clear()
        self.addTopLevelItems(items)
        if 0 <= keep < len(items):
            self.setCurrentItem(items[keep])


def _one_line(name: str) -> str:
    return " ".join(name[:NAME_CHARACTERS].split()) or name[:NAME_CHARACTERS]


class _Bar(QStyledItemDelegate):
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        found = index.data(Qt.ItemDataRole.UserRole)
        if found is None:
            return
        share, best = found
        place = QRectF(option.rect).adjusted(8, 0, -8, 0)
        track = QRectF(place.left(), place.center().y() - 4, place.width(), 8)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.mixed(theme.worn().line, theme.worn().surface, 0.6))
        painter.drawRoundedRect(track, 2, 2)
        painter.setBrush(QColor(theme.worn().accent if best else theme.worn().base))
        track.setWidth(track.width() * min(1.0, max(0.0, share)))
        painter.drawRoundedRect(track, 2, 2)
        painter.restore()
