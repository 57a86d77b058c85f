"""The Models page: two sides, and the downloads below both."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from engine.wire.messages import ListDownloads
from gui import theme
from gui.pages.models_page.downloads_card import DownloadsCard
from gui.pages.models_page.find_side import FindSide
from gui.pages.models_page.local_side import LocalSide
from gui.run_state import State, new_id
from gui.settings import Settings
from gui.widgets import focus, mnemonics, tab_order, text

OFFLINE = "The network is off: only what is on this computer can be found and used."
FIND, LOCAL = 0, 1


class ModelsPage(QWidget):
    """Asks for what it shows when it is looked at, and again when a download has ended or the engine was started anew.

    Signals:
        asked: a request.
        page_asked: another page is to be shown, by its name.
        use_asked: a model is to be chosen on the Run page: its name, and the model that lends its tokenizer or "".
        network_asked: the network is to be on.
        folders_changed: the person's own folders with models, to be remembered.
    """

    title = "Models"
    icon = "models"
    asked = Signal(object)
    page_asked = Signal(str)
    use_asked = Signal(str, str)
    network_asked = Signal()
    folders_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self._state = State()
        self._network_off = False
        self._lettered: tuple[object, ...] = ()
        self.hub = FindSide()
        self.local = LocalSide()
        self.downloads = DownloadsCard()
        self.parts = (
            self._made_part("&Find on the Hub", "Shows models of the Hugging Face Hub.", FIND),
            self._made_part("On this &computer", "Shows the models that are on this computer.", LOCAL),
        )
        self._sides = QStackedWidget()
        self.online = text.button(
            "Switch the network on", self.network_asked.emit, explains="Lets Fastpath ask the Hub, and only the Hub."
        )
        mnemonics.wants(self.online)
        self._lay_out()
        self._connect()
        self.show_part(FIND)

    def _made_part(self, title: str, explains: str, place: int) -> QPushButton:
        button = text.button(title, lambda: self.show_part(place), explains=explains)
        button.setCheckable(True)
        return button

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.GAP_PX] * 4)
        whole.setSpacing(theme.GAP_PX)
        head = QHBoxLayout()
        head.setSpacing(theme.GAP_PX)
        for button in self.parts:
            head.addWidget(button)
        head.addStretch(1)
        whole.addLayout(head)
        self._offline = QFrame()
        self._offline.setObjectName("asking")
        self._offline.setAccessibleName("Network")
        line = QHBoxLayout(self._offline)
        line.setContentsMargins(theme.CARD_PADDING_PX, 4, 4, 4)
        line.addWidget(text.label(OFFLINE, wrap=True), 1)
        line.addWidget(self.online)
        whole.addWidget(self._offline)
        for side in (self.hub, self.local):
            self._sides.addWidget(side)
        whole.addWidget(self._sides, 1)
        whole.addWidget(self.downloads)

    def _connect(self) -> None:
        for part in (self.hub, self.local, self.downloads):
            part.asked.connect(self.asked)
        for side in (self.hub, self.local):
            side.use_asked.connect(self.use_asked)
        self.hub.settings_asked.connect(lambda: self.page_asked.emit("settings"))
        self.local.folders_changed.connect(self.folders_changed)
        self.downloads.emptied.connect(self._focus_list)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.act)
        QShortcut(QKeySequence("Ctrl+F"), self).activated.connect(self._to_search)

    # --- what it shows ---

    def show_part(self, place: int) -> None:
        """0 finds models on the Hub, 1 lists those on this computer."""
        self._sides.setCurrentIndex(place)
        for other, button in enumerate(self.parts):
            button.setChecked(other == place)
        if self.isVisible():
            self._side().look()
        self.setFocusProxy(self.local.list if place == LOCAL else self.hub.bar.words)
        self._give_letters()

    def show_settings(self, settings: Settings) -> None:
        switched_on = self._network_off and not settings.network_off
        self._network_off = settings.network_off
        self.local.show_folders(settings.folders)
        if self.isVisible():
            self._fill()
            if switched_on:
                self._side().look()

    def show_state(self, state: State) -> None:
        """Cheap where nothing of it has changed."""
        before, self._state = self._state, state
        changed = (
            state.hub is not before.hub
            or state.downloads is not before.downloads
            or state.catalogue is not before.catalogue
            or state.live != before.live
        )
        if changed:
            self.downloads.settle(state)
        if not self.isVisible():
            return
        if changed:
            self._fill()
        going = {one.request.id for one in state.downloads}
        if state.live and (not before.live or {one.request.id for one in before.downloads} - going):
            self._list_again()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fill()
        if self._state.hub.found is None and "search" not in self._state.hub.waiting:
            self.hub.search()
        self._side().look()
        self._list_again()
        self._give_letters()

    def _list_again(self) -> None:
        """Also where an answer is still to come: it may be of before."""
        self.local.list_models()
        self.asked.emit(ListDownloads(id=new_id("downloads")))

    def _fill(self) -> None:
        with focus.kept(self, self._list()):
            self._offline.setVisible(self._network_off)
            self.hub.show_state(self._state, network_off=self._network_off)
            self.local.show_state(self._state)
            self.downloads.show_state(self._state)
        self._give_letters()

    def _give_letters(self) -> None:
        view = self._state.hub
        shown = (
            *(self._sides.currentIndex(), self._network_off, self.hub.list.key(), self.local.list.key()),
            *(view.looked, view.failures, view.local, len(self.downloads.rows), self._state.catalogue),
        )
        if shown != self._lettered and self.isVisible():
            self._lettered = shown
            mnemonics.give(self)
            tab_order.follow(self)

    def _list(self) -> QWidget:
        return self._side().list

    def _side(self) -> FindSide | LocalSide:
        """The one that is shown: both show cards, of which one is known at a time."""
        return self.local if self._sides.currentIndex() == LOCAL else self.hub

    def _focus_list(self) -> None:
        self._list().setFocus()

    # --- what the person does ---

    def act(self) -> None:
        """The main action of the side that is shown."""
        self._side().act()

    def _to_search(self) -> None:
        self.show_part(FIND)
        self.hub.bar.words.setFocus()
