"""A failure where it happened: what happened, what to do, and the details."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout

from engine.wire.values import Failure
from gui import theme
from gui.widgets import mnemonics, text
from gui.widgets.details import DetailsText
from gui.widgets.flow import Flow
from gui.widgets.mark import Mark


class Remedy(NamedTuple):
    """What one press does against a failure."""

    title: str
    explains: str
    do: Callable[[], object]


class FailurePanel(QFrame):
    """Hidden until ``show_failure`` gets one. ``action`` is the button that mends each of them, where one can."""

    def __init__(self, action_title: str = "", action: Callable[[], object] | None = None) -> None:
        super().__init__()
        self.setObjectName("failure")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._failure: Failure | None = None
        self._happened = text.label(wrap=True, selectable=True)
        self._happened.setFont(theme.scaled(1, bold=True))
        self._to_do = text.label(wrap=True, selectable=True)
        self._toggle = text.button(
            "Details", self._fold, role="plain", explains="Shows or hides the full text of the failure."
        )
        self._copy = text.button(
            "Copy",
            self._copy_all,
            role="plain",
            explains="Copies the failure with its details as text.",
        )
        self._copy.setAccessibleName("Copy failure")
        for button in (self._toggle, self._copy):
            mnemonics.wants(button)
        self.action: QPushButton | None = None
        self.remedies: tuple[QPushButton, ...] = ()
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
        self._buttons = Flow()
        self._buttons.arranged.connect(self._fit)
        if action is not None:
            self.action = text.button(action_title, action)
            self._buttons.insert(0, self.action)
        for button in (self._toggle, self._copy):
            self._buttons.insert(len(self._buttons.widgets()), button)
        whole.addWidget(self._buttons)
        whole.addWidget(self._details)

    def show_failure(self, failure: Failure | None, remedies: Sequence[Remedy] = ()) -> None:
        """None hides the panel. ``remedies`` become buttons, the first the most likely."""
        if failure is self._failure:
            return
        self._failure = failure
        self.setVisible(failure is not None)
        self._offer(remedies if failure is not None else ())
        if failure is None:
            return
        self._happened.setText(failure.what_happened)
        self._to_do.setText(failure.what_to_do)
        self._to_do.setVisible(bool(failure.what_to_do))
        self._details.setPlainText(failure.details)
        self._details.hide()
        self._toggle.setVisible(bool(failure.details))
        mnemonics.retitle(self._toggle, "Details")
        self.setAccessibleName(f"Failure: {failure.what_happened}")
        self.setAccessibleDescription(failure.what_to_do)
        mnemonics.give(self.window())
        self._buttons.arrange()

    def _offer(self, remedies: Sequence[Remedy]) -> None:
        for old in self.remedies:
            self._buttons.remove(old)
        self.remedies = tuple(text.button(one.title, one.do, explains=one.explains) for one in remedies)
        for place, button in enumerate(self.remedies):
            mnemonics.wants(button)
            self._buttons.insert(place, button)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as its words need at its width: a splitter around it asks for no height by width."""
        layout = self.layout()
        needed = layout.totalHeightForWidth(self.width()) if layout is not None else 0
        if needed > 0 and needed != self.minimumHeight():
            self.setMinimumHeight(needed)

    def failure(self) -> Failure | None:
        return self._failure

    def _fold(self) -> None:
        shown = self._details.isHidden()
        self._details.setVisible(shown)
        mnemonics.retitle(self._toggle, "Hide details" if shown else "Details")
        mnemonics.give(self.window())
        self._buttons.arrange()

    def _copy_all(self) -> None:
        if self._failure is not None:
            parts = (self._failure.what_happened, self._failure.what_to_do, self._failure.details)
            QApplication.clipboard().setText("\n".join(part for part in parts if part))
