"""A model's card as text and tables. What stands in it is foreign: it is never read as markup, nor anything fetched."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from PySide6.QtCore import QEvent, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFrameFormat,
    QTextLength,
    QTextTableFormat,
)
from PySide6.QtWidgets import QTextBrowser

from engine.wire.hub import Block, Span
from gui import theme
from gui.widgets import text
from gui.widgets.leave_box import SCHEMES

SLICE = 5_000
"""What is laid out in one turn of the event loop, as characters; a block and a cell count as some more."""
BLOCK_WEIGHS, CELL_WEIGHS = 100, 40
MOST_BLOCKS = 1_500
MOST_CHARACTERS = 8_000
"""Of one block: Qt lays a paragraph out as a whole."""
MOST_COLUMNS, MOST_CELL = 12, 300
MOST_TABLE = 36_000
"""What one table weighs at most: Qt lays it out as a whole too."""
HEADINGS = {1: 1.3, 2: theme.HEADING}
INDENT_PX = 18
_WHOLE = QTextLength(QTextLength.Type.PercentageLength, 100)
CUT = "The card is longer than what is shown here."
CUT_TABLE = "The table is longer than what is shown here."


class CardView(QTextBrowser):
    """Read-only. Signals: link_asked(address), where a link was pressed; it does not follow one."""

    link_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Model card")
        text.explain(
            self,
            "What the model's makers say of it. Tab goes through its links; one that is pressed says where it leads.",
        )
        self.setProperty("role", "bare")
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setUndoRedoEnabled(False)
        self.document().setDocumentMargin(0)
        self.setMinimumHeight(7 * theme.ROW_PX)
        self.anchorClicked.connect(lambda url: self.link_asked.emit(bytes(url.toEncoded().data()).decode()))
        self._blocks: tuple[Block, ...] = ()
        self._waiting: tuple[Block, ...] = ()
        self._cut = False
        self._drawn = ""
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(self._go_on)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """Nothing: no picture and no style sheet, from wherever it is."""
        return None

    def show_blocks(self, blocks: Sequence[Block], *, cut: bool = False) -> None:
        """``cut``: the card is longer. The first blocks are there at once, the others follow."""
        blocks = tuple(islice(blocks, MOST_BLOCKS + 1))
        cut = cut or len(blocks) > MOST_BLOCKS
        blocks = blocks[:MOST_BLOCKS]
        if (blocks, cut, theme.worn().name) == (self._blocks, self._cut, self._drawn):
            return
        self._blocks, self._cut, self._drawn = blocks, cut, theme.worn().name
        self.clear()
        self._waiting = blocks
        self._go_on()

    def whole(self) -> bool:
        """Whether all of it is laid out."""
        return not self._waiting

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._drawn not in ("", theme.worn().name):
            self.show_blocks(self._blocks, cut=self._cut)

    def _go_on(self) -> None:
        count = _slice(self._waiting)
        now, self._waiting = self._waiting[:count], self._waiting[count:]
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for block in now:
            _insert(cursor, block)
        if not self._waiting and self._cut and self._blocks:
            _insert(cursor, Block(kind="rule"))
            _insert(cursor, Block(kind="paragraph", spans=(Span(text=CUT),)))
        cursor.endEditBlock()
        if self._waiting:
            self._next.start(0)


def _slice(blocks: Sequence[Block]) -> int:
    """How many of them are one turn's; at least one."""
    weight = 0
    for count, block in enumerate(blocks):
        weight += BLOCK_WEIGHS + min(sum(len(span.text) for span in block.spans), MOST_CHARACTERS)
        weight += sum(_weighs(row) for row in _rows_of(block))
        if weight > SLICE:
            return max(1, count)
    return len(blocks)


def _rows_of(block: Block) -> list[Sequence[str]]:
    """Those of a table that are shown."""
    rows: list[Sequence[str]] = []
    weight = 0
    for row in filter(None, block.rows):
        weight += _weighs(row)
        if rows and weight > MOST_TABLE:
            break
        rows.append(row[:MOST_COLUMNS])
    return rows


def _weighs(row: Sequence[str]) -> int:
    return sum(CELL_WEIGHS + min(len(cell), MOST_CELL) for cell in row[:MOST_COLUMNS])


def _insert(cursor: QTextCursor, block: Block) -> None:
    if block.kind == "table":
        shown = _rows_of(block)
        _insert_table(cursor, shown)
        if len(shown) < len([row for row in block.rows if row]):
            _insert(cursor, Block(kind="paragraph", spans=(Span(text=CUT_TABLE),)))
        return
    shape = QTextBlockFormat()
    shape.setBottomMargin(theme.GAP_PX)
    plain = _plain()
    if block.kind == "heading":
        shape.setTopMargin(theme.WIDE_GAP_PX if not cursor.atStart() else 0)
        plain.setFont(theme.scaled(HEADINGS.get(block.level, 1.0), bold=True))
    elif block.kind == "item":
        shape.setLeftMargin(INDENT_PX * (min(max(block.level, 0), 6) + 1))
        shape.setTextIndent(-12)
        shape.setBottomMargin(3)
    elif block.kind == "code":
        plain.setFont(theme.fixed())
        shape.setLeftMargin(theme.GAP_PX)
        shape.setBackground(QColor(theme.worn().ground))
    elif block.kind == "rule":
        shape.setProperty(QTextBlockFormat.Property.BlockTrailingHorizontalRulerWidth, _WHOLE)
    _begin_block(cursor, shape, plain)
    if block.kind == "item":
        cursor.insertText("•  ", plain)
    _insert_spans(cursor, block.spans, plain)


def _begin_block(cursor: QTextCursor, shape: QTextBlockFormat, plain: QTextCharFormat) -> None:
    """A new document has an empty block already."""
    if cursor.position() == 0 and cursor.block().length() <= 1:
        cursor.setBlockFormat(shape)
        cursor.setBlockCharFormat(plain)
    else:
        cursor.insertBlock(shape, plain)


def _plain() -> QTextCharFormat:
    plain = QTextCharFormat()
    plain.setFont(theme.scaled(1))
    plain.setForeground(QColor(theme.worn().text))
    return plain


def _insert_spans(cursor: QTextCursor, spans: Sequence[Span], plain: QTextCharFormat) -> None:
    left = MOST_CHARACTERS
    for span in spans:
        said = span.text[:left]
        left -= len(said)
        shape = QTextCharFormat(plain)
        if span.strong:
            shape.setFontWeight(QFont.Weight.DemiBold)
        if span.code:
            shape.setFontFamilies(theme.fixed().families())
            shape.setFontFixedPitch(True)
        if span.link and QUrl(span.link).scheme().lower() in SCHEMES:
            shape.setAnchor(True)
            shape.setAnchorHref(span.link)
            shape.setForeground(QColor(theme.worn().accent))
            shape.setFontUnderline(True)
            shape.setToolTip(text.plain_tip(span.link))
        # A line of its own only where the makers wrote one; U+FFFC would stand for an object.
        cursor.insertText(said.replace("\r", "").replace("\n", "\u2028").replace("\ufffc", ""), shape)


def _insert_table(cursor: QTextCursor, shown: Sequence[Sequence[str]]) -> None:
    if not shown:
        return
    columns = max(len(row) for row in shown)
    shape = QTextTableFormat()
    shape.setCellPadding(4)
    shape.setCellSpacing(0)
    shape.setBorder(1)
    shape.setBorderCollapse(True)
    shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    shape.setBorderBrush(QColor(theme.worn().line))
    shape.setTopMargin(4)
    shape.setBottomMargin(theme.WIDE_GAP_PX)
    table = cursor.insertTable(len(shown), columns, shape)
    for place, row in enumerate(shown):
        for column, cell in enumerate(row):
            plain = _plain()
            if place == 0:
                plain.setFont(theme.scaled(theme.CAPTION, bold=True))
            table.cellAt(place, column).firstCursorPosition().insertText(cell[:MOST_CELL], plain)
    cursor.movePosition(QTextCursor.MoveOperation.End)
