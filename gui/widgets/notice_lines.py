"""Notices, one line each, with details for those who want them."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from engine.wire.messages import NoticeText
from gui import theme
from gui.widgets import text
from gui.widgets.details import DetailsText
from gui.widgets.mark import Mark

MOST_PX = 96


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
        self._inside.installEventFilter(self)
        self.hide()

    def show_notices(self, notices: Sequence[NoticeText]) -> None:
        if tuple(notices) == self._shown:
            return
        self._shown = tuple(notices)
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for notice in self._shown:
            self._rows.addWidget(_Line(notice))
        self.setVisible(bool(self._shown))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._inside and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        """As high as the lines are, up to a limit: what is more is scrolled to."""
        needed = self._rows.totalHeightForWidth(self.viewport().width())
        height = min(max(needed, self._rows.minimumSize().height()), MOST_PX)
        if height != self.height():
            self.setFixedHeight(height)

    def texts(self) -> tuple[str, ...]:
        return tuple(notice.text for notice in self._shown)


class _Line(QWidget):
    def __init__(self, notice: NoticeText) -> None:
        super().__init__()
        self.setAccessibleName(f"Notice: {notice.text}")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        row.addWidget(Mark("triangle", "warn"))
        row.addWidget(text.label(notice.text, wrap=True, selectable=True), 1)
        whole.addLayout(row)
        self._details = DetailsText("Details of the notice")
        self._details.setPlainText(notice.details)
        if notice.details:
            self._toggle = text.button("Details", self._fold, role="plain", explains="Shows or hides more on this.")
            row.addWidget(self._toggle)
        whole.addWidget(self._details)

    def _fold(self) -> None:
        self._details.setVisible(self._details.isHidden())
        self._toggle.setText("Details" if self._details.isHidden() else "Hide details")
