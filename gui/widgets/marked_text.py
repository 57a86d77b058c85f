"""Text with some of its parts marked, each with a word beside it."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor

from gui import theme
from gui.widgets import text
from gui.widgets.details import ReadText, paragraphs

AROUND_CHARACTERS = 10_000
"""Of a longer text only what lies this near to the first and last marked part is shown."""
SHOWN_CHARACTERS = 30_000
SPANS_AT_ONCE = 500


class Span(NamedTuple):
    """Characters ``start`` to ``end`` (not included) of the text, and the word written behind them."""

    start: int
    end: int
    word: str = ""


class MarkedText(ReadText):
    """Places count characters as Python does: text is put in piece by piece, so emoji shift nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setMinimumHeight(40)
        self.setProperty("role", "bare")
        text.explain(self, "The text with what was found in it marked.")
        self.setUndoRedoEnabled(False)
        self._shown: tuple[str, Sequence[Span]] = ("", ())

    def show_text(self, whole: str, spans: Sequence[Span]) -> None:
        """Spans that overlap or leave the text are left out."""
        self._shown = (whole, spans)
        usable = _in_order(whole, spans)
        first = max(0, usable[0].start - AROUND_CHARACTERS) if usable else 0
        last = min(len(whole), (usable[-1].end if usable else 0) + AROUND_CHARACTERS, first + SHOWN_CHARACTERS)
        self.clear()
        plain, marked, word = self._formats()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        if first:
            cursor.insertText("… ", word)
        at, place = first, 0
        for span in usable:
            if span.start >= last:
                break
            cursor.insertText(paragraphs(whole[at : span.start]), plain)
            place = place or cursor.position()
            cursor.insertText(paragraphs(whole[span.start : min(span.end, last)]), marked)
            if span.word:
                cursor.insertText(f"\u00a0{span.word}\u00a0", word)
            at = min(span.end, last)
        cursor.insertText(paragraphs(whole[at:last]), plain)
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
