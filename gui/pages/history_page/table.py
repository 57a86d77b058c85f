"""The entries as a table that grows as it is scrolled: ten thousand of them are listed page by page."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView

from engine.wire.history import HistoryRow, Sort
from gui import theme
from gui.pages.history_page import words
from gui.widgets import keys, text

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
COLUMNS: tuple[tuple[str, Sort], ...] = (
    ("When", "when"),
    ("What", "kind"),
    ("Model", "model"),
    ("Task", "task"),
    ("Acceleration", "mode"),
    ("Median", "latency"),
    ("Speedup", "speedup"),
    ("State", "status"),
)
MODEL, TASK, HOW = 2, 3, 4
FIGURES = (5, 6)


class Entries(QAbstractTableModel):
    """The rows that are known of ``total``. Signals: more_asked, where the view needs those behind them."""

    more_asked = Signal()

    def __init__(self, titles: words.Titles, parent: QObject) -> None:
        super().__init__(parent)
        self._titles = titles
        self._rows: tuple[HistoryRow, ...] = ()
        self._total = 0

    def show_rows(self, rows: tuple[HistoryRow, ...], total: int) -> bool:
        """True where what was there is another now; rows behind it leave it as it is."""
        known = len(self._rows)
        self._total = total
        if rows is self._rows or rows == self._rows:
            return False
        if known and rows[:known] == self._rows:
            self.beginInsertRows(_NOWHERE, known, len(rows) - 1)
            self._rows = rows
            self.endInsertRows()
            return False
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()
        return True

    def row_at(self, place: int) -> HistoryRow | None:
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def place_of(self, number: int) -> int:
        """-1 where it is not among the rows."""
        return next((place for place, row in enumerate(self._rows) if row.number == number), -1)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def canFetchMore(self, parent: _Index) -> bool:
        return not parent.isValid() and len(self._rows) < self._total

    def fetchMore(self, parent: _Index) -> None:
        self.more_asked.emit()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section][0]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row_at(index.row())
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cells(row)[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == 0:
            return ", ".join(f"{head}: {cell}" for (head, _), cell in zip(COLUMNS, self._cells(row), strict=True))
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.plain_tip(row.note or self._cells(row)[index.column()])
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in FIGURES:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _cells(self, row: HistoryRow) -> tuple[str, ...]:
        return (
            words.when(row.began_s),
            words.kind(row),
            row.model,
            self._titles(row.task),
            words.how(row, self._titles),
            words.median(row),
            words.speedup(row),
            words.state(row),
        )


class EntryTable(QTreeView):
    """One row an entry; two can be selected.

    Signals: chosen, where other rows are selected; sort_asked(column); delete_asked (the Delete key); open_asked.
    """

    chosen = Signal()
    sort_asked = Signal(int)
    delete_asked = Signal()
    open_asked = Signal()

    def __init__(self, titles: Callable[[str], str]) -> None:
        super().__init__()
        self.setAccessibleName("History")
        text.explain(
            self,
            "Every run and comparison, one a row. Arrow keys walk through them and show each below; with Shift or "
            "Ctrl a second one is put beside the first. Enter puts one back on its page, Delete removes.",
        )
        self.entries = Entries(titles, self)
        self._quiet = False
        self.setModel(self.entries)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(0)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(3 * theme.ROW_PX)
        self.selectionModel().selectionChanged.connect(lambda *_: self._tell())
        self.doubleClicked.connect(lambda _index: self.open_asked.emit())  # activated: one click, on some desktops
        self._make_header()

    def _make_header(self) -> None:
        header = self.header()
        header.setSectionsMovable(False)
        header.setSectionsClickable(True)
        header.setHighlightSections(False)
        header.setSortIndicatorShown(True)
        header.setStretchLastSection(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setFont(theme.scaled(theme.CAPTION))
        header.sectionClicked.connect(self.sort_asked)
        fixed = {0: "2026-12-30 23:59", 1: "Comparison", 5: "1,234 ms", 6: "Speedup ", 7: "interrupted"}
        for column in range(len(COLUMNS)):
            mode = QHeaderView.ResizeMode.Fixed if column in fixed else QHeaderView.ResizeMode.Stretch
            header.setSectionResizeMode(column, mode)
            if column in fixed:
                header.resizeSection(column, self.fontMetrics().horizontalAdvance(fixed[column]) + 24)

    def show_sorting(self, column: int, descending: bool) -> None:
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.header().setSortIndicator(column, order)

    def show_rows(self, rows: tuple[HistoryRow, ...], total: int) -> None:
        """What was selected stays so where it is still there."""
        before, place = self.selected(), self.currentIndex().row()
        current = self.entries.row_at(place)
        self._quiet = True
        try:
            if self.entries.show_rows(rows, total):
                self._select(before, current)
                if before and not self.selected():  # they were deleted: the one that is in their place now
                    self.setCurrentIndex(self.entries.index(min(place, len(rows) - 1), 0))
        finally:
            self._quiet = False
        if self.selected() != before:
            self.chosen.emit()

    def _select(self, rows: list[HistoryRow], current: HistoryRow | None) -> None:
        choose = QItemSelectionModel.SelectionFlag
        place = self.entries.place_of(current.number) if current is not None else -1
        if place >= 0:
            index = self.entries.index(place, 0)
            self.selectionModel().setCurrentIndex(index, choose.NoUpdate)
        for row in rows:
            if (place := self.entries.place_of(row.number)) >= 0:
                self.selectionModel().select(self.entries.index(place, 0), choose.Select | choose.Rows)

    def selected(self) -> list[HistoryRow]:
        """In the order of the table."""
        places = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [row for place in places if (row := self.entries.row_at(place)) is not None]

    def _tell(self) -> None:
        if not self._quiet:
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_asked.emit()
        elif keys.is_enter(event):
            self.open_asked.emit()
        else:
            super().keyPressEvent(event)
