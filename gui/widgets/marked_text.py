"""Text with some of its parts marked, each with a word beside it."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from gui import theme
from gui.widgets import text

AROUND_CHARACTERS = 20_000
"""Of a longer text only what lies this near to the marked parts is shown."""
SPANS_AT_ONCE = 2_000


class Span(NamedTuple):
    """Characters ``start`` to ``end`` (not included) of the text, and the word written behind them."""

    start: int
    end: int
    word: str = ""


class MarkedText(QPlainTextEdit):
    """Read-only.

    Places count characters as Python does: text is put in piece by piece, so emoji shift nothing.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setMinimumHeight(40)
        self.setTabChangesFocus(True)
        self.setProperty("role", "bare")
        self.setAccessibleName(name)
        text.explain(self, "The text with what was found in it marked.")
        self.setUndoRedoEnabled(False)
        self._shown: tuple[str, Sequence[Span]] = ("", ())

    def show_text(self, whole: str, spans: Sequence[Span]) -> None:
        """Spans that overlap or leave the text are left out."""
        self._shown = (whole, spans)
        usable = _in_order(whole, spans)
        first = max(0, usable[0].start - AROUND_CHARACTERS) if usable else 0
        last = min(len(whole), (usable[-1].end if usable else 0) + AROUND_CHARACTERS)
        self.clear()
        plain, marked, word = self._formats()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        if first:
            cursor.insertText("… ", word)
        at, place = first, 0
        for span in usable:
            cursor.insertText(whole[at : span.start], plain)
            place = place or cursor.position()
            cursor.insertText(whole[span.start : span.end], marked)
            if span.word:
                cursor.insertText(f"\u00a0{span.word}\u00a0", word)
            at = span.end
        cursor.insertText(whole[at:last], plain)
        if last < len(whole):
            cursor.insertText(" …", word)
        cursor.endEditBlock()
        at_mark = QTextCursor(self.document())
        at_mark.setPosition(place)
        self.setTextCursor(at_mark)
        self.ensureCursorVisible()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._shown[0]:
            self.show_text(*self._shown)  # its formats hold the former theme's colours

    def _formats(self) -> tuple[QTextCharFormat, QTextCharFormat, QTextCharFormat]:
        worn = theme.worn()
        plain, marked, word = QTextCharFormat(), QTextCharFormat(), QTextCharFormat()
        marked.setBackground(theme.mixed(worn.accent, worn.surface, 0.22))
        marked.setFontWeight(QFont.Weight.DemiBold)
        word.setForeground(QColor(worn.accent))
        word.setFontPointSize(max(6.0, self.font().pointSizeF() * 0.8))
        word.setFontWeight(QFont.Weight.DemiBold)
        return plain, marked, word


def _in_order(whole: str, spans: Sequence[Span]) -> list[Span]:
    usable: list[Span] = []
    for span in sorted(spans):
        after = usable[-1].end if usable else 0
        if after <= span.start < span.end <= len(whole):
            usable.append(span)
    return usable[:SPANS_AT_ONCE]
