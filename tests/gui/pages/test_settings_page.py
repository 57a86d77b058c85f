"""The Settings page: what it emits, what it shows, and what it asks before it does."""

import dataclasses
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.wire.errors import EngineBusy, Offline, failure_of
from engine.wire.hub import RELEASES_PAGE
from engine.wire.messages import (
    CheckForUpdate,
    Failed,
    FreeUp,
    ListConsents,
    ListRuntimes,
    LookAtToken,
    Revoke,
    SetToken,
    Storage,
    Stored,
)
from engine.wire.values import Consent, StoredPart
from gui.pages.settings_page import SettingsPage
from gui.run_state import State
from gui.settings import Settings
from gui.widgets.mnemonics import letter_of
from tests.gui import found, replay

Open = Callable[..., SettingsPage]
STORED = Stored(
    folder="/home/ada/data",
    parts=(
        StoredPart(id="artefacts", title="Prepared models", plain="Made again.", size_bytes=91_200_000, goes=True),
        StoredPart(id="rest", title="Settings", plain="They stay.", size_bytes=41_000),
    ),
)


@pytest.fixture
def open_page(qtbot: QtBot) -> Open:
    def make(state: State | None = None, settings: Settings | None = None) -> SettingsPage:
        page = SettingsPage()
        qtbot.addWidget(page)
        page.resize(836, 570)
        page.show_state(state if state is not None else idle(), settings or Settings())
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        return page

    return make


def idle() -> State:
    return dataclasses.replace(replay.last("opened"), stored=STORED)


def words(page: SettingsPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def test_shows_what_is_set_without_telling_of_a_change(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(settings=Settings(theme="dark", threads=1))
    heard: list[object] = []
    page.theme_chosen.connect(heard.append)
    page.threads_chosen.connect(heard.append)
    page.show_settings(Settings(theme="light", threads=0))

    assert page.themes["light"].isChecked()
    assert page.threads.currentData() == 0
    assert heard == []


def test_a_theme_is_chosen_with_the_keyboard_alone(qtbot: QtBot, open_page: Open) -> None:
    page = open_page()
    page.themes["system"].setFocus()
    with qtbot.waitSignal(page.theme_chosen, timeout=1_000) as chosen:
        qtbot.keyClick(page.themes["system"], Qt.Key.Key_Right)

    assert chosen.args == ["light"]


def test_threads_are_told_as_a_request_counts_them(qtbot: QtBot, open_page: Open) -> None:
    page = open_page()
    assert page.threads.itemText(0).endswith("(usual)")
    with qtbot.waitSignal(page.threads_chosen, timeout=1_000) as chosen:
        page.threads.setCurrentIndex(1)
        page.threads.activated.emit(1)

    assert chosen.args == [1]


def test_looks_into_the_data_folder_when_it_is_shown(qtbot: QtBot) -> None:
    page = SettingsPage()
    qtbot.addWidget(page)
    asked: list[object] = []
    page.asked.connect(asked.append)
    page.show()

    assert {type(request) for request in asked} == {Storage, ListConsents, ListRuntimes, LookAtToken}


def test_sizes_are_told_by_part_and_freeing_says_how_much(qtbot: QtBot, open_page: Open) -> None:
    page = open_page()
    said = words(page)
    assert "91.2 MB" in said
    assert "Freeing loses only time" in said
    assert page.data.free.text() == "&Free up 91.2 MB"
    with qtbot.waitSignal(page.asked, timeout=1_000) as asked:
        qtbot.mouseClick(page.data.free, Qt.MouseButton.LeftButton)

    assert isinstance(asked.args[0], FreeUp)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (dataclasses.replace(replay.last("repeating"), stored=STORED), "A model runs. Stop it first: Esc."),
        (dataclasses.replace(idle(), storing=FreeUp(id="f")), "Freeing"),
        (dataclasses.replace(idle(), stored=None), "Looking"),
        (State(), "Waiting for the engine"),
        (dataclasses.replace(idle(), stored=Stored(folder="/d", parts=STORED.parts[1:])), "There is nothing to free."),
    ],
    ids=["running", "freeing", "looking", "no engine", "empty"],
)
def test_where_nothing_can_be_freed_it_says_why(open_page: Open, state: State, why: str) -> None:
    page = open_page(state)

    assert not page.data.free.isEnabled()
    assert why in words(page)


def test_a_refusal_is_told_in_place(qtbot: QtBot, open_page: Open) -> None:
    failure = failure_of(EngineBusy("Space cannot be freed while a model runs."))
    page = open_page(dataclasses.replace(idle(), storage_failure=failure))
    heard: list[object] = []
    page.asked.connect(heard.append)

    assert "Space cannot be freed while a model runs." in words(page)
    assert page.data._failure.action is not None
    qtbot.mouseClick(page.data._failure.action, Qt.MouseButton.LeftButton)
    assert isinstance(heard[-1], Storage)


def test_reset_asks_once_more_in_place_and_can_be_taken_back(qtbot: QtBot, open_page: Open) -> None:
    page = open_page()
    reset = page.reset
    heard: list[object] = []
    page.reset_asked.connect(lambda: heard.append(True))
    qtbot.mouseClick(reset.button, Qt.MouseButton.LeftButton)
    assert heard == []
    assert QApplication.activeModalWidget() is None
    assert page.window().focusWidget() is reset.no

    qtbot.keyClick(reset.no, Qt.Key.Key_Escape)
    assert reset.button.isVisible()
    assert heard == []

    qtbot.mouseClick(reset.button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(reset.yes, Qt.MouseButton.LeftButton)
    assert heard == [True]
    assert reset.button.isVisible()


def test_the_path_is_copied(qtbot: QtBot, open_page: Open) -> None:
    page = open_page()
    qtbot.mouseClick(page.data.copy, Qt.MouseButton.LeftButton)

    assert QApplication.clipboard().text() == "/home/ada/data"


def allowed(*refs: str, consenting: ListConsents | Revoke | None = None) -> State:
    consents = tuple(Consent(ref=ref, folder="", weights_sha256=ref, given_s=1_700_000_000) for ref in refs)
    return dataclasses.replace(idle(), consents=consents, consenting=consenting)


def focused(page: SettingsPage) -> object:
    return page.window().focusWidget()


def test_each_revoke_has_a_letter_of_its_own(open_page: Open) -> None:
    page = open_page(allowed("a/one", "b/two", "c/three"))
    shown = [button for button in page.findChildren(QAbstractButton) if button.isVisible()]
    letters = [letter for button in shown if (letter := letter_of(button.text()))]

    assert all(letter_of(button.text()) for button in page.consents.revokes.values())
    assert len(letters) == len(set(letters))


def test_after_revoking_the_focus_is_on_the_next_one(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(allowed("a/one", "b/two", "c/three"))
    asked: list[object] = []
    page.asked.connect(asked.append)
    pressed = page.consents.revokes["b/two"]
    pressed.setFocus()
    qtbot.keyClick(pressed, Qt.Key.Key_Space)
    (revoke,) = asked
    assert isinstance(revoke, Revoke)
    page.show_state(allowed("a/one", "b/two", "c/three", consenting=revoke), Settings())
    assert focused(page) is pressed
    qtbot.keyClick(pressed, Qt.Key.Key_Space)
    assert asked == [revoke]  # once is enough

    page.show_state(allowed("a/one", "c/three", consenting=revoke), Settings())
    assert focused(page) is page.consents.revokes["c/three"]
    page.show_state(allowed("a/one"), Settings())
    assert focused(page) is page.consents.revokes["a/one"]
    page.show_state(allowed(), Settings(theme="dark"))
    assert focused(page) is page.themes["dark"]


def test_revoking_takes_the_focus_from_nowhere_else(open_page: Open) -> None:
    page = open_page(allowed("a/one"))
    page.threads.setFocus()
    page.show_state(allowed(), Settings())

    assert focused(page) is page.threads


def test_freeing_keeps_the_focus_from_what_does_harm(qtbot: QtBot, open_page: Open) -> None:
    page = open_page()
    page.data.free.setFocus()
    for again in (idle(), dataclasses.replace(idle(), storage_failure=failure_of(EngineBusy("Not now.")))):
        page.show_state(dataclasses.replace(idle(), storing=FreeUp(id="f")), Settings())
        assert focused(page) is page.data.copy
        page.show_state(again, Settings())
        assert focused(page) is page.data.free

    page.show_state(dataclasses.replace(idle(), storing=FreeUp(id="f")), Settings())
    page.threads.setFocus()
    page.show_state(idle(), Settings())
    assert focused(page) is page.threads


# --- account and about ---


def test_a_token_is_passed_on_once_and_shown_nowhere(qtbot: QtBot, open_page: Open) -> None:
    page = open_page(found.not_signed_in(idle()))
    heard: list[object] = []
    page.asked.connect(heard.append)
    card = page.account
    assert "There is none." in words(page)
    assert "for this session only" in words(page)
    assert card.token.echoMode() is card.token.EchoMode.Password
    assert not card.keep.isEnabled()
    qtbot.keyClicks(card.token, " hf_secret ")
    qtbot.keyClick(card.token, Qt.Key.Key_Return)
    (sent,) = (one for one in heard if isinstance(one, SetToken))
    assert sent.token == "hf_secret"
    assert card.token.text() == ""
    assert "hf_secret" not in words(page)
    assert "hf_secret" not in repr(Settings())

    page.show_state(found.signed_in(idle()), Settings())
    assert "in this system's keyring. It is ada's." in words(page)
    card.remove.click()
    last = heard[-1]
    assert isinstance(last, SetToken)
    assert last.token == ""


def test_it_asks_where_a_token_is_once(open_page: Open, qtbot: QtBot) -> None:
    page = SettingsPage()
    qtbot.addWidget(page)
    heard: list[object] = []
    page.asked.connect(heard.append)
    page.show_state(idle(), Settings())
    page.show()
    assert len([one for one in heard if isinstance(one, LookAtToken)]) == 1
    assert [one for one in heard if isinstance(one, CheckForUpdate)] == []


def test_a_newer_version_is_looked_for_when_pressed_and_opens_nothing_by_itself(open_page: Open) -> None:
    page = open_page(idle())
    heard: list[object] = []
    page.asked.connect(heard.append)
    assert "No telemetry" in words(page)
    page.help.check.click()
    (sent,) = (one for one in heard if isinstance(one, CheckForUpdate))
    assert not page.help.page.isVisible()
    page.show_state(found.newer(idle()), Settings())
    assert "There is a newer one: 0.2.0." in words(page)
    page.help.page.click()
    assert page.help.leave.address() == "https://fastpath.example.org/releases/0.2.0"
    failure = Failed(failure=failure_of(Offline("The network is off.")))
    page.show_state(found.told(idle(), sent, failure), Settings())
    assert "The network is off." in words(page)
    page.help.page.click()
    assert page.help.leave.address() == RELEASES_PAGE
