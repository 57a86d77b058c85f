"""The program started twice, in the same data folder."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from gui import settings
from gui.app import Session
from tests.gui.sessions import LONG_MS, run
from tests.hub_server import Hub


@pytest.mark.slow
def test_two_windows_run_beside_each_other_and_both_are_in_the_history(
    qtbot: QtBot, open_session: Callable[..., Session], hub: Hub
) -> None:
    first, second = open_session(), open_session()
    for session in (first, second):
        run(qtbot, session)
        assert session.state.run is not None
        assert session.state.run.failure is None
    second.window.show_page("history")
    qtbot.waitUntil(lambda: len(second.state.history.rows or ()) == 2, timeout=LONG_MS)
    assert [row.status for row in second.state.history.rows or ()] == ["done", "done"]

    first.window.close()
    second.window.close()
    assert settings.load().notices == ()
