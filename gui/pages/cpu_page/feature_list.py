"""The CPU's features as a list in groups: arrow keys walk it, each row says all it has to a screen reader."""

from collections.abc import Collection
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from engine.wire.values import Cpu, Feature
from gui import theme
from gui.pages.cpu_page import facts
from gui.widgets import text
from gui.widgets.cpu_chips import draw_use
from gui.widgets.feature_use import Use, use_of
from gui.widgets.mark import draw

COLUMNS = ("Feature", "In the\nsilicon", "Allowed by\nthe system", "Used by the\nlast run", "Why not")
FEATURE, SILICON, ALLOWED, USED, WHY = range(len(COLUMNS))
CELL = Qt.ItemDataRole.UserRole
ID = Qt.ItemDataRole.UserRole + 1
PADDING_PX = 8
MARK_PX = 12
WHY_SHARE = 0.24
_Index = QModelIndex | QPersistentModelIndex


class FeatureList(QTreeView):
    """Rows of the catalogue's features; ``show_line`` goes to one."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "bare")
        self.setAccessibleName("Features of the CPU")
        text.explain(self, "What the CPU can do, one feature a row. Arrow keys walk through them, Ctrl+C copies all.")
        self._model = QStandardItemModel(0, len(COLUMNS), self)
        self._model.setHorizontalHeaderLabels(list(COLUMNS))
        for column, title in enumerate(COLUMNS):
            said = title.replace("\n", " ")
            self._model.setHeaderData(column, Qt.Orientation.Horizontal, said, Qt.ItemDataRole.AccessibleTextRole)
        self._shown: tuple[object, ...] = ()
        self.setModel(self._model)
        self.setItemDelegate(_Cells(self))
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(0)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._make_header()

    def _make_header(self) -> None:
        header = self.header()
        header.setSectionsMovable(False)
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.setStretchLastSection(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        header.setFont(theme.scaled(theme.CAPTION))
        for column in (SILICON, ALLOWED, USED):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(FEATURE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(WHY, QHeaderView.ResizeMode.Fixed)
        header.sectionResized.connect(lambda *_: self.scheduleDelayedItemsLayout())

    def resizeEvent(self, event: QResizeEvent) -> None:
        header = self.header()
        for column in (SILICON, ALLOWED, USED):
            header.resizeSection(column, header.sectionSizeHint(column))
        header.resizeSection(WHY, round(self.viewport().width() * WHY_SHARE))
        super().resizeEvent(event)

    def show_cpu(self, cpu: Cpu, ran: bool, used: Collection[str] | None) -> None:
        shown = (cpu, ran, frozenset(used) if used is not None else None)
        if shown == self._shown:
            return
        self._shown = shown
        present = self.line()
        self._model.removeRows(0, self._model.rowCount())
        for group in facts.groups_of(cpu):
            heading = QStandardItem(group.capitalize())
            heading.setEditable(False)
            heading.setData(facts.summary(cpu, group), CELL)
            heading.setData(f"{group.capitalize()}: {facts.summary(cpu, group)}", Qt.ItemDataRole.AccessibleTextRole)
            for feature in (one for one in cpu.features if one.group == group):
                heading.appendRow(_row(feature, use_of(feature, ran, used)))
            self._model.appendRow(heading)
            self.setFirstColumnSpanned(heading.row(), QModelIndex(), True)
        self.expandAll()
        if present:
            self.show_line(present)

    def show_line(self, feature_id: str) -> None:
        """Goes to the row of a feature; one that is not there changes nothing."""
        root = QModelIndex()
        for group in range(self._model.rowCount()):
            parent = self._model.index(group, 0, root)
            for row in range(self._model.rowCount(parent)):
                index = self._model.index(row, 0, parent)
                if index.data(ID) == feature_id:
                    self.setCurrentIndex(index)
                    self.scrollTo(index, QTreeView.ScrollHint.PositionAtCenter)

    def line(self) -> str:
        """The id of the feature that the row in hand is of, or ""."""
        return str(self.currentIndex().siblingAtColumn(0).data(ID) or "")


def _row(feature: Feature, use: Use) -> list[QStandardItem]:
    silicon, allowed = facts.YES_OR_NO[feature.present], facts.YES_OR_NO[feature.usable]
    words = (feature.title, silicon, allowed, facts.USED_WORDS[use], feature.reason)
    items = [QStandardItem(word) for word in words]
    for item in items:
        item.setEditable(False)
    items[FEATURE].setData(feature.explains, CELL)
    items[FEATURE].setData(feature.id, ID)
    marks: dict[int, Use] = {
        SILICON: "used" if feature.present else "missing",
        ALLOWED: "used" if feature.usable else ("refused" if feature.present else "missing"),
        USED: "not told" if use == "usable" else use,
    }
    for column, sign in marks.items():
        items[column].setData(sign, CELL)
    last = "not known" if words[USED] == "?" else words[USED]
    said = f"In the silicon: {silicon}. Allowed by the system: {allowed}. Used by the last run: {last}."
    whole = f"{feature.title}. {feature.explains} {said} {feature.reason}".strip()
    items[FEATURE].setData(whole, Qt.ItemDataRole.AccessibleTextRole)
    return items


class _Cells(QStyledItemDelegate):
    """Paints names over their plain lines, marks beside their words, and groups as headings."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state: Any = option.state
        place = QRect(option.rect)
        worn = theme.worn()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(place, theme.mixed(worn.accent, worn.surface, 0.12))
        if not index.parent().isValid():
            self._paint_group(painter, place, index)
        elif index.column() in (SILICON, ALLOWED, USED):
            self._paint_mark(painter, place, index)
        else:
            self._paint_words(painter, place, index)
        painter.restore()

    def _paint_group(self, painter: QPainter, place: QRect, index: _Index) -> None:
        worn = theme.worn()
        font = theme.scaled(theme.HEADING, bold=True)
        line = place.adjusted(PADDING_PX, 0, -PADDING_PX, -6)
        bottom = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.setFont(font)
        painter.setPen(QColor(worn.text))
        painter.drawText(line, bottom, str(index.data()))
        painter.setFont(theme.scaled(theme.CAPTION))
        painter.setPen(QColor(worn.quiet))
        after = QFontMetrics(font).horizontalAdvance(str(index.data())) + 2 * PADDING_PX
        painter.drawText(line.adjusted(after, 0, 0, -1), bottom, str(index.data(CELL)))
        painter.fillRect(QRect(place.left(), place.bottom(), place.width(), 1), QColor(worn.line))

    def _paint_mark(self, painter: QPainter, place: QRect, index: _Index) -> None:
        use: Use = index.data(CELL)
        line = _first_line(place)
        box = QRectF(line.left() + PADDING_PX, line.center().y() - MARK_PX / 2 + 1, MARK_PX, MARK_PX)
        colour = theme.worn().text if use == "used" else theme.worn().quiet
        if use == "used":
            draw(painter, box, "tick", QColor(theme.worn().accent))
        else:
            draw_use(painter, box, use)
        if use != "not told":
            painter.setFont(theme.scaled(1))
            painter.setPen(QColor(colour))
            words = line.adjusted(PADDING_PX + MARK_PX + 6, 0, 0, 0)
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, str(index.data()))

    def _paint_words(self, painter: QPainter, place: QRect, index: _Index) -> None:
        worn = theme.worn()
        inside = place.adjusted(PADDING_PX, 5, -PADDING_PX, -5)
        if index.column() == FEATURE:
            usable = str(index.model().index(index.row(), ALLOWED, index.parent()).data()) == "yes"
            painter.setFont(_name_font())
            painter.setPen(QColor(worn.text if usable else worn.quiet))
            painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, str(index.data()))
            inside.setTop(inside.top() + QFontMetrics(_name_font()).height())
        painter.setFont(_line_font())
        painter.setPen(QColor(worn.quiet))
        painter.drawText(inside, Qt.TextFlag.TextWordWrap, _line(index))

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        if not index.parent().isValid():
            return QSize(
                0, QFontMetrics(theme.scaled(theme.HEADING, bold=True)).height() + theme.WIDE_GAP_PX + theme.GAP_PX
            )
        if index.column() not in (FEATURE, WHY):
            return QSize(0, theme.ROW_PX)
        view: Any = self.parent()
        width = max(40, view.columnWidth(index.column()) - 2 * PADDING_PX)
        metrics = QFontMetrics(_line_font())
        lines = metrics.boundingRect(QRect(0, 0, width, 10_000), Qt.TextFlag.TextWordWrap, _line(index))
        above = QFontMetrics(_name_font()).height() if index.column() == FEATURE else 0
        return QSize(0, max(theme.ROW_PX, lines.height() + above + 10))


def _first_line(place: QRect) -> QRect:
    """Marks stand in one line with the name."""
    return QRect(place.left(), place.top() + 5, place.width(), QFontMetrics(_name_font()).height())


def _line(index: _Index) -> str:
    return str((index.data(CELL) if index.column() == FEATURE else index.data()) or "")


def _name_font() -> QFont:
    return theme.scaled(1, bold=True)


def _line_font() -> QFont:
    return theme.scaled(theme.CAPTION)
