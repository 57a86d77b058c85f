"""A failure where it happened: what happened, what to do, and the details."""

from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout

from engine.wire.messages import Failure
from gui import theme
from gui.widgets import text
from gui.widgets.details import DetailsText
from gui.widgets.mark import Mark


class FailurePanel(QFrame):
    """Hidden until ``show_failure`` gets one. ``action`` is the button that mends it, where one can."""

    def __init__(self, action_title: str = "", action: Callable[[], object] | None = None) -> None:
        super().__init__()
        self.setObjectName("failure")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._failure: Failure | None = None
        self._happened = text.label(wrap=True, selectable=True)
        self._happened.setFont(theme.scaled(1, bold=True))
        self._to_do = text.label(wrap=True, selectable=True)
        self._toggle = text.button(
            "&Details", self._fold, role="plain", explains="Shows or hides the full text of the failure."
        )
        self._copy = text.button(
            "Cop&y details",
            self._copy_all,
            role="plain",
            explains="Copies the failure with its details as text.",
        )
        self.action: QPushButton | None = None
        self._details = DetailsText("Details of the failure")
        self._lay_out(action_title, action)
        self.hide()

    def _lay_out(self, action_title: str, action: Callable[[], object] | None) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.CARD_PADDING_PX] * 4)
        whole.setSpacing(4)
        first = QHBoxLayout()
        first.setSpacing(theme.GAP_PX)
        first.addWidget(Mark("cross", "error"))
        first.addWidget(self._happened, 1)
        whole.addLayout(first)
        whole.addWidget(self._to_do)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        if action is not None:
            self.action = text.button(action_title, action)
            row.addWidget(self.action)
        row.addWidget(self._toggle)
        row.addWidget(self._copy)
        row.addStretch(1)
        whole.addLayout(row)
        whole.addWidget(self._details)

    def show_failure(self, failure: Failure | None) -> None:
        """None hides the panel."""
        if failure is self._failure:
            return
        self._failure = failure
        self.setVisible(failure is not None)
        if failure is None:
            return
        self._happened.setText(failure.what_happened)
        self._to_do.setText(failure.what_to_do)
        self._to_do.setVisible(bool(failure.what_to_do))
        self._details.setPlainText(failure.details)
        self._details.hide()
        self._toggle.setVisible(bool(failure.details))
        self._toggle.setText("&Details")
        self.setAccessibleName(f"Failure: {failure.what_happened}")
        self.setAccessibleDescription(failure.what_to_do)

    def failure(self) -> Failure | None:
        return self._failure

    def _fold(self) -> None:
        shown = self._details.isHidden()
        self._details.setVisible(shown)
        self._toggle.setText("Hide &details" if shown else "&Details")

    def _copy_all(self) -> None:
        if self._failure is not None:
            parts = (self._failure.what_happened, self._failure.what_to_do, self._failure.details)
            QApplication.clipboard().setText("\n".join(part for part in parts if part))
