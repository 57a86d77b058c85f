"""Finding models on the Hub: what is looked for, what was found, and the chosen one."""

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from engine.wire.hub import HubModel
from engine.wire.messages import Download, LookAtHub, ModelsListed, ReadCard, SearchHub
from gui import theme
from gui.pages.models_page import words
from gui.pages.models_page.detail import Detail
from gui.pages.models_page.model_list import ModelList
from gui.pages.models_page.search_bar import SearchBar
from gui.run_state import State, new_id
from gui.run_state.downloads import views_of
from gui.widgets import figures, mnemonics, text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.throttle import Throttle

LOOK_EVERY_MS = 150
"""While somebody walks through the rows."""
NOTHING = "Choose a model to see what it needs, what it may be used for, and what its makers say of it."
OWN = "Good first models. Type to look for others on the Hugging Face Hub."
NO_MATCH = "No model was found. Try fewer words or filters."
NONE_YET = "None among the first of them. Look further, or use fewer filters."
GATED = (
    "Its makers give it to those who accept their conditions: do so on its page at the Hub, with your account there, "
    "then put an access token of that account into Settings."
)
PRIVATE = "It is private: put an access token of an account that may see it into Settings."
HERE = "It is on this computer, and works without a network."
ON_ITS_WAY = "It is being downloaded, as shown below."


class FindSide(QWidget):
    """Signals: asked(request); use_asked(ref, tokenizer); settings_asked."""

    asked = Signal(object)
    use_asked = Signal(str, str)
    settings_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._state = State()
        self._network_off = False
        self._listed: ModelsListed | None = None
        self._here: frozenset[str] = frozenset()
        self.bar = SearchBar()
        self.list = ModelList(
            "Models found",
            "Models of the Hub, one a row. Arrow keys walk through them and show each beside. "
            "Ctrl+Enter downloads or uses it.",
        )
        self.detail = Detail(NOTHING)
        self.page = text.button(
            "Its page…", self._ask_page, explains="Says where its page at the Hub is, to open or copy."
        )
        self.sign_in = text.button(
            "Sign in…", self.settings_asked.emit, explains="Shows where a token is put in. Ctrl+6."
        )
        self.clear = text.button(
            "Show first models", self.bar.clear, explains="Empties the search: Fastpath's own list."
        )
        self.further = text.button(
            "Look further", self._search_on, explains="Asks the Hub for those that come after the ones found so far."
        )
        for button in (self.clear, self.further):
            mnemonics.wants(button)
        for button in (self.page, self.sign_in):
            self.detail.add_button(button)
        self._note = text.label("", "quiet", wrap=True)
        self._failure = FailurePanel("Search again", self.search)
        if self._failure.action is not None:
            mnemonics.wants(self._failure.action)
        self._looking = Throttle(LOOK_EVERY_MS, self.look, self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        left = Card("Find on the Hub")
        left.title.hide()
        head = QHBoxLayout()
        head.addWidget(self._note, 1)
        head.addLayout(self.bar.sorting)
        more = QHBoxLayout()
        more.addWidget(self.clear)
        more.addWidget(self.further)
        more.addStretch(1)
        left.body.addLayout(head)
        left.body.addLayout(more)
        left.add(self._failure)
        left.add(self.list, 1)
        left.body.addStretch(0)  # takes the room where there is no list
        self._panes = QSplitter(Qt.Orientation.Horizontal)
        self._panes.setChildrenCollapsible(False)
        self._panes.addWidget(left)
        self._panes.addWidget(self.detail)
        self._panes.setSizes([500, 500])
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP_PX)
        rows.addWidget(self.bar)
        rows.addWidget(self._panes, 1)

    def _connect(self) -> None:
        self.bar.changed.connect(self.search)
        self.list.chosen.connect(self._chosen)
        self.list.use_asked.connect(self.act)
        self.list.model_rows.more_asked.connect(self._search_on)
        self.detail.main_asked.connect(self.act)
        self.detail.again_asked.connect(self.look)

    # --- what it shows ---

    def titles(self) -> Callable[[str], str]:
        state = self._state

        def title(name: str) -> str:
            card = state.task(name) or state.mode(name)
            return card.title if card is not None else name

        return title

    def show_state(self, state: State, *, network_off: bool) -> None:
        self._state, self._network_off = state, network_off
        self.bar.show_catalogue(state.catalogue)
        view = state.hub
        failure = view.failures.get("search")
        self._failure.show_failure(failure)
        titles = self.titles()
        rows = tuple(words.found(model, titles, here=self._is_here(model)) for model in view.found or ())
        more = bool(view.cursor) and "search" not in view.waiting and failure is None  # else it would ask for ever
        self.list.show_rows(rows, more=more)
        text.set_text(self._note, "" if failure is not None else self._said(len(rows)))
        self._note.setVisible(bool(self._note.text()))
        self.further.setVisible(bool(view.cursor) and "search" not in view.waiting)
        self.clear.setVisible(not self.bar.is_empty())
        self.list.setVisible(bool(rows) or failure is None)
        self.show_chosen()

    def _said(self, count: int) -> str:
        view = self._state.hub
        searching = view.waiting.get("search")
        if view.found is None:
            return "Looking" if self._state.live else "Waiting for the engine"
        if isinstance(searching, SearchHub):
            return "Looking for more" if searching.cursor else "Looking"
        if view.own:
            return OWN
        if not count:
            return NONE_YET if view.cursor else NO_MATCH
        return f"{count:,}{' or more' if view.cursor else ''} found"

    def _is_here(self, model: HubModel) -> bool:
        local = self._state.hub.local
        if local is None:
            return model.here
        if local is not self._listed:
            self._listed, self._here = local, frozenset(one.ref for one in local.models if one.whole)
        return model.repo in self._here

    def chosen(self) -> HubModel | None:
        """As closely as it is known."""
        key, view = self.list.key(), self._state.hub
        if view.looked is not None and view.looked_ref == key and key:
            row = next((one for one in view.found or () if one.repo == key), view.looked.model)
            told = view.looked.model
            return told if told.tokenizer or not row.tokenizer else _with_tokenizer(told, row.tokenizer)
        return next((one for one in view.found or () if one.repo == key), None)

    def show_chosen(self) -> None:
        model, view = self.chosen(), self._state.hub
        if model is None:
            self.detail.show_nothing()
            return
        key = self.list.key()
        looked = view.looked if view.looked_ref == key else None
        note, warns = self._note_of(model)
        titles = self.titles()
        self.detail.show_model(model.repo, words.facts_found(model, looked, titles, titles), note, warns=warns)
        self._offer(model)
        self.page.setVisible(bool(looked is not None and looked.page))
        self.sign_in.setVisible((model.gated or model.private) and not self._is_here(model))
        asked = view.waiting.get("look")
        of_this = not isinstance(asked, LookAtHub) or asked.ref == key
        self.detail.failure.show_failure(view.failures.get("look") if looked is None and of_this else None)
        reading = view.waiting.get("card")
        waits = isinstance(reading, ReadCard) and reading.ref == key
        card = view.card if view.card_ref == key else None
        self.detail.show_card(card, waits, view.failures.get("card") if card is None and not waits else None)

    def _note_of(self, model: HubModel) -> tuple[str, bool]:
        if self._is_here(model):
            return HERE, False
        if model.reason:
            return model.reason, True
        if model.private:
            return PRIVATE, False
        if model.gated:
            return GATED, False
        return model.why, False

    def _offer(self, model: HubModel) -> None:
        show = self.detail.show_main
        if self._is_here(model):
            show("Use on the Run page", "Chooses it on the Run page; nothing is started. Ctrl+Enter.")
        elif views_of(self._state, (model.repo, "", "model")):
            show("Downloading", ON_ITS_WAY, enabled=False)
        else:
            size = f", {figures.size(model.download_bytes)}" if model.download_bytes else ""
            title = "Download all the same" if model.reason else "Download"
            explains = "Brings it into the cache on this computer; each file is checked. Ctrl+Enter."
            off = "The network is off."
            show(f"{title}{size}", off if self._network_off else explains, enabled=not self._network_off)

    # --- what the person does ---

    def search(self) -> None:
        self.asked.emit(self.bar.query())

    def _search_on(self) -> None:
        view = self._state.hub
        if view.query is not None and view.cursor and "search" not in view.waiting:
            self.asked.emit(replace(view.query, id=new_id("search"), cursor=view.cursor))

    def _chosen(self) -> None:
        self.show_chosen()
        if self.list.key():
            self._looking.ask()

    def look(self) -> None:
        """At the chosen model, where it is not known closely: another account may see more of it."""
        key, view = self.list.key(), self._state.hub
        if not key:
            return
        if view.looked_ref != key and not self._network_off:
            self.asked.emit(LookAtHub(id=new_id("look"), ref=key))
        if view.card_ref != key:
            self.asked.emit(ReadCard(id=new_id("card"), ref=key))

    def act(self) -> None:
        """The main action: download it, or use it."""
        model = self.chosen()
        if model is None or not self.detail.main.isEnabled():
            return
        if self._is_here(model):
            self.use_asked.emit(model.repo, model.tokenizer)
            return
        self.asked.emit(Download(id=new_id("fetch"), ref=model.repo))
        if model.tokenizer and not views_of(self._state, (model.tokenizer, "", "tokenizer")):
            self.asked.emit(Download(id=new_id("fetch"), ref=model.tokenizer, part="tokenizer"))

    def _ask_page(self) -> None:
        looked = self._state.hub.looked
        if looked is not None and looked.page:
            self.detail.leave.ask(looked.page)


def _with_tokenizer(model: HubModel, tokenizer: str) -> HubModel:
    return replace(model, tokenizer=tokenizer)
