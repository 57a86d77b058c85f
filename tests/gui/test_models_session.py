"""The Models page through the real window and its engine, before a stand-in of the Hub."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.app import Session
from tests.gui.sessions import LONG_MS, NAME, SLOW_BYTES_PER_S, WEIGHTS, chosen, failed, press, run
from tests.hub_server import Hub, Repo

SECRET = "hf_" + "s" * 34


def test_a_model_is_found_by_words_downloaded_used_run_and_deleted(
    qtbot: QtBot, open_session: Callable[..., Session], repo: Repo, hub: Hub
) -> None:
    session = open_session()
    window, page = session.window, session.window.models_page
    window.show_page("models")
    titles = lambda: [row.key for row in page.hub.list.model_rows.rows]  # noqa: E731
    qtbot.waitUntil(lambda: len(titles()) > 3, timeout=LONG_MS)
    assert hub.seen == []  # the program's own list
    page.hub.bar.words.setText("reviews")
    qtbot.waitUntil(lambda: titles() == [NAME], timeout=LONG_MS)
    page.hub.list.select(NAME)
    qtbot.waitUntil(lambda: "files" in page.hub.detail.as_text(), timeout=LONG_MS)
    assert page.hub.detail.main.accessibleName().startswith("Download, ")
    qtbot.keyClick(page.hub.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page.hub.detail.main.accessibleName() == "Use on the Run page", timeout=LONG_MS)
    qtbot.keyClick(page.hub.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    chosen(qtbot, session, NAME)
    assert window.run_page.isVisible()
    hub.seen.clear()
    run(qtbot, session)
    assert session.state.run is not None
    assert session.state.run.failure is None
    assert hub.seen == []

    window.show_page("models")
    page.show_part(1)
    side = page.local
    qtbot.waitUntil(lambda: any(row.title == NAME for row in side.list.model_rows.rows), timeout=LONG_MS)
    side.list.select(next(row.key for row in side.list.model_rows.rows if row.title == NAME))
    side.delete.ask()
    press(qtbot, side.delete.yes)
    qtbot.waitUntil(lambda: all(row.title != NAME for row in side.list.model_rows.rows), timeout=LONG_MS)
    assert session.state.hub.failures == {}
    failed(qtbot, window.run_page, "NotDownloaded")  # it was the chosen one


def test_a_download_outlives_the_program_and_goes_on_from_there(
    qtbot: QtBot, open_session: Callable[..., Session], repo: Repo, hub: Hub
) -> None:
    repo.bytes_per_s = SLOW_BYTES_PER_S / 4
    first = open_session()
    _choose(qtbot, first)
    _download(qtbot, first)
    small_bytes = sum(repo.size(name) for name in repo.files if name != WEIGHTS)  # these come first
    qtbot.waitUntil(lambda: _received_bytes(first) > small_bytes, timeout=LONG_MS)
    first.window.close()
    repo.bytes_per_s = 0
    hub.seen.clear()

    session = open_session()
    page = session.window.models_page
    session.window.show_page("models")
    qtbot.waitUntil(lambda: len(page.downloads.rows) == 1, timeout=LONG_MS)
    (row,) = page.downloads.rows.values()
    assert row.line.title == NAME
    assert row.line.words.startswith("Paused")
    assert hub.asked(WEIGHTS) == []
    press(qtbot, row.pause)
    qtbot.waitUntil(lambda: page.downloads.rows == {}, timeout=LONG_MS)
    (asked,) = hub.asked(WEIGHTS)
    assert asked.range.startswith("bytes=")
    assert session.state.hub.failures == {}


def test_a_token_given_in_settings_opens_a_gated_model_and_is_shown_nowhere(
    qtbot: QtBot,
    open_session: Callable[..., Session],
    repo: Repo,
    hub: Hub,
    own_home: Path,
) -> None:
    hub.accounts[SECRET] = "ada"
    repo.told["gated"] = "auto"
    repo.refuses_files = (401, {"X-Error-Code": "GatedRepo"})
    session = open_session()
    page = session.window.models_page
    _choose(qtbot, session)
    qtbot.waitUntil(lambda: page.hub.sign_in.isVisible(), timeout=LONG_MS)
    qtbot.waitUntil(lambda: not {"look", "card"} & session.state.hub.waiting.keys(), timeout=LONG_MS)
    assert "accepted its conditions" in page.hub.detail.as_text()

    account = session.window.settings_page.account
    press(qtbot, page.hub.sign_in)
    qtbot.waitUntil(lambda: session.state.hub.token is not None, timeout=LONG_MS)
    qtbot.keyClicks(account.token, SECRET)
    press(qtbot, account.keep)
    qtbot.waitUntil(
        lambda: session.state.hub.token is not None and session.state.hub.token.account == "ada", timeout=LONG_MS
    )
    assert account.token.text() == ""

    repo.refuses_files = None  # the conditions were accepted on its page
    hub.seen.clear()
    session.window.show_page("models")
    _download(qtbot, session)
    qtbot.waitUntil(lambda: page.hub.detail.main.accessibleName() == "Use on the Run page", timeout=LONG_MS)
    assert {one.token for one in hub.asked(WEIGHTS)} == {f"Bearer {SECRET}"}
    session.window.close()
    kept = [file for file in own_home.rglob("*") if file.is_file()]
    assert [file.name for file in kept if SECRET.encode() in file.read_bytes()] == []


def _choose(qtbot: QtBot, session: Session) -> None:
    """By its name, on the Models page."""
    page = session.window.models_page
    session.window.show_page("models")
    page.hub.bar.words.setText(NAME)
    qtbot.waitUntil(lambda: [row.key for row in page.hub.list.model_rows.rows] == [NAME], timeout=LONG_MS)
    page.hub.list.select(NAME)


def _download(qtbot: QtBot, session: Session) -> None:
    """Once it was looked at."""
    page = session.window.models_page
    qtbot.waitUntil(lambda: "files" in page.hub.detail.as_text(), timeout=LONG_MS)
    qtbot.keyClick(page.hub.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def _received_bytes(session: Session) -> int:
    return max((view.progress.done_bytes for view in session.state.downloads if view.progress is not None), default=0)
