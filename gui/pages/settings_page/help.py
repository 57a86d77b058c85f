"""Help: which program this is, its keys, and whether there is a newer one."""

from importlib import metadata

from PySide6.QtCore import Signal

from engine.wire.hub import RELEASES_PAGE
from engine.wire.messages import CheckForUpdate, UpdateTold
from gui.run_state import State, new_id
from gui.widgets import text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.flow import Flow
from gui.widgets.leave_box import LeaveBox

KEYS = (
    "F1 says what the control in hand is for. Ctrl+1 to Ctrl+6 show the pages, F11 presents what a page shows, Esc "
    "stops what runs."
)
PLAIN = (
    "No telemetry: Fastpath tells nobody that it runs, or what. It asks for a newer version only when you press the "
    "button."
)


class HelpCard(Card):
    """Signals: asked(CheckForUpdate); welcome_asked, where the introduction is to be shown again."""

    asked = Signal(object)
    welcome_asked = Signal()

    def __init__(self) -> None:
        super().__init__("Help")
        self._state = State()
        self._is = text.label(named(), wrap=True, selectable=True)
        self._says = text.label("", wrap=True)
        self.check = text.button(
            "Is there a newer &version?", self._check, explains="Asks once, over the network, for the newest version."
        )
        self.page = text.button("Where to &get it…", self._ask_page, explains="Says where it is, to open or copy.")
        self.welcome = text.button(
            "Show the &introduction again", self.welcome_asked.emit, explains="The three pages of the first start."
        )
        buttons = Flow()
        for place, button in enumerate((self.check, self.page, self.welcome)):
            buttons.insert(place, button)
        self._buttons = buttons
        self._failure = FailurePanel()
        self.leave = LeaveBox()
        self.add(self._is)
        self.add(text.label(KEYS, wrap=True))
        self.add(text.label(PLAIN, "quiet", wrap=True))
        self.add(buttons)
        self.add(self._says)
        self.add(self._failure)
        self.add(self.leave)
        self.show_state(State())

    def show_state(self, state: State) -> None:
        self._state = state
        view = state.hub
        waits = "update" in view.waiting
        self._failure.show_failure(view.failures.get("update"))
        text.set_text(self._says, "Asking" if waits else in_words(view.update))
        self._says.setVisible(bool(self._says.text()))
        found = bool(self._address())
        if self.page.isHidden() == found:
            self.page.setVisible(found)
            self._buttons.arrange()

    def _check(self) -> None:
        """The button stays as it is meanwhile: a disabled one would lose the focus."""
        if "update" not in self._state.hub.waiting:
            self.asked.emit(CheckForUpdate(id=new_id("update")))

    def _address(self) -> str:
        """Of a newer one, or where it cannot be found out, of all; else ""."""
        view = self._state.hub
        if view.failures.get("update") is not None:
            return RELEASES_PAGE
        return view.update.page if view.update is not None and view.update.newer else ""

    def _ask_page(self) -> None:
        self.leave.ask(self._address())


def named() -> str:
    """Name, version and licence, as the program's own metadata has them."""
    try:
        told = metadata.metadata("fastpath")
    except metadata.PackageNotFoundError:
        return "Fastpath"
    licence = next((told[name] for name in ("License-Expression", "License") if name in told), "")
    parts = (f"Fastpath {told['Version']}", f"licence {licence}" if licence else "")
    return ", ".join(part for part in parts if part)


def in_words(told: UpdateTold | None) -> str:
    if told is None:
        return ""
    return f"There is a newer one: {told.version}." if told.newer else "This is the newest version."
