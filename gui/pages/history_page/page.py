"""The History page: the entries above, what is kept of the chosen one below."""

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from engine.wire.history import HistoryRow
from engine.wire.messages import CompareHistory, DeleteHistory, HistoryOpened, ListHistory, OpenHistory
from engine.wire.values import Failure
from gui import theme
from gui.pages.history_page import detail
from gui.pages.history_page.detail import Detail
from gui.pages.history_page.query_bar import PAGE_ROWS, QueryBar
from gui.pages.history_page.table import EntryTable
from gui.run_state import State, new_id, numbers_of
from gui.widgets import mnemonics, text
from gui.widgets.card import Card
from gui.widgets.confirm import Confirm
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.throttle import Throttle

EMPTY = "Every run and comparison will be here, the newest first. Nothing was run yet."
NO_MATCH = "Nothing that was run or compared fits."
LOOK_EVERY_MS = 120
"""While somebody walks through the rows."""


class HistoryPage(QWidget):
    """Asks for what it shows when it is looked at, and again when a run or comparison has ended.

    Signals:
        asked: a request.
        page_asked: another page is to be shown, by its name.
        reopen_asked: a Comparison, to be shown as it ended.
        run_again_asked: a Run to be put back where it was made, and the name its model was given by.
    """

    title = "History"
    icon = "history"
    asked = Signal(object)
    page_asked = Signal(str)
    reopen_asked = Signal(object)
    run_again_asked = Signal(object, str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self._state = State()
        self._engine = ""
        self._seen: Failure | None = None
        """The failure that the person has put away."""
        self.query = QueryBar()
        self.table = EntryTable(self._title_of)
        self.detail = Detail(self._title_of)
        self.delete = Confirm(
            "D&elete…",
            "Delete it for good?",
            "Delete &now",
            "&Keep",
            explains="Removes the chosen entries with all that is kept of them; it asks once more before. Delete.",
        )
        self._note = text.label("", "quiet", wrap=True)
        self.to_run = text.button("&Go to the Run page", lambda: self.page_asked.emit("run"))
        text.explain(self.to_run, "Shows the Run page.")
        self._warning = text.label("", "warn", wrap=True)
        self._failure = FailurePanel("Look again", self._look_again)
        if self._failure.action is not None:
            mnemonics.wants(self._failure.action)
        self._looking = Throttle(LOOK_EVERY_MS, self._look, self)
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.table)

    # --- what it is made of ---

    def _lay_out(self) -> None:
        entries = Card("History")
        self._count = text.label("", "quiet")
        entries.head.addWidget(self._count)
        entries.add(self.query)
        entries.add(self._warning)
        entries.add(self._failure)
        empty = QHBoxLayout()
        empty.addWidget(self._note, 1)
        empty.addWidget(self.to_run)
        entries.body.addLayout(empty)
        entries.add(self.table, 1)
        entries.add(self.delete)
        panes = QSplitter(Qt.Orientation.Vertical)
        panes.addWidget(entries)
        panes.addWidget(self.detail)
        panes.setChildrenCollapsible(False)
        panes.setSizes([360, 320])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.GAP_PX] * 4)
        whole.addWidget(panes)

    def _connect(self) -> None:
        self.query.changed.connect(self._list)
        self.table.sort_asked.connect(self.query.sort_by)
        self.table.chosen.connect(self._chosen)
        self.table.delete_asked.connect(self.delete.ask)
        self.table.open_asked.connect(self._reopen)
        self.table.entries.more_asked.connect(self._list_more)
        self.detail.reopen_asked.connect(self._reopen)
        self.delete.confirmed.connect(self._delete)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self._reopen)
        QShortcut(QKeySequence("Ctrl+F"), self).activated.connect(self.query.search.setFocus)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.detail)
        copy.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        copy.activated.connect(self.detail.copy.click)

    # --- what it shows ---

    def _title_of(self, name: str) -> str:
        card = self._state.mode(name) or self._state.task(name)
        return card.title if card is not None else name

    def show_state(self, state: State) -> None:
        """Cheap where nothing of the history has changed."""
        changed = state.history is not self._state.history or state.catalogue is not self._state.catalogue
        over = state.engine != self._engine and state.engine in ("ready", "stopped")
        self._state, self._engine = state, state.engine
        if not self.isVisible():
            return
        if changed:
            self._fill()
        if over:
            self._list_again()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fill()
        self._list_again()
        mnemonics.give(self.window())

    def _fill(self) -> None:
        view = self._state.history
        rows = view.rows or ()
        text.set_text(self._warning, view.notice)
        self._warning.setVisible(bool(view.notice))
        failure = view.failure if view.failure is not self._seen else None
        self._failure.show_failure(failure)
        self.table.show_sorting(*self.query.sorting())
        self.table.show_rows(rows, view.total)
        text.set_text(self._count, f"{view.total:,} {'entry' if view.total == 1 else 'entries'}" if rows else "")
        waiting = "Looking" if view.listing is not None or self._state.live else "Waiting for the engine"
        note = waiting if view.rows is None else (NO_MATCH if self.query.is_narrowed() else EMPTY)
        text.set_text(self._note, "" if rows or failure is not None else note)
        self._note.setVisible(bool(self._note.text()))
        self.to_run.setVisible(self._note.text() == EMPTY)
        self._show_detail()

    def _show_detail(self) -> None:
        chosen = {row.number for row in self.table.selected()}
        shown = self._state.history.shown
        gone = len([row for row in self.table.selected() if row.status != "running"])
        self.delete.setVisible(bool(self._state.history.rows))
        self.delete.button.setEnabled(bool(gone) and self._state.history.deleting is None)
        one = "Delete it for good?" if gone == 1 else f"Delete these {gone} entries for good?"
        self.delete.set_question(one)
        if shown is not None and numbers_of(shown) == chosen:
            self.detail.show_entry(shown)
        elif len(chosen) > 2:
            self.detail.show_nothing(detail.TOO_MANY)
        else:
            self.detail.show_nothing(detail.OPENING if self._state.history.looking is not None else detail.NOTHING)

    # --- what the person does ---

    def _list(self) -> None:
        self.asked.emit(self.query.query())

    def _look_again(self) -> None:
        """What failed, once more; but nothing is deleted without being asked for again."""
        view = self._state.history
        self._seen = view.failure
        match view.failed:
            case OpenHistory() | CompareHistory():
                self.asked.emit(replace(view.failed, id=new_id("entry")))
        self._list()
        self._fill()

    def _list_again(self) -> None:
        """What is new, with as many rows as are there already."""
        known = len(self._state.history.rows or ())
        if self._state.history.listing is None:
            self.asked.emit(self.query.query(limit=max(PAGE_ROWS, known)))

    def _list_more(self) -> None:
        view = self._state.history
        if view.listing is None and view.rows is not None and self._is_of_now(view.query):
            self.asked.emit(self.query.query(offset=len(view.rows)))

    def _is_of_now(self, query: ListHistory | None) -> bool:
        now = self.query.query()
        names = ("search", "kind", "sort", "descending")
        return query is not None and all(getattr(query, name) == getattr(now, name) for name in names)

    def _chosen(self) -> None:
        self.delete.fold()
        self._show_detail()
        self._looking.ask()

    def _look(self) -> None:
        rows = self.table.selected()
        if not rows or len(rows) > 2 or self._knows(rows):
            return
        if len(rows) == 1:
            self.asked.emit(OpenHistory(id=new_id("entry"), number=rows[0].number))
        else:
            older, newer = sorted(row.number for row in rows)
            self.asked.emit(CompareHistory(id=new_id("entries"), first=older, second=newer))

    def _knows(self, rows: list[HistoryRow]) -> bool:
        """Whether they are shown as they are by now: one may have gone on when it was opened."""
        shown = self._state.history.shown
        if isinstance(shown, HistoryOpened):
            return rows == [shown.row]
        return shown is not None and len(rows) == 2 and all(row in (shown.first, shown.second) for row in rows)

    def _reopen(self) -> None:
        found = self.detail.reopened()
        if isinstance(found, tuple):
            self.run_again_asked.emit(*found)
        elif found is not None:
            self.reopen_asked.emit(found)

    def _delete(self) -> None:
        numbers = tuple(row.number for row in self.table.selected() if row.status != "running")
        if numbers and self._state.history.deleting is None:
            self.asked.emit(DeleteHistory(id=new_id("delete"), numbers=numbers))
        self.table.setFocus()
