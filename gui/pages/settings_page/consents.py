"""Models whose pickled weights were allowed; each can be revoked."""

import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QPushButton

from engine.wire.messages import ListConsents, Revoke
from engine.wire.values import Consent
from gui import theme
from gui.run_state import State, new_id
from gui.widgets import mnemonics, text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel

PLAIN = (
    "Weights that are a pickle can carry code. They are opened only for models that you allowed, and then only "
    "numbers are taken out of them."
)
NONE = "No model was allowed. Where one needs it, the Run page asks."


class ConsentsCard(Card):
    """Signals: asked(ListConsents or Revoke); emptied, where the button that had the focus was the last."""

    asked = Signal(object)
    emptied = Signal()

    def __init__(self) -> None:
        super().__init__("Models with pickled weights")
        self.revokes: dict[str, QPushButton] = {}
        self._shown: tuple[Consent, ...] | None = None
        self._state = State()
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.WIDE_GAP_PX)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        self._note = text.label("", wrap=True)
        self._failure = FailurePanel("Look again", self._list)
        if self._failure.action is not None:
            mnemonics.wants(self._failure.action)
        self.add(text.label(PLAIN, "quiet", wrap=True))
        self.add(self._note)
        self.body.addLayout(self._grid)
        self.add(self._failure)

    def show_state(self, state: State) -> None:
        self._state = state
        self._failure.show_failure(state.consent_failure)
        if state.consents is None:
            text.set_text(self._note, "Looking" if state.live else "Waiting for the engine")
        else:
            text.set_text(self._note, "" if state.consents else NONE)
        self._note.setVisible(bool(self._note.text()))
        self._show_consents(state.consents or ())

    def _show_consents(self, consents: tuple[Consent, ...]) -> None:
        if consents == self._shown:
            return
        self._shown = consents
        focused = self.window().focusWidget()
        row_of_focus = next((row for row, button in enumerate(self.revokes.values()) if button is focused), None)
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.revokes = {}
        for row, consent in enumerate(consents):
            self._add_row(row, consent)
        mnemonics.give(self.window())
        if row_of_focus is not None:
            self._focus(row_of_focus)

    def _focus(self, row: int) -> None:
        """The focus to the button that is now where the focused one was: Qt would pass it on to anywhere."""
        buttons = list(self.revokes.values())
        if not buttons:
            self.emptied.emit()
            return
        button = buttons[min(row, len(buttons) - 1)]
        button.show()
        button.setFocus()

    def _add_row(self, row: int, consent: Consent) -> None:
        name = text.ElidedLabel(where=Qt.TextElideMode.ElideMiddle)
        name.show_text(consent.ref)
        given = datetime.datetime.fromtimestamp(consent.given_s).date().isoformat()
        revoke = text.button(
            "Revoke",
            lambda: self._revoke(consent),
            explains=f"{consent.ref} is no longer allowed; the next run asks again.",
        )
        revoke.setAccessibleName(f"Revoke {consent.ref}")
        mnemonics.wants(revoke)
        self.revokes[consent.weights_sha256] = revoke
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(text.label(f"allowed {given}", "quiet"), row, 1)
        self._grid.addWidget(revoke, row, 2)

    def _revoke(self, consent: Consent) -> None:
        """The button stays as it is meanwhile: a disabled one would lose the focus."""
        if not isinstance(self._state.consenting, Revoke):
            self.asked.emit(Revoke(id=new_id("revoke"), weights_sha256=consent.weights_sha256))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        mnemonics.give(self.window())
        self._list()

    def _list(self) -> None:
        if self._state.consenting is None:
            self.asked.emit(ListConsents(id=new_id("consents")))
