"""What of the history is listed, and in which order."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QWidget

from engine.wire.history import Kind, Sort
from engine.wire.messages import ListHistory
from gui import theme
from gui.pages.history_page.table import COLUMNS
from gui.run_state import new_id
from gui.widgets import text
from gui.widgets.throttle import Throttle

PAGE_ROWS = 200
MOST_ROWS = 1_000
"""As many as the desk gives at once."""
SEARCH_EVERY_MS = 200
KINDS: tuple[tuple[str, Kind | None], ...] = (
    ("Runs and comparisons", None),
    ("Runs", "run"),
    ("Comparisons", "comparison"),
)


class QueryBar(QWidget):
    """Signals: changed, when something else is to be listed."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Words of model, task, acceleration, state…")
        self.search.setClearButtonEnabled(True)
        self.search.setMaxLength(500)
        self.search.setAccessibleName("Search")
        text.explain(self.search, "Lists only what holds all these words.")
        self.kind = QComboBox()
        self.kind.setAccessibleName("What is listed")
        text.explain(self.kind, "Runs, comparisons, or both.")
        for title, _ in KINDS:
            self.kind.addItem(title)
        self.sort = QComboBox()
        self.sort.setAccessibleName("Sorted by")
        text.explain(self.sort, "What the table is sorted by. A click on a column's head does so too.")
        for title, name in COLUMNS:
            self.sort.addItem(title, name)
        self.descending = QCheckBox("&Descending")
        self.descending.setChecked(True)
        text.explain(self.descending, "The newest or greatest first.")
        self._typing = Throttle(SEARCH_EVERY_MS, self.changed.emit, self)
        self.search.textChanged.connect(lambda _text: self._typing.ask())
        self.kind.activated.connect(lambda _place: self.changed.emit())
        self.sort.activated.connect(lambda _place: self.changed.emit())
        self.descending.clicked.connect(lambda _on: self.changed.emit())
        self._lay_out()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        for title, widget, stretch in (
            ("&Search", self.search, 1),
            ("&List", self.kind, 0),
            ("S&ort by", self.sort, 0),
        ):
            caption = text.label(title, "quiet")
            caption.setBuddy(widget)
            row.addWidget(caption)
            row.addWidget(widget, stretch)
        row.addWidget(self.descending)

    def sort_by(self, column: int) -> None:
        """A column's head was pressed: by it, and the other way round where it is so already."""
        if self.sort.currentIndex() == column:
            self.descending.setChecked(not self.descending.isChecked())
        self.sort.setCurrentIndex(column)
        self.changed.emit()

    def sorting(self) -> tuple[int, bool]:
        """The column, and whether the greatest is first."""
        return self.sort.currentIndex(), self.descending.isChecked()

    def is_narrowed(self) -> bool:
        return bool(self.search.text().strip() or self.kind.currentIndex())

    def query(self, offset: int = 0, limit: int = PAGE_ROWS) -> ListHistory:
        """The widgets, read once."""
        by: Sort = COLUMNS[self.sort.currentIndex()][1]
        return ListHistory(
            id=new_id("history"),
            search=self.search.text().strip(),
            kind=KINDS[self.kind.currentIndex()][1] or "",
            sort=by,
            descending=self.descending.isChecked(),
            limit=min(limit, MOST_ROWS),
            offset=offset,
        )
