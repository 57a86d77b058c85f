"""The access token of the Hub: where one lies, another one, none. It is never shown, and not kept here."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from engine.wire.messages import LookAtToken, SetToken, TokenTold
from gui import theme
from gui.run_state import State, new_id
from gui.widgets import text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel

PLAIN = (
    "Only models with conditions and private ones need it: an access token of your account at the Hugging Face Hub, "
    "made on its page Settings, Access Tokens. Reading is enough. It is sent to the Hub alone, never to a model."
)
PLACES = {
    "none": "There is none.",
    "keyring": "There is one, in this system's keyring.",
    "session": "There is one, for as long as Fastpath is open.",
    "environment": "There is one, in the environment (HF_TOKEN).",
    "file": "There is one, where other programs of the Hub keep it.",
}
MOST_CHARACTERS = 500


class AccountCard(Card):
    """Signals: asked(LookAtToken or SetToken)."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__("Hugging Face account")
        self._state = State()
        self._says = text.label("", wrap=True)
        self.token = QLineEdit()
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setMaxLength(MOST_CHARACTERS)
        self.token.setAccessibleName("Access token")
        self.token.setPlaceholderText("hf_…")
        text.explain(self.token, "An access token of your account. It is passed on once, and not shown again.")
        self.keep = text.button(
            "Keep to&ken", self._keep, explains="Tries the token, and keeps it where it says below."
        )
        self.remove = text.button("Remove to&ken", self._remove, explains="Forgets the token that Fastpath keeps.")
        self._where = text.label("", "caption", wrap=True)
        self._failure = FailurePanel("Look at it again", self._look)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        caption = text.label("Access t&oken", "quiet")
        caption.setBuddy(self.token)
        for widget in (caption, self.token, self.keep, self.remove):
            row.addWidget(widget, int(widget is self.token))
        self.add(text.label(PLAIN, "quiet", wrap=True))
        self.add(self._says)
        self.body.addLayout(row)
        self.add(self._where)
        self.add(self._failure)
        self.token.textChanged.connect(lambda _text: self._show_buttons())
        self.token.returnPressed.connect(self._keep)

    def show_state(self, state: State) -> None:
        self._state = state
        view = state.hub
        self._failure.show_failure(view.failures.get("token"))
        text.set_text(self._says, self._said(view.token))
        where = "in this system's keyring" if view.token is not None and view.token.keyring else ""
        where = where or "for this session only, for this system has no keyring that Fastpath can use"
        text.set_text(self._where, f"A token that you put in is kept {where}." if view.token is not None else "")
        self._where.setVisible(view.token is not None)
        self._show_buttons()

    def _said(self, told: TokenTold | None) -> str:
        if isinstance(self._state.hub.waiting.get("token"), SetToken):
            return "Asking the Hub whose it is"
        if told is None:
            return "Looking" if self._state.live else "Waiting for the engine"
        whose = f" It is {told.account}'s." if told.account else ""
        return f"{PLACES[told.place]}{whose}"

    def _show_buttons(self) -> None:
        told, busy = self._state.hub.token, "token" in self._state.hub.waiting
        self.keep.setVisible(
            bool(self.token.text().strip()) or told is None or told.place not in ("keyring", "session")
        )
        self.keep.setEnabled(bool(self.token.text().strip()) and not busy)
        self.remove.setVisible(not self.keep.isVisibleTo(self))
        self.remove.setEnabled(not busy)

    def _keep(self) -> None:
        token = self.token.text().strip()
        if token and "token" not in self._state.hub.waiting:
            self.token.setFocus()
            self.token.clear()
            self.asked.emit(SetToken(id=new_id("token"), token=token))

    def _remove(self) -> None:
        self.token.setFocus()
        self.asked.emit(SetToken(id=new_id("token"), token=""))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._state.hub.token is None:
            self._look()

    def _look(self) -> None:
        if "token" not in self._state.hub.waiting:
            self.asked.emit(LookAtToken(id=new_id("token")))
