"""Weights that can carry code: what that means, and the person's word."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui import theme
from gui.widgets import mnemonics, text
from gui.widgets.mark import Mark


class ConsentBox(QWidget):
    """Hidden where nothing is asked. Signals: allowed."""

    allowed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._means = text.label("", wrap=True)
        self.allow = text.button("Allow for this model", self.allowed.emit)
        mnemonics.wants(self.allow)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        row.addWidget(Mark("triangle", "warn"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._means, 1)
        whole.addLayout(row)
        whole.addWidget(self.allow, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_consent(self, means: str, waiting: bool) -> None:
        """``means``: what the person allows; "" hides the box. ``waiting``: it was pressed."""
        self.setVisible(bool(means))
        text.set_text(self._means, means)
        self.allow.setEnabled(not waiting)
        text.explain(self.allow, f"{means} It can be revoked in Settings.")
