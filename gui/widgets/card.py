"""A framed part of a page: a heading, what one can do with it, and its content."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.widgets import text


class Card(QFrame):
    """Content goes into ``body``, buttons into ``head`` (right of the title)."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName(title)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.CARD_PADDING_PX] * 4)
        whole.setSpacing(theme.GAP_PX)
        self.title: QLabel = text.label(title, "heading")
        self.head = QHBoxLayout()
        self.head.setSpacing(theme.GAP_PX)
        self.head.addWidget(self.title, 0, Qt.AlignmentFlag.AlignVCenter)
        self.head.addStretch(1)
        whole.addLayout(self.head)
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.GAP_PX)
        whole.addLayout(self.body, 1)

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        self.body.addWidget(widget, stretch)
