"""The History page: what it asks, what it shows of real entries, and what it does with them."""

import dataclasses
import sqlite3
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.store.history import entries, file, worker
from engine.wire.errors import DataFolder, failure_of
from engine.wire.messages import (
    AnyEvent,
    AnyRequest,
    CompareHistory,
    DeleteHistory,
    Describe,
    Event,
    Failed,
    ListHistory,
    Notice,
    OpenHistory,
    Run,
    Stop,
)
from gui import run_state
from gui.app import Session
from gui.main_window import MainWindow
from gui.pages.history_page import HistoryPage
from gui.pages.history_page.page import EMPTY
from gui.run_state import State
from gui.settings import INPUT_CHARACTERS, Settings, load, save
from gui.widgets.icons import application_icon
from gui.widgets.mnemonics import letter_of
from tests.engine.store.history_records import BEGAN_S, comparison, run
from tests.gui import replay

LONG_MS = 120_000


class Desk:
    """A page and the history itself, answering as the desk does."""

    def __init__(self, page: HistoryPage, state: State) -> None:
        self.page = page
        self.state = state
        self.asked: list[AnyRequest] = []
        self.waiting = False
        page.asked.connect(self.take)

    def take(self, request: AnyRequest) -> None:
        self.asked.append(request)
        self.state = run_state.asked(self.state, request)
        if not self.waiting:
            self.answer(request)
        self.page.show_state(self.state)

    def answer(self, request: AnyRequest) -> None:
        assert isinstance(request, ListHistory | OpenHistory | CompareHistory | DeleteHistory)
        told: list[Event] = []
        told.append(worker.answer(request, told.append))
        for event in told:
            self.hear(event)

    def hear(self, event: AnyEvent | Event) -> None:
        self.state = run_state.apply(self.state, event, 0.0)  # type: ignore[arg-type]
        self.page.show_state(self.state)

    def of(self, kind: type[AnyRequest]) -> list[AnyRequest]:
        return [request for request in self.asked if isinstance(request, kind)]


Open = Callable[[], Desk]


@pytest.fixture
def open_page(qtbot: QtBot) -> Open:
    desks: list[Desk] = []  # a page does not keep who listens to it

    def make() -> Desk:
        page = HistoryPage()
        qtbot.addWidget(page)
        page.resize(1116, 730)
        desk = Desk(page, replay.last("opened"))
        desks.append(desk)
        page.show_state(desk.state)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        QApplication.processEvents()
        return desk

    return make


def fill() -> None:
    entries.keep(run("a", began_s=BEGAN_S, samples_ms=(4.0, 5.0)))
    entries.keep(run("b", mode="torchscript", p50_ms=2.0, began_s=BEGAN_S + 60))
    entries.keep(comparison("c", began_s=BEGAN_S + 120))


def cells(page: HistoryPage, row: int) -> list[str]:
    model = page.table.entries
    return [str(model.index(row, column).data()) for column in range(model.columnCount())]


def choose(page: HistoryPage, *rows: int) -> None:
    flags = QItemSelectionModel.SelectionFlag
    selection = page.table.selectionModel()
    selection.clearSelection()
    for row in rows:
        index = page.table.entries.index(row, 0)
        selection.setCurrentIndex(index, flags.Select | flags.Rows)


def words(page: QWidget) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


# --- the list ---


def test_what_was_run_is_listed_the_newest_first(open_page: Open) -> None:
    fill()
    page = open_page().page

    assert page.table.entries.rowCount() == 3
    assert cells(page, 0)[1:3] == ["Comparison", "all-MiniLM-L6-v2"]
    assert cells(page, 0)[4:] == ["best: BetterTransformer, fp32", "4.00 ms", "2.00×", "done"]
    assert cells(page, 2)[4:] == ["None (eager), fp32", "4.00 ms", "–", "done"]
    assert "3 entries" in words(page)
    said = page.table.entries.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Model: all-MiniLM-L6-v2" in said
    assert "Speedup: 2.00×" in said


def test_an_empty_history_says_what_will_be_here_and_offers_the_run_page(qtbot: QtBot, open_page: Open) -> None:
    page = open_page().page
    assert EMPTY in words(page)
    with qtbot.waitSignal(page.page_asked, timeout=1_000) as asked:
        qtbot.mouseClick(page.to_run, Qt.MouseButton.LeftButton)

    assert asked.args == ["run"]


def test_typing_searches_and_says_where_nothing_fits(qtbot: QtBot, open_page: Open) -> None:
    fill()
    page = open_page().page
    qtbot.keyClicks(page.query.search, "torchscript")
    qtbot.waitUntil(lambda: page.table.entries.rowCount() == 1, timeout=2_000)
    assert cells(page, 0)[4] == "TorchScript, fp32"
    qtbot.keyClicks(page.query.search, " nothing")
    qtbot.waitUntil(lambda: "Nothing that was run or compared fits." in words(page), timeout=2_000)

    assert not page.to_run.isVisible()


def test_columns_sort_by_the_box_and_by_their_heads(open_page: Open) -> None:
    fill()
    page = open_page().page
    page.table.sort_asked.emit(5)
    assert page.query.sort.currentText() == "Median"
    assert [cells(page, row)[5] for row in range(3)] == ["4.00 ms", "4.00 ms", "2.00 ms"]
    page.table.sort_asked.emit(5)
    assert [cells(page, row)[5] for row in range(3)] == ["2.00 ms", "4.00 ms", "4.00 ms"]
    page.query.kind.setCurrentIndex(2)
    page.query.kind.activated.emit(2)
    assert page.table.entries.rowCount() == 1


def test_ten_thousand_entries_come_page_by_page(qtbot: QtBot, open_page: Open) -> None:
    entries.keep(run())

    def many(made: sqlite3.Connection) -> None:
        names = "kind, status, owner_pid, owner_started_s, began_s, model, ref, task, mode, precision, threads, note"
        numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
        made.execute(f"{numbers}INSERT INTO entry (key, words, {names}) SELECT 'k' || i, 'w', {names} FROM entry, n")

    file.read(many)
    desk = open_page()
    page = desk.page
    assert page.table.entries.rowCount() < 1_000
    choose(page, 3)
    for _ in range(3):
        known = page.table.entries.rowCount()
        page.table.scrollToBottom()
        assert page.table.entries.rowCount() > known

    assert "10,001 entries" in words(page)
    assert [row.number for row in page.table.selected()] == [9_998]
    assert page.table.entries.canFetchMore(QModelIndex())
    offsets = [request.offset for request in desk.asked if isinstance(request, ListHistory)]
    assert len(set(offsets)) == len(offsets)


def test_it_looks_again_when_a_run_has_ended_and_the_choice_stays(open_page: Open) -> None:
    fill()
    desk = open_page()
    choose(desk.page, 1)
    running = replay.last("repeating")
    desk.state = dataclasses.replace(running, history=desk.state.history)
    desk.page.show_state(desk.state)
    before = len(desk.of(ListHistory))
    entries.keep(run("d", began_s=BEGAN_S + 300))
    desk.state = dataclasses.replace(replay.last("opened"), history=desk.state.history)
    desk.page.show_state(desk.state)

    assert len(desk.of(ListHistory)) == before + 1
    assert desk.page.table.entries.rowCount() == 4
    assert [row.number for row in desk.page.table.selected()] == [2]


# --- one entry, two entries ---


def test_a_run_opens_with_figures_doubts_answer_and_conditions(qtbot: QtBot, open_page: Open) -> None:
    fill()
    page = open_page().page
    choose(page, 2)
    qtbot.waitUntil(page.detail.reopen.isVisible, timeout=2_000)
    told = page.detail.as_text()

    assert page.detail.title.text() == "Run 1: Feature extraction with all-MiniLM-L6-v2"
    for part in ("Median (p50)\t4.00 ms", "Few calls.", "0.5\t0.25", "A man is eating food.", "cpu: A CPU"):
        assert part in told
    page.detail.lines.setFocus()
    qtbot.keyClick(page.detail.lines, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == told


def test_a_comparison_opens_as_its_table_and_is_shown_again_whole(qtbot: QtBot, open_page: Open) -> None:
    fill()
    page = open_page().page
    choose(page, 0)
    qtbot.waitUntil(page.detail.reopen.isVisible, timeout=2_000)
    told = page.detail.as_text()
    assert "BetterTransformer, fp32\t2\t1\t4.00 ms\t2.00×\t1.90 to 2.10\tfaster\tidentical" in told
    assert "unavailable: Not installed." in told
    assert "The machine was loaded." in told
    with qtbot.waitSignal(page.reopen_asked, timeout=1_000) as asked:
        qtbot.keyClick(page.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert asked.args is not None
    assert asked.args[0].cells[0].samples_ms == (8.1, 8.0, 7.9)


def test_two_are_put_side_by_side_and_it_says_what_that_is_worth(qtbot: QtBot, open_page: Open) -> None:
    fill()
    desk = open_page()
    page = desk.page
    choose(page, 1, 2)
    qtbot.waitUntil(lambda: "beside" in page.detail.title.text(), timeout=2_000)
    told = page.detail.as_text()

    assert page.detail.title.text() == "Run 1 beside run 2"
    assert "Median\t4.00 ms\t2.00 ms" in told
    assert "Acceleration\teager\ttorchscript\tdiffers" in told
    assert "Figures are compared only within one run" in told
    assert "This is no speedup" in told
    assert not page.detail.reopen.isVisible()
    choose(page, 0, 1, 2)
    assert "or two to see them side by side" in words(page.detail)
    assert len(desk.of(CompareHistory)) == 1


def test_a_run_that_failed_says_why(qtbot: QtBot, open_page: Open) -> None:
    failure = failure_of(DataFolder("The data folder cannot be written."))
    entries.keep(run("f", report=None, result=None, failure=failure))
    page = open_page().page
    choose(page, 0)
    qtbot.waitUntil(page.detail.reopen.isVisible, timeout=2_000)

    assert "The data folder cannot be written." in page.detail.as_text()
    assert cells(page, 0)[7] == "failed"


# --- deleting, and what goes wrong ---


def test_deleting_asks_once_more_and_takes_the_next_one(qtbot: QtBot, open_page: Open) -> None:
    fill()
    desk = open_page()
    page = desk.page
    page.table.setFocus()
    choose(page, 1)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert desk.of(DeleteHistory) == []
    assert page.window().focusWidget() is page.delete.no
    qtbot.keyClick(page.delete.no, Qt.Key.Key_Escape)
    assert page.delete.button.isVisible()

    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    qtbot.mouseClick(page.delete.yes, Qt.MouseButton.LeftButton)
    assert [row.number for row in entries.listed(ListHistory(id="l")).rows] == [3, 1]
    assert page.table.entries.rowCount() == 2
    assert [row.number for row in page.table.selected()] == [1]
    assert page.window().focusWidget() is page.table


def test_choosing_another_one_takes_the_question_back_and_several_are_counted(open_page: Open) -> None:
    fill()
    page = open_page().page
    choose(page, 1)
    page.delete.ask()
    choose(page, 0, 2)

    assert page.delete.button.isVisible()
    page.delete.ask()
    assert "Delete these 2 entries for good?" in words(page)


def test_what_goes_on_cannot_be_deleted(open_page: Open) -> None:
    entries.keep(run("a", over=False))
    page = open_page().page
    choose(page, 0)

    assert not page.delete.button.isEnabled()
    assert cells(page, 0)[7] == "running"


def test_a_file_that_cannot_be_read_is_told_in_place(qtbot: QtBot, open_page: Open) -> None:
    fill()
    made = sqlite3.connect(file.place())
    made.execute("PRAGMA user_version = 9")
    made.close()
    desk = open_page()

    assert "newer Fastpath" in words(desk.page)
    assert desk.page._failure.action is not None
    before = len(desk.asked)
    qtbot.mouseClick(desk.page._failure.action, Qt.MouseButton.LeftButton)
    assert len(desk.asked) == before + 1


def test_look_again_opens_what_could_not_be_opened(qtbot: QtBot, open_page: Open) -> None:
    fill()
    desk = open_page()
    desk.waiting = True
    choose(desk.page, 1)
    qtbot.waitUntil(lambda: bool(desk.of(OpenHistory)), timeout=1_000)
    (opened,) = desk.of(OpenHistory)
    failure = failure_of(DataFolder("The entry cannot be read.", "Look at the disk."))
    desk.hear(Failed(id=opened.id, failure=failure))
    assert "The entry cannot be read." in words(desk.page)

    desk.waiting = False
    assert desk.page._failure.action is not None
    desk.page._failure.action.click()
    _first, again = desk.of(OpenHistory)
    assert isinstance(again, OpenHistory)
    assert isinstance(opened, OpenHistory)
    assert again.number == opened.number
    assert again.id != opened.id
    assert "The entry cannot be read." not in words(desk.page)
    assert desk.state.history.shown is not None


def test_look_again_deletes_nothing_and_puts_the_failure_away(open_page: Open) -> None:
    fill()
    desk = open_page()
    desk.waiting = True
    choose(desk.page, 1)
    desk.page._delete()
    (delete,) = desk.of(DeleteHistory)
    failure = failure_of(DataFolder("The entry cannot be deleted.", "Look at the disk."))
    desk.hear(Failed(id=delete.id, failure=failure))
    assert "The entry cannot be deleted." in words(desk.page)

    desk.waiting = False
    before = len(desk.of(ListHistory))
    assert desk.page._failure.action is not None
    desk.page._failure.action.click()
    assert len(desk.of(ListHistory)) == before + 1
    assert len(desk.of(DeleteHistory)) == 1
    assert "The entry cannot be deleted." not in words(desk.page)


def test_what_the_desk_says_of_the_file_is_shown(open_page: Open) -> None:
    desk = open_page()
    desk.hear(Notice(text="The history could not be kept. There is no room left."))

    assert "There is no room left." in words(desk.page)


def test_an_answer_that_comes_too_late_changes_nothing(qtbot: QtBot, open_page: Open) -> None:
    fill()
    desk = open_page()
    desk.waiting = True
    choose(desk.page, 0)
    qtbot.waitUntil(lambda: len(desk.of(OpenHistory)) == 1, timeout=2_000)
    choose(desk.page, 2)
    qtbot.waitUntil(lambda: len(desk.of(OpenHistory)) == 2, timeout=2_000)
    late, newest = desk.of(OpenHistory)
    desk.answer(newest)
    desk.answer(late)
    desk.hear(Failed(id="another", failure=failure_of(DataFolder("Not this."))))

    assert "Run 1" in desk.page.detail.title.text()


def test_every_control_has_a_name_an_explanation_and_a_letter_of_its_own(qtbot: QtBot, open_page: Open) -> None:
    fill()
    page = open_page().page
    choose(page, 2)
    qtbot.waitUntil(page.detail.reopen.isVisible, timeout=2_000)
    controls = [
        widget
        for kind in (QAbstractButton, QComboBox, QLineEdit, QCheckBox)
        for widget in page.findChildren(kind)
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    titled = {widget for widget in controls if isinstance(widget, QAbstractButton)}
    captions = [label for label in page.findChildren(QLabel) if label.isVisible() and label.buddy() is not None]
    titles = [*(button.text() for button in titled), *(caption.text() for caption in captions)]
    letters = [letter for title in titles if (letter := letter_of(title))]

    assert [widget for widget in controls if not widget.whatsThis()] == []
    assert [widget for widget in controls if not widget.accessibleName() and not getattr(widget, "text", str)()] == []
    assert len(letters) == len(set(letters))


# --- in the window ---


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    save(Settings(threads=1, mode="onnx-runtime"))
    made = Session(load())
    made.window.show()
    made.start()
    qtbot.waitUntil(lambda: made.state.live and made.state.describing is None, timeout=LONG_MS)
    yield made
    made.window.close()
    made.window.deleteLater()


def test_a_run_of_the_window_is_listed_and_put_back(qtbot: QtBot, session: Session) -> None:
    window = session.window
    with qtbot.waitActive(window):  # shortcuts are the active window's
        window.activateWindow()
    task, fields = "feature-extraction", {"inputs": "A sentence of its own."}
    assert session.state.model is not None
    session.ask(
        Run(id="r", folder=session.state.model.folder, task=task, mode="eager", fields=fields, threads=1, calls=3)
    )
    qtbot.waitUntil(lambda: session.state.run is not None and session.state.run.over, timeout=LONG_MS)
    qtbot.keyClick(window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    page = window.history_page
    assert window._pages.currentWidget() is page
    qtbot.waitUntil(lambda: page.table.entries.rowCount() == 1, timeout=LONG_MS)
    assert cells(page, 0)[7] == "done"
    choose(page, 0)
    qtbot.waitUntil(page.detail.reopen.isVisible, timeout=LONG_MS)
    page.detail.reopen.click()
    qtbot.waitUntil(lambda: session.state.describing is None, timeout=LONG_MS)

    assert window._pages.currentWidget() is window.run_page
    chosen = window.run_page.modes.mode()
    assert chosen is not None
    assert (window.run_page.task.task_id(), chosen.id) == (task, "eager")
    assert window.run_page.form.fields() == fields
    assert window.settings().mode == "eager"


def test_a_comparison_is_shown_on_the_compare_page(qtbot: QtBot) -> None:
    fill()
    window = MainWindow(Settings(page="history"), application_icon())
    qtbot.addWidget(window)
    desk = Desk(window.history_page, replay.last("opened"))
    window.show()
    window.show_state(desk.state)
    choose(window.history_page, 0)
    qtbot.waitUntil(window.history_page.detail.reopen.isVisible, timeout=2_000)
    window.history_page.detail.reopen.click()

    assert window._pages.currentWidget() is window.compare_page
    view = window.compare_page.view()
    assert view is not None
    assert view.comparison is not None
    assert view.comparison.winner == 1


def test_escape_takes_the_question_back_and_stops_nothing(qtbot: QtBot) -> None:
    fill()
    window = MainWindow(Settings(page="history"), application_icon())
    qtbot.addWidget(window)
    desk = Desk(window.history_page, replay.last("repeating"))
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    window.show_state(desk.state)
    window.history_page.show_state(desk.state)
    asked: list[AnyRequest] = []
    window.asked.connect(asked.append)
    choose(window.history_page, 0)
    delete = window.history_page.delete
    delete.ask()
    assert delete.yes.isVisible()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not delete.yes.isVisible()
    assert not any(isinstance(one, Stop) for one in asked)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert any(isinstance(one, Stop) for one in asked)


def test_a_run_of_another_model_has_it_looked_into(qtbot: QtBot) -> None:
    window = MainWindow(Settings(), application_icon())
    qtbot.addWidget(window)
    window.show()
    window.show_state(replay.last("opened"))
    asked: list[AnyRequest] = []
    window.asked.connect(asked.append)
    window.history_page.run_again_asked.emit(run().request, "org/another")

    (describe,) = (one for one in asked if isinstance(one, Describe))
    assert describe.ref == "org/another"


@pytest.mark.parametrize("letters", [10, INPUT_CHARACTERS + 1])
def test_an_input_too_long_to_be_put_back_is_told(qtbot: QtBot, letters: int) -> None:
    window = MainWindow(Settings(), application_icon())
    qtbot.addWidget(window)
    window.show()
    window.show_state(replay.last("opened"))
    fields = {"source_sentence": "a" * letters, "sentences": ["b"]}
    request = Run(id="r", folder="/models/a", task="sentence-similarity", mode="eager", fields=fields)
    window.history_page.run_again_asked.emit(request, "starter")
    assert ("was not put back" in words(window.run_page)) == (letters > INPUT_CHARACTERS)
