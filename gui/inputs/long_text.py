"""A field for much text: typing stays quick in a paragraph of a megabyte.

Qt lays out the whole paragraph at each key. So a very long one is kept as several, with a seam between them that is no
part of the value: two characters that show nothing, which Unicode has given up (U+206F), and a line break.
"""

import re

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

LONGEST_CHARACTERS = 4_000
"""A longer paragraph is parted; one of this length takes a few milliseconds at each key."""
PART_CHARACTERS = 2_000
SEAM = "\u206f\u206f\n"
_SEAMS = re.compile("\u206f+\n?")
"""Also what is left of a seam after Delete or Backspace took one character of it."""


class LongText(QPlainTextEdit):
    """Plain text of any length. Tab leaves it for the next field."""

    def __init__(self) -> None:
        super().__init__()
        self._whole: tuple[int, str] = (-1, "")
        self.setTabChangesFocus(True)
        self.setMinimumHeight(self.fontMetrics().lineSpacing() + 20)

    def whole(self) -> str:
        """The text without seams; a megabyte is read once for each change."""
        revision = self.document().revision()
        if revision != self._whole[0]:
            self._whole = (revision, without_seams(self.toPlainText()))
        return self._whole[1]

    def replace_all(self, content: str) -> None:
        """Replaces the whole text in one step that Ctrl+Z takes back."""
        if self.whole() == content:
            return
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(with_seams(content))
        cursor.movePosition(QTextCursor.MoveOperation.Start)
        self.setTextCursor(cursor)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Pasted or dropped."""
        if source.hasText():
            self.textCursor().insertText(with_seams(source.text()))
            self.ensureCursorVisible()

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copied, cut or dragged."""
        made = QMimeData()
        made.setText(without_seams(self.textCursor().selection().toPlainText()))
        return made


def with_seams(content: str) -> str:
    """``content`` with its very long paragraphs parted, between words where there are any."""
    if len(content) <= LONGEST_CHARACTERS:
        return content
    return "\n".join(
        line if len(line) <= LONGEST_CHARACTERS else SEAM.join(parts(line)) for line in content.split("\n")
    )


def parts(line: str) -> list[str]:
    """``line`` in pieces of at most ``PART_CHARACTERS``, each but the last ending with a space where there is one."""
    found, start = [], 0
    while len(line) - start > PART_CHARACTERS:
        end = line.rfind(" ", start + PART_CHARACTERS // 2, start + PART_CHARACTERS) + 1
        end = end or start + PART_CHARACTERS
        found.append(line[start:end])
        start = end
    return [*found, line[start:]]


def without_seams(content: str) -> str:
    content = content.replace(SEAM, "")
    return _SEAMS.sub("", content) if "\u206f" in content else content
