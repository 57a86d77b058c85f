"""Labels and buttons in the few kinds that the window has. All text is shown as it is, never as markup."""

import html
import unicodedata
from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QPushButton, QSizePolicy, QWidget

from gui import theme

Role = Literal["", "quiet", "caption", "heading", "figure", "warn", "error", "accent"]
_SCALES = {"caption": theme.CAPTION, "heading": theme.HEADING, "figure": theme.FIGURE}


def label(text: str = "", role: Role = "", *, wrap: bool = False, selectable: bool = False) -> QLabel:
    """A label of plain text: what a model or the engine says is never read as markup."""
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setText(text)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    if wrap:
        # Words longer than the label would else demand its width from the whole page.
        made.setMinimumWidth(40)
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    if role in _SCALES:
        made.setFont(theme.scaled(_SCALES[role], bold=role in ("heading", "figure")))
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def set_role(widget: QWidget, role: Role) -> None:
    """Another colour for a label, by what it says."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def set_text(made: QLabel, text: str) -> None:
    """Sets the text where it differs: setting it costs a layout."""
    if made.text() != text:
        made.setText(text)


class ElidedLabel(QLabel):
    """One line that gives way: what does not fit ends in "…", and the whole is its tool tip.

    Signals: cut(on), where what is shown is another.
    """

    cut = Signal(bool)

    def __init__(self, role: Role = "", where: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self._whole = ""
        self._is_cut = False
        self._where = where
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        if role in _SCALES:
            self.setFont(theme.scaled(_SCALES[role], bold=role == "heading"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_text(self, text: str) -> None:
        if text != self._whole:
            self._whole = text
            self.setAccessibleName(text)
            self._elide()

    def whole(self) -> str:
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._elide()

    def _elide(self) -> None:
        line = self._whole.replace("\n", " ")
        shown = QFontMetrics(self.font()).elidedText(line, self._where, max(0, self.width()))
        self.setText(shown)
        self.setToolTip(plain_tip(self._whole) if shown != line else "")
        if self._is_cut != (shown != line):
            self._is_cut = shown != line
            self.cut.emit(self._is_cut)


def isolated(text: str) -> str:
    """Text in a direction of its own (Unicode's first strong isolate): its full stop stays at its own end, and what
    stands beside it in its place.
    """
    return f"\u2068{text}\u2069" if any(_is_right_to_left(letter) for letter in text) else text


def _is_right_to_left(letter: str) -> bool:
    return letter >= "\u0590" and unicodedata.bidirectional(letter) in ("R", "AL")


def plain_tip(text: str) -> str:
    """A tool tip's text: Qt reads markup there, so what could be markup is escaped."""
    return f"<qt>{html.escape(text[:1_000])}</qt>" if "<" in text else text[:1_000]


def button(
    text: str,
    action: Callable[[], object] | None = None,
    *,
    role: Literal["", "main", "second", "plain"] = "",
    explains: str = "",
    shortcut: str = "",
) -> QPushButton:
    """A push button. ``explains`` is told by F1 and to screen readers."""
    made = QPushButton(text)
    made.setProperty("role", role)
    made.setAutoDefault(False)
    if action is not None:
        made.clicked.connect(lambda _checked=False: action())
    if shortcut:
        made.setShortcut(QKeySequence(shortcut))
    explain(made, explains)
    return made


def explain(widget: QWidget, text: str) -> None:
    """What F1 says of the widget, and what a screen reader adds to its name."""
    widget.setWhatsThis(text)
    widget.setAccessibleDescription(text)


def narrow(combo: QComboBox) -> None:
    """Lets the box be narrower than its longest choice, which then ends in "…"; the open list is as
    wide as it needs.
    """
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(8)
    combo.view().setTextElideMode(Qt.TextElideMode.ElideNone)


def hairline() -> QFrame:
    made = QFrame()
    made.setObjectName("hairline")
    return made
