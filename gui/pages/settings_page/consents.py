"""Models whose pickled weights were allowed; each can be revoked."""

import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QPushButton

from engine.wire.messages import ListConsents, Revoke
from engine.wire.values import Consent
from gui import theme
from gui.run_state import State, new_id
from gui.widgets import text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel

PLAIN = (
    "Weights that are a pickle can carry code. They are opened only for models that you allowed, and then only "
    "numbers are taken out of them."
)
NONE = "No model was allowed. Where one needs it, the Run page asks."


class ConsentsCard(Card):
    """Signals: asked(ListConsents or Revoke)."""

    asked = Signal(object)

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
        for button in self.revokes.values():
            button.setEnabled(state.consenting is None)

    def _show_consents(self, consents: tuple[Consent, ...]) -> None:
        if consents == self._shown:
            return
        self._shown = consents
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.revokes = {}
        for row, consent in enumerate(consents):
            self._add_row(row, consent)

    def _add_row(self, row: int, consent: Consent) -> None:
        name = text.ElidedLabel(where=Qt.TextElideMode.ElideMiddle)
        name.show_text(consent.ref)
        given = datetime.datetime.fromtimestamp(consent.given_s).date().isoformat()
        revoke = text.button(
            "Revoke",
            lambda: self.asked.emit(Revoke(id=new_id("revoke"), weights_sha256=consent.weights_sha256)),
            explains=f"{consent.ref} is no longer allowed; the next run asks again.",
        )
        revoke.setAccessibleName(f"Revoke {consent.ref}")
        self.revokes[consent.weights_sha256] = revoke
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(text.label(f"allowed {given}", "quiet"), row, 1)
        self._grid.addWidget(revoke, row, 2)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._list()

    def _list(self) -> None:
        if self._state.consenting is None:
            self.asked.emit(ListConsents(id=new_id("consents")))
