"""Notices, one line each, with details for those who want them."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from engine.wire.values import NoticeText
from gui import theme
from gui.widgets import mnemonics, text
from gui.widgets.details import DetailsText
from gui.widgets.mark import Mark

MOST_PX = 132
FEW = 2
"""So many lines are shown at first, in a low window one; a button shows the rest."""
LOW_PX = 700


class NoticeLines(QScrollArea):
    """A line for each notice; no height while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[NoticeText, ...] = ()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inside = QWidget()
        self._rows = QVBoxLayout(self._inside)
        self.setWidget(self._inside)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(4)
        self._lines: list[_Line] = []
        self.more = text.button("", self._fold, role="plain", explains="Shows or hides the notices after the first.")
        mnemonics.wants(self.more)
        self._unfolded = False
        self._few = FEW
        self._inside.installEventFilter(self)
        self.hide()

    def show_notices(self, notices: Sequence[NoticeText]) -> None:
        if tuple(notices) == self._shown:
            return
        self._shown = tuple(notices)
        self.more.setParent(self)
        for line in self._lines:
            self._rows.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._lines = [_Line(notice) for notice in self._shown]
        for line in self._lines:
            self._rows.addWidget(line)
        self._unfolded = False
        self._show_lines()
        self.setVisible(bool(self._shown))
        self._fit()

    def _fold(self) -> None:
        self._unfolded = not self._unfolded
        self._show_lines()
        mnemonics.give(self.window())

    def _show_lines(self) -> None:
        few = self._few
        for place, line in enumerate(self._lines):
            line.setVisible(self._unfolded or place < few)
        rest = len(self._lines) - few
        if self._lines:
            self._lines[-1 if self._unfolded else min(few, len(self._lines)) - 1].row.addWidget(self.more)
        self.more.setVisible(rest > 0)
        mnemonics.retitle(self.more, "Show fewer" if self._unfolded else f"{rest} more")
        self.more.setAccessibleName("Fewer notices" if self._unfolded else f"{rest} more notices")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        few = 1 if self.window().height() < LOW_PX else FEW
        if few != self._few:
            self._few = few
            self._show_lines()
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._inside and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        """As high as the lines are, up to a limit: what is more is scrolled to."""
        height = min(self._rows.minimumSize().height(), MOST_PX)
        if height != self.height():
            self.setFixedHeight(height)

    def texts(self) -> tuple[str, ...]:
        return tuple(notice.text for notice in self._shown)


class _Line(QWidget):
    """One line, which ends in "…" where it is too long; "Details" then has the whole."""

    def __init__(self, notice: NoticeText) -> None:
        super().__init__()
        self.setAccessibleName(f"Notice: {notice.text}")
        self._notice = notice
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        self.row = row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        row.addWidget(Mark("triangle", "warn"))
        self._text = text.ElidedLabel()
        self._text.cut.connect(self._show_toggle)
        row.addWidget(self._text, 1)
        whole.addLayout(row)
        self._details = DetailsText("Details of the notice")
        self.toggle: QPushButton = text.button(
            "Details", self._fold, role="plain", explains="Shows or hides more on this."
        )
        self.toggle.setAccessibleName(f"Details of: {notice.text[:80]}")
        mnemonics.wants(self.toggle)
        policy = self.toggle.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # else its coming and going would change what fits, and so itself
        self.toggle.setSizePolicy(policy)
        self.toggle.setVisible(bool(notice.details))
        row.addWidget(self.toggle)
        whole.addWidget(self._details)
        self._text.show_text(notice.text)

    def _show_toggle(self, cut: bool) -> None:
        self.toggle.setVisible(bool(self._notice.details) or cut or not self._details.isHidden())

    def _fold(self) -> None:
        parts = (self._notice.text, self._notice.details)
        self._details.setPlainText("\n\n".join(part for part in parts if part))
        self._details.setVisible(self._details.isHidden())
        mnemonics.retitle(self.toggle, "Details" if self._details.isHidden() else "Hide details")
        mnemonics.give(self.window())
