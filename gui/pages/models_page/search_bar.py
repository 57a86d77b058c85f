"""What is looked for on the Hub."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from engine.wire.hub import Sort, Weights
from engine.wire.messages import Catalogue, SearchHub
from gui import theme
from gui.run_state import new_id
from gui.widgets import text
from gui.widgets.throttle import Throttle

SEARCH_EVERY_MS = 300
MOST_CHARACTERS = 500
AUTHOR_PX = 120
SORTS: tuple[tuple[str, Sort], ...] = (("Downloads", "downloads"), ("Likes", "likes"), ("Newest", "newest"))
WEIGHTS: tuple[tuple[str, Weights], ...] = (
    ("Any", ""),
    ("safetensors", "safetensors"),
    ("ONNX", "ONNX"),
    ("pickle", "pickle"),
)
SIZES: tuple[tuple[str, int], ...] = (
    ("Any", 0),
    ("up to 100 MB", 100_000_000),
    ("up to 500 MB", 500_000_000),
    ("up to 2 GB", 2_000_000_000),
    ("up to 10 GB", 10_000_000_000),
)
LICENCES = ("", "apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "openrail", "other")


class SearchBar(QWidget):
    """``sorting``: its part that belongs above the list. Signals: changed, when something else is to be looked for; at
    most every SEARCH_EVERY_MS while somebody types.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.words = _line("Search", "Words, name or address…", "Looks for models on the Hugging Face Hub.")
        self.author = _line("Author", "Anybody", "Only models of this person or organisation.")
        self.author.setFixedWidth(AUTHOR_PX)
        self.sort = _combo("Sorted by", "What comes first.")
        self.task = _combo("Task", "Only models for this task.")
        self.mode = _combo("Runs with", "Only models that this acceleration takes.")
        self.weights = _combo("Weights", "Only models with weights of this kind. Pickled ones can carry code.")
        self.licence = _combo("Licence", "Only models under this licence.")
        self.most = _combo("Size", "Only models whose weights take at most so much, as far as the Hub tells.")
        self.fits = QCheckBox("Fits t&his computer")
        text.explain(self.fits, "Only models that the memory which is free now holds.")
        for title, value in SORTS:
            self.sort.addItem(title, value)
        for title, weights in WEIGHTS:
            self.weights.addItem(title, weights)
        for title, size_bytes in SIZES:
            self.most.addItem(title, size_bytes)
        for licence in LICENCES:
            self.licence.addItem(licence or "Any", licence)
        self._catalogue: Catalogue | None = None
        self._typing = Throttle(SEARCH_EVERY_MS, self.changed.emit, self)
        self._lay_out()
        self._connect()
        self.show_catalogue(None)

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP_PX)
        first = (("&Search", self.words, 1), ("&Author", self.author, 0), ("Si&ze", self.most, 0))
        rows.addLayout(_row(first, self.fits))
        filters = (
            ("Tas&k", self.task, 3),
            ("Runs &with", self.mode, 3),
            ("We&ights", self.weights, 2),
            ("&Licence", self.licence, 2),
        )
        rows.addLayout(_row(filters))
        self.sorting = _row((("S&ort by", self.sort, 0),))

    def _connect(self) -> None:
        for line in (self.words, self.author):
            line.textChanged.connect(lambda _text: self._typing.ask())
            line.returnPressed.connect(self._typing.flush)
        for combo in (self.sort, self.task, self.mode, self.weights, self.most, self.licence):
            combo.activated.connect(lambda _place: self._changed_now())
        self.fits.clicked.connect(lambda _on: self._changed_now())

    def _changed_now(self) -> None:
        self._typing.drop()
        self.changed.emit()

    def show_catalogue(self, catalogue: Catalogue | None) -> None:
        """The tasks and modes that can be chosen; what was chosen stays where it is still there."""
        if catalogue is self._catalogue and self.task.count():
            return
        self._catalogue = catalogue
        for combo, cards in (
            (self.task, catalogue.tasks if catalogue is not None else ()),
            (self.mode, catalogue.modes if catalogue is not None else ()),
        ):
            chosen = combo.currentData()
            combo.clear()
            combo.addItem("Any", "")
            for card in cards:
                combo.addItem(card.title, card.id)
            combo.setCurrentIndex(max(0, combo.findData(chosen)))

    def clear(self) -> None:
        """Nothing is looked for: the program's own list."""
        for line in (self.words, self.author):
            line.clear()
        for combo in (self.task, self.mode, self.weights, self.most, self.licence):
            combo.setCurrentIndex(0)
        self.fits.setChecked(False)
        self._changed_now()

    def is_empty(self) -> bool:
        query = self.query()
        texts = (query.words, query.author, query.task, query.mode, query.weights, query.licence)
        return not (any(texts) or query.fits or query.most_bytes)

    def query(self) -> SearchHub:
        """The widgets, read once."""
        return SearchHub(
            id=new_id("search"),
            words=self.words.text().strip(),
            author=self.author.text().strip(),
            task=self.task.currentData() or "",
            licence=self.licence.currentData() or "",
            weights=self.weights.currentData() or "",
            mode=self.mode.currentData() or "",
            fits=self.fits.isChecked(),
            most_bytes=self.most.currentData() or 0,
            sort=self.sort.currentData(),
        )


def _line(name: str, hint: str, explains: str) -> QLineEdit:
    line = QLineEdit()
    line.setAccessibleName(name)
    line.setPlaceholderText(hint)
    line.setClearButtonEnabled(True)
    line.setMaxLength(MOST_CHARACTERS)
    text.explain(line, explains)
    return line


def _combo(name: str, explains: str) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    text.narrow(combo)
    text.explain(combo, explains)
    return combo


def _row(parts: tuple[tuple[str, QWidget, int], ...], last: QWidget | None = None) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.GAP_PX)
    for title, widget, stretch in parts:
        caption = text.label(title, "quiet")
        caption.setBuddy(widget)
        row.addWidget(caption)
        row.addWidget(widget, stretch)
    if last is not None:
        row.addWidget(last)
    return row
