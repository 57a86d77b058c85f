"""Models on this computer: what they take, and which can go."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from engine.wire.hub import LocalModel
from engine.wire.messages import DeleteModel, Download, ListModels, ReadCard
from gui import theme
from gui.pages.models_page import words
from gui.pages.models_page.detail import Detail
from gui.pages.models_page.model_list import ModelList
from gui.run_state import State, new_id
from gui.run_state.downloads import views_of
from gui.widgets import figures, mnemonics, text
from gui.widgets.card import Card
from gui.widgets.confirm import Confirm
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.flow import Flow
from gui.widgets.throttle import Throttle

LOOK_EVERY_MS = 150
NOTHING = "Choose a model to see what it takes, to use it, or to delete it."
SORTS: tuple[tuple[str, Callable[[LocalModel], tuple[object, ...]]], ...] = (
    ("Name", lambda model: (model.name.casefold(),)),
    ("Size", lambda model: (-model.size_bytes, model.name.casefold())),
    ("Prepared", lambda model: (-model.prepared_bytes, model.name.casefold())),
    ("Last use", lambda model: (-model.last_used_s, model.name.casefold())),
    ("Place", lambda model: (("starter", "cache", "folder").index(model.place), model.name.casefold())),
)


class LocalSide(QWidget):
    """Signals: asked(request); use_asked(ref, tokenizer); folders_changed(tuple of the person's own)."""

    asked = Signal(object)
    use_asked = Signal(str, str)
    folders_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._state = State()
        self._folders: tuple[str, ...] = ()
        self._by_key: dict[str, LocalModel] = {}
        self._listed: object = None
        self._deleted = ""
        self.sort = QComboBox()
        self.sort.setAccessibleName("Sorted by")
        text.explain(self.sort, "What comes first: the name in the alphabet, the largest, or the last used.")
        for title, _ in SORTS:
            self.sort.addItem(title)
        self.list = ModelList(
            "Models on this computer",
            "One a row. Arrow keys walk through them and show each beside. Ctrl+Enter uses it, Delete removes it.",
        )
        self.detail = Detail(NOTHING)
        self.delete = _confirm(
            "Delete…", "Delete it for good?", "Removes its files from the shared cache; it asks once more before."
        )
        self.unprepare = _confirm(
            "Delete prepared…",
            "Delete what is prepared?",
            "Removes only what accelerations prepared of it, which is made again when needed; it asks once more.",
        )
        self.add_folder = text.button(
            "Add a folder…", self._add_folder, explains="A folder of yours with models in it."
        )
        self.forget = text.button(
            "Forget this folder", self._forget, explains="Takes the folder off this list. No file is touched."
        )
        for button in (self.add_folder, self.forget):
            mnemonics.wants(button)
        self._note = text.label("", "quiet", wrap=True)
        self._warning = text.label("", "warn", wrap=True)
        self._failure = FailurePanel("Look again", self.list_models)
        if self._failure.action is not None:
            mnemonics.wants(self._failure.action)
        self._looking = Throttle(LOOK_EVERY_MS, self.look, self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        left = Card("On this computer")
        left.title.hide()
        head = QHBoxLayout()
        head.setSpacing(theme.GAP_PX)
        caption = text.label("S&ort by", "quiet")
        caption.setBuddy(self.sort)
        head.addWidget(self._note, 1)
        head.addWidget(caption)
        head.addWidget(self.sort)
        left.body.addLayout(head)
        left.add(self._warning)
        left.add(self._failure)
        left.add(self.list, 1)
        buttons = Flow()
        buttons.insert(0, self.add_folder)
        buttons.insert(1, self.forget)
        left.add(buttons)
        self._buttons = buttons
        self.detail.extra.addWidget(self.delete)
        self.detail.extra.addWidget(self.unprepare)
        panes = QSplitter(Qt.Orientation.Horizontal)
        panes.setChildrenCollapsible(False)
        panes.addWidget(left)
        panes.addWidget(self.detail)
        panes.setSizes([500, 500])
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(panes)

    def _connect(self) -> None:
        self.sort.activated.connect(lambda _place: self._fill(anew=True))
        self.list.chosen.connect(self._chosen)
        self.list.use_asked.connect(self.act)
        self.list.delete_asked.connect(self.delete.ask)
        self.detail.main_asked.connect(self.act)
        self.delete.confirmed.connect(lambda: self._delete("model"))
        self.unprepare.confirmed.connect(lambda: self._delete("prepared"))

    # --- what it shows ---

    def show_folders(self, folders: tuple[str, ...]) -> None:
        """The person's own."""
        self._folders = folders

    def titles(self) -> Callable[[str], str]:
        state = self._state

        def title(name: str) -> str:
            card = state.task(name)
            return card.title if card is not None else name

        return title

    def show_state(self, state: State) -> None:
        self._state = state
        view = state.hub
        failure = view.failures.get("delete") or view.failures.get("local")
        self._failure.show_failure(failure)
        local = view.local
        text.set_text(self._warning, local.reason if local is not None else "")
        self._warning.setVisible(bool(self._warning.text()))
        text.set_text(self._note, self._said())
        self._fill()

    def _said(self) -> str:
        local = self._state.hub.local
        if local is None:
            return "Looking" if self._state.live else "Waiting for the engine"
        count = len(local.models)
        size = figures.size(sum(model.size_bytes for model in local.models))
        free = f", {figures.size(local.free_bytes)} free" if local.free_bytes else ""
        return f"{count:,} {'model' if count == 1 else 'models'}, {size}{free}"

    def _fill(self, *, anew: bool = False) -> None:
        local = self._state.hub.local
        listed = (local, self._state.catalogue)
        if anew or listed != self._listed:
            self._listed = listed
            models = sorted(local.models if local is not None else (), key=SORTS[self.sort.currentIndex()][1])
            self._by_key = {words.key(model): model for model in models}
            titles = self.titles()
            rows = tuple(words.local(model, titles) for model in models)
            self.list.show_rows(rows, keeps_place=bool(self._deleted) and self._deleted == self.list.key())
        self.show_chosen()

    def chosen(self) -> LocalModel | None:
        return self._by_key.get(self.list.key())

    def show_chosen(self) -> None:
        model, view = self.chosen(), self._state.hub
        self._offer_deleting(model)
        self.forget.setVisible(model is not None and self._own_folder(model) != "")
        self._buttons.arrange()
        if model is None:
            self.detail.show_nothing()
            return
        warns = bool(model.reason) or not model.whole
        note = model.reason or ("" if model.whole else "Not all of its files are here.")
        self.detail.show_model(model.name, words.facts_local(model, self.titles()), note, warns=warns)
        self._offer_main(model)
        reading = view.waiting.get("card")
        waits = isinstance(reading, ReadCard) and reading.ref == model.ref
        card = view.card if view.card_ref == model.ref else None
        self.detail.show_card(card, waits, view.failures.get("card") if card is None and not waits else None)

    def _offer_main(self, model: LocalModel) -> None:
        show = self.detail.show_main
        if model.whole:
            show("Use on the Run page", "Chooses it on the Run page; nothing is started. Ctrl+Enter.")
        elif model.place == "cache":
            ref, _, commit = model.ref.partition("@")
            going = bool(views_of(self._state, (ref, commit, "model")))
            explains = "Brings what is missing of it from the Hub. Ctrl+Enter."
            show("Downloading" if going else "Download the rest", explains, enabled=not going)
        else:
            show("", "")

    def _offer_deleting(self, model: LocalModel | None) -> None:
        deleting = "delete" in self._state.hub.waiting
        self.delete.setVisible(model is not None and model.place == "cache")
        self.unprepare.setVisible(model is not None and bool(model.prepared_bytes))
        if model is None:
            return
        frees, prepared = figures.size(model.frees_bytes + model.prepared_bytes), figures.size(model.prepared_bytes)
        mnemonics.retitle(self.delete.yes, f"Free {frees}")
        mnemonics.retitle(self.unprepare.yes, f"Free {prepared}")
        mnemonics.retitle(self.delete.button, f"Delete… frees {frees}")
        mnemonics.retitle(self.unprepare.button, f"Delete prepared… frees {prepared}")
        self.delete.button.setEnabled(not deleting)
        self.unprepare.button.setEnabled(not deleting)

    # --- what the person does ---

    def list_models(self) -> None:
        self.asked.emit(ListModels(id=new_id("models"), folders=self._folders))

    def _chosen(self) -> None:
        self.delete.fold()
        self.unprepare.fold()
        self.show_chosen()
        if self.list.key():
            self._looking.ask()

    def look(self) -> None:
        """At the card of the chosen model, where it is another's that is known."""
        model = self.chosen()
        if model is not None and self._state.hub.card_ref != model.ref:
            self.asked.emit(ReadCard(id=new_id("card"), ref=model.ref))

    def act(self) -> None:
        """The main action: use it, or bring the rest."""
        model = self.chosen()
        if model is None or self.detail.main.isHidden() or not self.detail.main.isEnabled():
            return
        if model.whole:
            self.use_asked.emit(model.ref, "")
        else:
            ref, _, commit = model.ref.partition("@")
            self.asked.emit(Download(id=new_id("fetch"), ref=ref, revision=commit))

    def _delete(self, part: str) -> None:
        model = self.chosen()
        if model is None or "delete" in self._state.hub.waiting:
            return
        self._deleted = self.list.key()
        self.asked.emit(
            DeleteModel(
                id=new_id("delete"),
                ref=model.ref,
                folder=model.folder,
                content_key=model.content_key,
                part="prepared" if part == "prepared" else "model",
                folders=self._folders,
            )
        )
        self.list.setFocus()

    def _own_folder(self, model: LocalModel) -> str:
        """The person's own folder that it lies in, or ""."""
        if model.place != "folder":
            return ""
        place = Path(model.folder)
        return next((one for one in self._folders if Path(one) == place or Path(one) in place.parents), "")

    def _add_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "A folder with models in it")
        if folder:
            self.take_folder(folder)

    def take_folder(self, folder: str) -> None:
        if folder not in self._folders:
            self._tell_folders((*self._folders, folder))

    def _forget(self) -> None:
        model = self.chosen()
        folder = self._own_folder(model) if model is not None else ""
        if folder:
            self._tell_folders(tuple(one for one in self._folders if one != folder))
            self.list.setFocus()

    def _tell_folders(self, folders: tuple[str, ...]) -> None:
        self._folders = folders
        self.folders_changed.emit(folders)
        self.list_models()


def _confirm(title: str, question: str, explains: str) -> Confirm:
    made = Confirm(title, question, "Free", "Keep it", explains=explains)
    made.button.setAccessibleName("")  # its title changes
    for button in (made.button, made.yes, made.no):
        mnemonics.wants(button)
    return made
