"""The precisions of a mode, each with how it stands; one that cannot be picked says why."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from engine.wire.values import PrecisionCard
from gui import theme
from gui.pages.run_page.verdicts import Verdict, sentence
from gui.widgets import text
from gui.widgets.mark import draw

LIST_PX = 400
PADDING_PX = 8
MARK_PX = 12
VERDICT = Qt.ItemDataRole.UserRole + 1
QUIETLY = frozenset({"ready"})
"""What needs no word in a list."""
_Index = QModelIndex | QPersistentModelIndex


class Standing(NamedTuple):
    """A precision and how it stands."""

    card: PrecisionCard
    verdict: Verdict


class PrecisionChoice(QComboBox):
    """Lists all precisions; those that cannot run are there too, with the reason."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Standing, ...] = ()
        self.setAccessibleName("Precision")
        text.narrow(self)
        text.explain(self, "How many bits numbers have. Fewer are faster, and answers may differ a little.")
        self.view().setMinimumWidth(LIST_PX)
        self.view().setItemDelegate(_Lines(self.view()))

    def show_precisions(self, standings: Sequence[Standing], chosen: str) -> None:
        if tuple(standings) != self._shown:
            self._shown = tuple(standings)
            model = QStandardItemModel(self)
            for card, verdict in standings:
                item = QStandardItem(card.title)
                item.setData(card.id, Qt.ItemDataRole.UserRole)
                item.setData(verdict, VERDICT)
                said = ", ".join(part for part in (card.title, verdict.word, verdict.why) if part)
                item.setData(said, Qt.ItemDataRole.AccessibleTextRole)
                item.setToolTip(text.plain_tip(verdict.why or verdict.tip))
                item.setEnabled(verdict.can)
                model.appendRow(item)
            self.setModel(model)
        self.setCurrentIndex(self.findData(chosen))
        self.setEnabled(len(standings) > 1)


class _Lines(QStyledItemDelegate):
    """A line with name and state, and below it, where there is one, the reason."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        style: Any = option
        verdict, title = index.data(VERDICT), str(index.data() or "")
        worn = theme.worn()
        place = QRect(style.rect)
        painter.save()
        if style.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(place, theme.mixed(worn.accent, worn.surface, 0.12))
        inside = place.adjusted(PADDING_PX, 4, -PADDING_PX, -4)
        painter.setFont(theme.scaled(1))
        painter.setPen(worn.text if verdict is None or verdict.can else worn.quiet)
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, title)
        if verdict is not None:
            self._paint_state(painter, inside, verdict)
            painter.setFont(theme.scaled(theme.CAPTION))
            painter.setPen(worn.warn if verdict.shape == "triangle" else worn.quiet)
            inside.setTop(inside.top() + _title_height())
            painter.drawText(inside, Qt.TextFlag.TextWordWrap, sentence(verdict.why))
        painter.restore()

    @staticmethod
    def _paint_state(painter: QPainter, inside: QRect, verdict: Verdict) -> None:
        if verdict.word in QUIETLY:
            return
        painter.setFont(theme.scaled(theme.CAPTION))
        painter.setPen(theme.worn().quiet)
        line = QRect(inside.left(), inside.top(), inside.width(), _title_height())
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, verdict.word)
        width = painter.fontMetrics().horizontalAdvance(verdict.word)
        box = QRect(line.right() - width - MARK_PX - 6, line.center().y() - MARK_PX // 2, MARK_PX, MARK_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter, box.toRectF(), verdict.shape, QColor(getattr(theme.worn(), verdict.colour)))

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        width = LIST_PX - 4 * PADDING_PX  # less than there is: the list has a frame and margins of its own
        verdict = index.data(VERDICT)
        why = sentence(verdict.why) if verdict is not None else ""
        metrics = QFontMetrics(theme.scaled(theme.CAPTION))
        below = metrics.boundingRect(QRect(0, 0, width, 10_000), Qt.TextFlag.TextWordWrap, why).height() if why else 0
        return QSize(LIST_PX, max(theme.ROW_PX, _title_height() + below + 8))


def _title_height() -> int:
    return QFontMetrics(theme.scaled(1)).height()
