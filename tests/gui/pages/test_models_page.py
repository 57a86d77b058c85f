"""The Models page: what it asks, what it shows of what the desk tells, and what it does with it."""

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QTextDocument
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from engine.wire.errors import EngineBusy, Offline, failure_of
from engine.wire.hub import Block, LocalModel, Span
from engine.wire.messages import (
    AnyRequest,
    CardRead,
    DeleteModel,
    Download,
    Failed,
    Finished,
    HubFound,
    ListDownloads,
    ListModels,
    LookAtHub,
    ModelsListed,
    ReadCard,
    SearchHub,
)
from gui.main_window import MainWindow
from gui.pages.models_page import words as model_words
from gui.pages.models_page.card_view import CUT_TABLE, CardView
from gui.settings import Settings
from gui.theme import Wardrobe
from gui.widgets.icons import application_icon
from gui.widgets.mnemonics import letter_of
from tests.gui import found, replay
from tests.gui.models_desk import Open, opener, rows, select, words

SQUAD = found.SQUAD


@pytest.fixture
def open_page(qtbot: QtBot) -> Open:
    return opener(qtbot)


# --- finding ---


def test_it_asks_once_for_the_own_list_what_is_here_and_what_is_not_over(open_page: Open) -> None:
    desk = open_page()
    assert [type(one) for one in desk.asked] == [SearchHub, ListModels, ListDownloads]
    (first,) = desk.of(SearchHub)
    assert first == SearchHub(id=first.id)
    desk.hear(HubFound(id=first.id, models=found.OWN, own=True), Finished(id=first.id))

    assert rows(desk)[0] == "BERT base, SQuAD"
    said = desk.page.hub.list.model_rows.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    for part in (SQUAD, "496 MB", "124 M parameters", "cc-by-4.0", "Also says when the text has no answer."):
        assert part in said
    assert "Good first models" in words(desk.page)


def test_typing_searches_and_an_older_answer_changes_nothing(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.own(replay.last("opened")))
    qtbot.keyClicks(desk.page.hub.bar.words, "reviews <b>")
    desk.page.hub.bar.words.insert("\u2603")  # no key has it
    qtbot.waitUntil(lambda: getattr(desk.asked[-1], "words", "") == "reviews <b>\u2603", timeout=2_000)
    searches = desk.of(SearchHub)
    assert len(searches) <= 4  # not one for each key
    desk.hear(HubFound(id="older", models=found.OWN), Finished(id="older"))
    newest = searches[-1]
    desk.hear(HubFound(id=newest.id, models=(found.one(3),)), Finished(id=newest.id))
    assert rows(desk) == [found.one(3).repo]

    desk.page.hub.bar.fits.click()
    desk.page.hub.bar.most.setCurrentIndex(1)
    desk.page.hub.bar.mode.setCurrentIndex(1)
    desk.page.hub.bar.mode.activated.emit(1)
    last = desk.of(SearchHub)[-1]
    assert isinstance(last, SearchHub)
    assert (last.fits, last.mode, last.sort, last.most_bytes) == (True, "eager", "downloads", 100_000_000)
    desk.page.hub.clear.click()
    assert desk.asked[-1] == SearchHub(id=desk.asked[-1].id)


def test_a_very_long_search_is_cut_and_asked_as_it_is(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page()
    desk.page.hub.bar.words.setText("a" * 10_000)
    qtbot.waitUntil(lambda: len(getattr(desk.asked[-1], "words", "")) == 500, timeout=2_000)


def test_more_come_when_the_end_is_reached_and_once(open_page: Open) -> None:
    desk = open_page(found.results(replay.last("opened"), 30, "page 2"))
    desk.page.hub.list.scrollToBottom()
    QApplication.processEvents()
    more = [one for one in desk.of(SearchHub) if getattr(one, "cursor", "")]
    assert [getattr(one, "cursor", "") for one in more] == ["page 2"]
    desk.hear(HubFound(id=more[0].id, models=(found.one(40),)), Finished(id=more[0].id))
    assert len(rows(desk)) == 31
    assert "31 found" in words(desk.page)


def test_more_that_could_not_be_had_are_not_asked_for_ever(open_page: Open) -> None:
    desk = open_page(found.results(replay.last("opened"), 30, "page 2"))
    desk.page.hub.list.scrollToBottom()
    for _ in range(5):
        QApplication.processEvents()
        waiting = desk.state.hub.waiting.get("search")
        if waiting is not None:
            desk.hear(Failed(id=waiting.id, failure=failure_of(Offline("The network is off."))))
    assert len([one for one in desk.of(SearchHub) if getattr(one, "cursor", "")]) == 1
    assert len(rows(desk)) == 30
    assert "The network is off." in words(desk.page)


def test_one_that_cannot_run_here_says_why_in_the_list(open_page: Open) -> None:
    desk = open_page(found.results(replay.last("opened")))
    row = desk.page.hub.list.model_rows.rows[4]
    assert row.warns
    assert "pickle" in row.note
    assert "needs consent (gated)" in desk.page.hub.list.model_rows.rows[2].line


def test_a_chosen_model_is_looked_at_downloaded_and_then_used(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.local(found.own(replay.last("opened"))))
    select(qtbot, desk, SQUAD)
    assert [getattr(one, "ref", "") for one in desk.of(ReadCard)] == [SQUAD]
    desk.show(found.looked)
    detail = desk.page.hub.detail
    told = detail.as_text()
    for part in (SQUAD, "496 MB in 8 files", "about 1.00 GB, 23.0 GB is free", "Licence: cc-by-4.0", "79.87"):
        assert part in told
    assert detail.main.accessibleName() == "Download, 496 MB"
    qtbot.keyClick(desk.page.hub.bar.words, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    (download,) = desk.of(Download)
    assert not detail.main.isEnabled()
    assert desk.page.downloads.isVisible()

    lists = len(desk.of(ListModels))
    desk.hear(Finished(id=download.id))
    assert not desk.page.downloads.isVisible()
    assert len(desk.of(ListModels)) == lists + 1  # what is here now
    here = LocalModel(ref=SQUAD, name=SQUAD, place="cache", folder="/models/squad")
    (*_, listing) = desk.of(ListModels)
    desk.hear(ModelsListed(id=listing.id, models=(here,)), Finished(id=listing.id))
    assert detail.main.accessibleName() == "Use on the Run page"
    with qtbot.waitSignal(desk.page.use_asked, timeout=1_000) as used:
        detail.main.click()
    assert used.args == [SQUAD, ""]


def test_a_model_without_a_tokenizer_brings_and_takes_the_other_one(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.own(replay.last("opened")))
    select(qtbot, desk, found.OWN[2].repo)
    desk.page.hub.detail.main.click()
    assert [(getattr(one, "ref", ""), getattr(one, "part", "")) for one in desk.of(Download)] == [
        (found.OWN[2].repo, "model"),
        (SQUAD, "tokenizer"),
    ]


def test_enter_begins_what_a_click_does_not(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.own(replay.last("opened")))
    view = desk.page.hub.list
    middle = view.visualRect(view.model_rows.index(1, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    view.activated.emit(view.currentIndex())  # what a click does on some desktops
    assert view.key() == SQUAD
    assert desk.of(Download) == []
    qtbot.keyClick(view, Qt.Key.Key_Enter, Qt.KeyboardModifier.ShiftModifier)
    assert desk.of(Download) == []
    qtbot.keyClick(view, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert [getattr(one, "ref", "") for one in desk.of(Download)] == [SQUAD]


def test_a_new_search_chooses_nothing_and_what_is_chosen_is_copied_without_the_card_of_another(
    qtbot: QtBot, open_page: Open
) -> None:
    desk = open_page(found.looked(found.own(replay.last("opened"))))
    desk.page.hub.list.select(SQUAD)
    assert "79.87" in desk.page.hub.detail.as_text()
    desk.page.hub.list.select(found.OWN[0].repo)
    assert found.OWN[0].repo in desk.page.hub.detail.as_text()
    assert "79.87" not in desk.page.hub.detail.as_text()
    desk.show(found.results)
    assert desk.page.hub.list.key() == ""
    assert desk.page.hub.detail.main.isHidden() or not desk.page.hub.detail.buttons.isVisible()


def test_more_are_asked_for_where_none_are_found_so_far(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.results(replay.last("opened"), 0, "page 2"))
    side = desk.page.hub
    qtbot.waitUntil(lambda: bool(desk.of(SearchHub)), timeout=2_000)  # once by itself
    first = desk.of(SearchHub)[-1]
    assert not side.further.isVisible()
    desk.hear(HubFound(id=first.id, models=(), cursor="page 3"), Finished(id=first.id))
    assert "None among the first of them." in words(desk.page)
    side.further.click()
    asked = desk.of(SearchHub)[-1]
    assert getattr(asked, "cursor", "") == "page 3"
    assert not side.further.isVisible()
    desk.hear(HubFound(id=asked.id, models=(found.one(1),)), Finished(id=asked.id))
    assert not side.further.isVisible()
    assert rows(desk) == [found.one(1).repo]


def test_each_side_looks_for_the_card_of_its_own_model(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.looked(found.local(found.own(replay.last("opened")))), Settings(network_off=True))
    desk.page.hub.list.select(SQUAD)
    desk.page.show_part(1)
    desk.page.local.list.select(found.LOCAL[1].folder)
    qtbot.waitUntil(lambda: len(desk.of(ReadCard)) == 1, timeout=2_000)
    (read,) = desk.of(ReadCard)
    desk.hear(CardRead(id=read.id, blocks=()), Finished(id=read.id))
    desk.page.show_part(0)
    assert [getattr(one, "ref", "") for one in desk.of(ReadCard)] == [found.LOCAL[1].ref, SQUAD]
    desk.page.hub.list.select(found.OWN[3].repo)
    qtbot.waitUntil(lambda: len(desk.of(ReadCard)) == 3, timeout=2_000)
    assert desk.of(LookAtHub) == []
    desk.page.show_settings(Settings())
    assert [getattr(one, "ref", "") for one in desk.of(LookAtHub)] == [found.OWN[3].repo]


def test_a_gated_model_says_where_and_opens_nothing_by_itself(
    qtbot: QtBot, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    browsers = [False, True]

    def opens(url: QUrl) -> bool:
        opened.append(url.toString())
        return browsers.pop(0)

    monkeypatch.setattr(QDesktopServices, "openUrl", opens)
    gated = found.one(2)
    desk = open_page(found.looked(found.results(replay.last("opened")), gated))
    desk.page.hub.list.select(gated.repo)
    side = desk.page.hub
    assert "accept their conditions" in words(side.detail)
    with qtbot.waitSignal(desk.page.page_asked, timeout=1_000) as shown:
        side.sign_in.click()
    assert shown.args == ["settings"]
    side.page.setFocus()
    side.page.click()
    assert side.detail.leave.address() == found.page_of(gated.repo)
    assert desk.page.focusWidget() is side.detail.leave.stay
    qtbot.keyClick(side.detail.leave.stay, Qt.Key.Key_Escape)
    assert desk.page.focusWidget() is side.page
    assert opened == []
    side.page.click()
    side.detail.leave.copy.click()
    assert QApplication.clipboard().text() == found.page_of(gated.repo)
    side.detail.leave.open.click()
    assert "No browser could be opened" in words(side.detail)
    side.detail.leave.open.click()
    assert opened == [found.page_of(gated.repo)] * 2
    assert side.detail.leave.isHidden()


def test_with_the_network_off_it_says_so_and_switches_it_on(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.own(replay.last("opened")), Settings(network_off=True))
    desk.page.hub.list.select(SQUAD)
    assert "The network is off" in words(desk.page)
    assert not desk.page.hub.detail.main.isEnabled()
    with qtbot.waitSignal(desk.page.network_asked, timeout=1_000):
        desk.page.online.click()
    desk.page.show_settings(Settings())
    assert "The network is off" not in words(desk.page)
    assert desk.page.hub.detail.main.isEnabled()


def test_a_search_that_failed_is_told_in_place_and_asked_again(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.search_failed(found.own(replay.last("opened"))))
    assert "did not answer within 10 s" in words(desk.page)
    before = len(desk.of(SearchHub))
    failure = desk.page.hub._failure
    assert failure.action is not None
    failure.action.click()
    assert len(desk.of(SearchHub)) == before + 1
    assert not failure.isVisible()


# --- the card ---


def test_a_table_longer_than_can_be_laid_out_at_once_is_cut_and_says_so(qtbot: QtBot, wardrobe: Wardrobe) -> None:
    view = CardView()
    qtbot.addWidget(view)
    view.show_blocks([Block(kind="table", rows=(("row 0", "x" * 900),) * 5000), Block(kind="rule")])
    qtbot.waitUntil(view.whole)
    said = view.toPlainText()

    assert 50 < said.count("row 0") < 500
    assert CUT_TABLE in said


def test_a_card_is_text_and_tables_whatever_stands_in_it(qtbot: QtBot, wardrobe: Wardrobe) -> None:
    view = CardView()
    qtbot.addWidget(view)
    asked: list[str] = []
    view.link_asked.connect(asked.append)
    hostile = (
        Block(kind="paragraph", spans=(Span(text="<script>alert(1)</script><img src='https://example.org/a.png'>"),)),
        Block(kind="paragraph", spans=(Span(text="press", link="javascript:alert(1)"), Span(text="\ufffc\r\n"))),
        Block(kind="paragraph", spans=(Span(text="file", link="file:///etc/passwd"),)),
        Block(kind="table", rows=(("a",), (), ("<b>b</b>", "c", "d"))),
        Block(kind="table", rows=()),
        Block(kind="heading", level=99, spans=(Span(text="h"),)),
        Block(kind="item", level=1_000, spans=(Span(text="i"),)),
    )
    view.show_blocks((*hostile, *found.CARD))
    qtbot.waitUntil(view.whole, timeout=5_000)
    plain = view.toPlainText()
    assert "<script>alert(1)</script>" in plain
    assert "<b>b</b>" in plain
    markup = view.toHtml()
    assert "javascript:" not in markup
    assert "file:///" not in markup
    assert "<img" not in markup
    assert view.loadResource(QTextDocument.ResourceType.ImageResource.value, QUrl("https://example.org/a.png")) is None
    view.anchorClicked.emit(QUrl("https://huggingface.co/datasets/squad_v2"))
    assert asked == ["https://huggingface.co/datasets/squad_v2"]
    assert view.toPlainText() == plain  # nobody went there
    view.show()
    wardrobe.choose("dark")
    qtbot.waitUntil(view.whole, timeout=5_000)
    assert view.toPlainText() == plain


def test_a_long_card_comes_in_slices_and_is_bounded(qtbot: QtBot) -> None:
    view = CardView()
    qtbot.addWidget(view)
    blocks = tuple(Block(kind="paragraph", spans=(Span(text=f"{place} " + "x" * 40_000),)) for place in range(40))
    view.show_blocks(blocks, cut=True)
    assert not view.whole()
    qtbot.waitUntil(view.whole, timeout=20_000)
    assert len(view.toPlainText()) < 40 * 9_000
    assert "longer than what is shown" in view.toPlainText()
    view.show_blocks(found.CARD)
    assert "RoBERTa" in view.toPlainText()


# --- on this computer ---


def test_what_is_here_is_listed_sorted_and_used(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.local(replay.last("opened")))
    desk.page.show_part(1)
    side = desk.page.local
    assert "4 models, 809 MB, 181 GB free" in words(side)
    side.sort.setCurrentIndex(1)
    side.sort.activated.emit(1)
    assert [row.figure for row in side.list.model_rows.rows] == ["438 MB", "268 MB", "91.0 MB", "12.0 MB"]
    side.list.setCurrentIndex(side.list.model_rows.index(1, 0))
    assert not side.delete.isVisible()  # a folder of one's own
    with qtbot.waitSignal(desk.page.use_asked, timeout=1_000) as used:
        qtbot.keyClick(side.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert used.args == ["/home/ada/models/tickets", ""]
    side.list.setCurrentIndex(side.list.model_rows.index(3, 0))
    assert "model.safetensors is missing." in words(side.detail)
    side.act()
    (rest,) = desk.of(Download)
    assert getattr(rest, "ref", "") == "org/half"


def test_deleting_asks_once_more_says_what_it_frees_and_goes_to_the_next(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.local(replay.last("opened")), Settings(folders=("/home/ada/models",)))
    desk.page.show_part(1)
    side = desk.page.local
    side.list.select(found.LOCAL[1].folder)
    side.list.setFocus()
    assert side.delete.button.accessibleName() == "Delete… frees 548 MB"
    qtbot.keyClick(side.list, Qt.Key.Key_Delete)
    assert desk.of(DeleteModel) == []
    assert desk.page.focusWidget() is side.delete.no
    side.delete.yes.click()
    (delete,) = desk.of(DeleteModel)
    assert isinstance(delete, DeleteModel)
    assert (delete.ref, delete.part, delete.content_key) == (found.LOCAL[1].ref, "model", "k2")
    assert delete.folders == ("/home/ada/models",)
    rest = tuple(one for one in found.LOCAL if one is not found.LOCAL[1])
    desk.hear(ModelsListed(id=delete.id, models=rest), Finished(id=delete.id))
    assert side.list.model_rows.rowCount() == 3
    assert side.list.key() != ""

    side.list.select(found.LOCAL[0].folder)
    assert side.unprepare.isVisible()
    side.unprepare.ask()
    side.unprepare.yes.click()
    last = desk.of(DeleteModel)[-1]
    assert getattr(last, "part", "") == "prepared"
    desk.hear(Failed(id=last.id, failure=failure_of(EngineBusy("A model cannot be deleted while one runs."))))
    assert "while one runs" in words(side)


def test_a_folder_of_ones_own_is_added_and_forgotten(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.local(replay.last("opened")))
    desk.page.show_part(1)
    side = desk.page.local
    with qtbot.waitSignal(desk.page.folders_changed, timeout=1_000) as told:
        side.take_folder("/home/ada/models")
    assert told.args == [("/home/ada/models",)]
    assert getattr(desk.of(ListModels)[-1], "folders", ()) == ("/home/ada/models",)
    side.list.select("/home/ada/models/tickets")
    assert side.forget.isVisible()
    with qtbot.waitSignal(desk.page.folders_changed, timeout=1_000) as told:
        side.forget.click()
    assert told.args == [()]


def test_two_thousand_models_are_listed(open_page: Open) -> None:
    many = [LocalModel(ref=f"o/{n}", name=f"o/{n}", place="cache", folder=f"/f/{n}") for n in range(2_000)]
    desk = open_page(found.local(replay.last("opened"), many))
    desk.page.show_part(1)
    assert "2,000 models" in words(desk.page)
    assert desk.page.local.list.model_rows.rowCount() == 2_000


# --- both ---


def test_every_control_has_a_name_an_explanation_and_a_letter_of_its_own(open_page: Open) -> None:
    state = found.downloading(found.looked(found.results(found.local(replay.last("opened"))), found.one(2)))
    desk = open_page(state, Settings(network_off=True, folders=("/home/ada/models",)))
    page = desk.page
    page.hub.list.select(found.one(2).repo)
    page.local.list.select(found.LOCAL[3].folder)
    for part in (0, 1):
        page.show_part(part)
        QApplication.processEvents()
        controls = [
            widget
            for kind in (QAbstractButton, QComboBox, QLineEdit, QCheckBox)
            for widget in page.findChildren(kind)
            if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        captions = [label for label in page.findChildren(QLabel) if label.isVisible() and label.buddy() is not None]
        buttons = {widget for widget in controls if isinstance(widget, QAbstractButton)}
        titles = [*(button.text() for button in buttons), *(caption.text() for caption in captions)]
        letters = [letter for title in titles if (letter := letter_of(title))]
        assert [widget for widget in controls if not widget.whatsThis()] == []
        assert [one for one in controls if not one.accessibleName() and not getattr(one, "text", str)()] == []
        assert len(letters) == len(set(letters))
        assert [title for title in titles if not letter_of(title)] == []


def test_days_are_named_as_people_name_them() -> None:
    now_s = 1_796_000_000.0
    assert model_words.day(now_s, now_s) == "today"
    assert model_words.day(now_s - 86_400, now_s) == "yesterday"
    assert model_words.day(0.0, now_s)[:2] == "19"


# --- in the window ---


def test_used_models_are_described_on_the_run_page_and_the_network_is_one_switch(qtbot: QtBot) -> None:
    window = MainWindow(Settings(page="models", network_off=True), application_icon())
    qtbot.addWidget(window)
    asked: list[AnyRequest] = []
    window.asked.connect(asked.append)
    window.show()
    window.show_state(replay.last("opened"))
    window.show_state(found.own(replay.last("opened")))
    found.choose(window, SQUAD)
    told: list[object] = []
    window.network_chosen.connect(told.append)
    window.asked.connect(told.append)
    window.models_page.online.click()
    assert told[0] is False  # before the Hub is asked
    assert isinstance(told[1], LookAtHub)
    assert not window.settings_page.network.off.isChecked()
    window.models_page.local.take_folder("/home/ada/models")
    assert window.settings().folders == ("/home/ada/models",)
    window.models_page.use_asked.emit("org/a", "org/b")
    describe = asked[-1]
    assert (getattr(describe, "ref", ""), getattr(describe, "tokenizer", "")) == ("org/a", "org/b")
    assert window._pages.currentWidget() is window.run_page
    window.run_page.form.fill({"source_sentence": "typed", "sentences": ["a"]})
    assert window.settings().folders == ("/home/ada/models",)  # the Run page does not undo it
