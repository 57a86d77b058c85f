"""Downloads on the Models page: paused, gone on with, given up; and the same one from two pages."""

import pytest
from pytestqt.qtbot import QtBot

from engine.wire.errors import Stopped, failure_of
from engine.wire.messages import Download, Downloading, DownloadsListed, DropDownload, Failed, Finished, Stop
from gui import run_state
from tests.gui import found, replay
from tests.gui.models_desk import Open, opener

SQUAD = found.SQUAD


@pytest.fixture
def open_page(qtbot: QtBot) -> Open:
    return opener(qtbot)


def test_downloads_pause_go_on_and_stop_once_asked(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(found.downloading(replay.last("opened")))
    rows = desk.page.downloads.rows
    assert [ref for ref, _, _ in rows] == [SQUAD, "bert-base-uncased", "org/large", "org/reviews"]
    assert "The disk is full." in rows["org/reviews", "", "model"].line.words
    assert "9.10 MB/s, 29 s left" in rows[SQUAD, "", "model"].line.words
    rows[SQUAD, "", "model"].pause.click()
    assert desk.asked[-1] == Stop(id="d1")
    rows["org/large", "", "model"].pause.click()
    on = desk.asked[-1]
    assert isinstance(on, Download)
    assert on.ref == "org/large"

    before = len(desk.asked)
    rows["bert-base-uncased", "", "model"].stop.ask()
    assert len(desk.asked) == before
    rows["bert-base-uncased", "", "model"].stop.yes.click()
    assert desk.asked[-1] == Stop(id="d2")
    desk.hear(Failed(id="d2", failure=failure_of(Stopped())))
    (drop,) = desk.of(DropDownload)
    assert getattr(drop, "ref", "") == "bert-base-uncased"
    desk.hear(DownloadsListed(id=drop.id, downloads=()), Finished(id=drop.id))
    assert ("bert-base-uncased", "", "model") not in desk.page.downloads.rows


def test_the_same_download_of_two_pages_is_one_row_and_stops_as_one(qtbot: QtBot, open_page: Open) -> None:
    desk = open_page(replay.last("opened"))
    for name in ("here", "there"):
        desk.show(lambda state, name=name: run_state.asked(state, Download(id=name, ref="org/a")))  # type: ignore[misc]
    desk.hear(Downloading(id="there", file="f", done_bytes=5, total_bytes=10))
    (row,) = desk.page.downloads.rows.values()
    assert row.bar.value() == 500
    row.pause.setFocus()
    row.pause.click()
    assert [one.id for one in desk.of(Stop)] == ["here", "there"]
    assert desk.page.focusWidget() is row.pause
    row.pause.click()
    assert len(desk.of(Stop)) == 2
    row.stop.confirmed.emit()
    desk.hear(Failed(id="here", failure=failure_of(Stopped())))
    assert desk.of(DropDownload) == []
    desk.page.hide()  # it is given up all the same
    desk.hear(Failed(id="there", failure=failure_of(Stopped())))
    assert [getattr(one, "ref", "") for one in desk.of(DropDownload)] == ["org/a"]


def test_what_was_to_be_given_up_stays_where_somebody_goes_on_with_it(open_page: Open) -> None:
    desk = open_page(run_state.asked(replay.last("opened"), Download(id="a", ref="org/a")))
    (row,) = desk.page.downloads.rows.values()
    row.stop.confirmed.emit()
    desk.show(lambda state: run_state.asked(state, Download(id="b", ref="org/a")))
    desk.hear(Failed(id="a", failure=failure_of(Stopped())), Failed(id="b", failure=failure_of(Stopped())))
    assert desk.of(DropDownload) == []


def test_a_tokenizer_on_its_way_is_not_asked_for_again(qtbot: QtBot, open_page: Open) -> None:
    state = found.own(replay.last("opened"))
    desk = open_page(run_state.asked(state, Download(id="t", ref=SQUAD, part="tokenizer")))
    desk.page.hub.list.select(SQUAD)
    assert desk.page.hub.detail.main.isEnabled()  # only its tokenizer is
    desk.page.hub.list.select(found.OWN[2].repo)
    desk.page.hub.detail.main.click()
    assert [(getattr(one, "ref", "")) for one in desk.of(Download)] == [found.OWN[2].repo]
