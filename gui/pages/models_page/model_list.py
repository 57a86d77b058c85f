"""Models one below the other: name and size, a quiet line, and what is to be said of each."""

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import theme
from gui.pages.models_page.words import Row
from gui.widgets import keys, mark, text

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
PADDING_PX = 8
BAR_PX = 3
MARK_PX = 12
NOTE_LINES = 2


class Rows(QAbstractListModel):
    """Rows as they are known; ``more``: there are others behind them. Signals: more_asked."""

    more_asked = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: tuple[Row, ...] = ()
        self._more = False

    def show_rows(self, rows: tuple[Row, ...], *, more: bool) -> bool:
        """True where what was there is another now; rows behind it leave it as it is."""
        known = len(self.rows)
        self._more = more
        if rows == self.rows:
            return False
        if known and rows[:known] == self.rows:
            self.beginInsertRows(_NOWHERE, known, len(rows) - 1)
            self.rows = rows
            self.endInsertRows()
            return False
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()
        return True

    def place_of(self, key: str) -> int:
        """-1 where it is not among the rows."""
        return next((place for place, row in enumerate(self.rows) if row.key == key), -1)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def canFetchMore(self, parent: _Index) -> bool:
        return not parent.isValid() and self._more

    def fetchMore(self, parent: _Index) -> None:
        self._more = False  # asked for once; the answer says whether there are others still
        self.more_asked.emit()

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.said()
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.plain_tip("\n".join(part for part in (row.title, row.line, row.note) if part))
        return None


class _Painter(QStyledItemDelegate):
    """Paints a row, and says how high it is."""

    def __init__(self, view: "ModelList") -> None:
        super().__init__(view)
        self._view = view
        self._caption = theme.scaled(theme.CAPTION)
        self._title = theme.scaled(1, bold=True)
        self._small, self._large = QFontMetrics(self._caption), QFontMetrics(self._title)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        row = self._view.row_at(index.row())
        if row is None:
            return QSize(0, 0)
        width = self._view.viewport().width()
        lines = 1 if row.line else 0
        height = 2 * PADDING_PX + self._large.height() + lines * (self._small.height() + 2)
        if row.note:
            height += 2 + min(self._note_height(row.note, self._room(width)), NOTE_LINES * self._small.lineSpacing())
        return QSize(0, height)

    def _room(self, width: int) -> int:
        return max(40, width - 2 * PADDING_PX - BAR_PX - MARK_PX - 6)

    def _note_height(self, note: str, width: int) -> int:
        return self._small.boundingRect(QRect(0, 0, width, 10_000), Qt.TextFlag.TextWordWrap, note).height()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row = self._view.row_at(index.row())
        if row is None:
            return
        worn, box = theme.worn(), QRect(option.rect)
        state = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, theme.mixed(worn.accent, worn.surface, 0.12))
            painter.fillRect(QRect(box.left(), box.top(), BAR_PX, box.height()), QColor(worn.accent))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, theme.mixed(worn.text, worn.surface, 0.06))
        painter.fillRect(QRect(box.left(), box.bottom(), box.width(), 1), QColor(worn.line))
        inner = box.adjusted(BAR_PX + PADDING_PX, PADDING_PX, -PADDING_PX, -PADDING_PX)
        self._paint_first(painter, inner, row)
        top = inner.top() + self._large.height() + 2
        painter.setFont(self._caption)
        if row.line:
            painter.setPen(QColor(worn.quiet))
            line = self._small.elidedText(row.line, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(
                QRect(inner.left(), top, inner.width(), self._small.height()), Qt.AlignmentFlag.AlignLeft, line
            )
            top += self._small.height() + 2
        if row.note:
            self._paint_note(painter, QRect(inner.left(), top, inner.width(), inner.bottom() - top + 2), row)
        painter.restore()

    def _paint_first(self, painter: QPainter, inner: QRect, row: Row) -> None:
        worn = theme.worn()
        left = inner.left()
        painter.setFont(self._caption)
        figure_px = self._small.horizontalAdvance(row.figure)
        baseline = inner.top() + self._large.ascent()
        painter.setPen(QColor(worn.quiet))
        painter.drawText(inner.right() - figure_px, baseline, row.figure)
        room = inner.width() - figure_px - theme.GAP_PX
        if row.here:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            place = QRectF(left, inner.top() + (self._large.height() - MARK_PX) / 2, MARK_PX, MARK_PX)
            mark.draw(painter, place, "tick", QColor(worn.accent))
            left, room = left + MARK_PX + 6, room - MARK_PX - 6
        painter.setFont(self._title)
        painter.setPen(QColor(worn.text))
        title = self._large.elidedText(row.title.replace("\n", " "), Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(left, baseline, title)

    def _paint_note(self, painter: QPainter, place: QRect, row: Row) -> None:
        worn = theme.worn()
        if row.warns:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            corner = QRectF(place.left(), place.top() + (self._small.height() - MARK_PX) / 2, MARK_PX, MARK_PX)
            mark.draw(painter, corner, "triangle", QColor(worn.warn))
            place = place.adjusted(MARK_PX + 6, 0, 0, 0)
        painter.setPen(QColor(worn.warn if row.warns else worn.text))
        painter.setClipRect(place)
        painter.drawText(place, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft, row.note)
        painter.setClipping(False)


class ModelList(QListView):
    """One can be selected. Signals: chosen, where another is; use_asked (Enter); delete_asked (the Delete key).

    ``activated`` would not do for Enter: on some desktops one click is enough for it, and this may begin a download.
    """

    chosen = Signal()
    use_asked = Signal()
    delete_asked = Signal()

    def __init__(self, name: str, explains: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        text.explain(self, explains)
        self.model_rows = Rows(self)
        self._quiet = False
        self.setModel(self.model_rows)
        self.setItemDelegate(_Painter(self))
        self.setProperty("role", "models")
        self.setMouseTracking(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(3 * theme.ROW_PX)
        self.setMinimumWidth(240)
        self.selectionModel().selectionChanged.connect(lambda *_: self._tell())

    def row_at(self, place: int) -> Row | None:
        rows = self.model_rows.rows
        return rows[place] if 0 <= place < len(rows) else None

    def show_rows(self, rows: tuple[Row, ...], *, more: bool = False, keeps_place: bool = False) -> None:
        """What was selected stays so where it is still there; ``keeps_place``: else what is in its place now."""
        before, place = self.selected(), self.currentIndex().row()
        self._quiet = True
        try:
            if self.model_rows.show_rows(rows, more=more) and before is not None:
                again = self.model_rows.place_of(before.key)
                if again < 0 and keeps_place:
                    again = min(place, len(rows) - 1)
                if again >= 0:
                    self.setCurrentIndex(self.model_rows.index(again, 0))
        finally:
            self._quiet = False
        if (before.key if before is not None else "") != self.key():
            self.chosen.emit()

    def select(self, key: str) -> None:
        place = self.model_rows.place_of(key)
        if place >= 0:
            self.setCurrentIndex(self.model_rows.index(place, 0))

    def selected(self) -> Row | None:
        indexes = self.selectionModel().selectedIndexes()
        return self.row_at(indexes[0].row()) if indexes else None

    def key(self) -> str:
        """Of what is selected, or ""."""
        row = self.selected()
        return row.key if row is not None else ""

    def _tell(self) -> None:
        if not self._quiet:
            self.chosen.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.scheduleDelayedItemsLayout()  # notes wrap otherwise

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_asked.emit()
        elif keys.is_enter(event):
            self.use_asked.emit()
        else:
            super().keyPressEvent(event)
