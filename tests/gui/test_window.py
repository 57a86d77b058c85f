"""The whole window with the real engine: what a person does, and what they see."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from engine.wire.messages import Ready
from gui import settings
from gui.app import Session
from gui.pages.run_page.model_panel import ModelPanel
from gui.pages.run_page.result_panel import ResultPanel
from gui.settings import Settings
from tests.talk import gone_within, processes_under

LONG_MS = 120_000
CLOSED_WITHIN_S = 2.0


@pytest.fixture
def open_window(qtbot: QtBot, own_home: Path) -> Iterator[Callable[..., Session]]:
    """``open_window(settings)``: a started window; all are closed at the end."""
    sessions: list[Session] = []

    def make(kept: Settings | None = None) -> Session:
        settings.save(kept or Settings(threads=1))
        session = Session(settings.load())
        sessions.append(session)
        session.window.show()
        session.window.activateWindow()
        with qtbot.waitActive(session.window):
            session.start()
        return session

    yield make
    for session in sessions:
        session.window.close()
        session.window.deleteLater()


def remedy(panel: ModelPanel | ResultPanel, title: str) -> QPushButton:
    """The button of the shown failure."""
    return next(one for one in panel.remedies() if one.accessibleName() == title)


def opened(qtbot: QtBot, session: Session) -> None:
    """Waits until Run can be pressed."""
    page = session.window.run_page
    qtbot.waitUntil(lambda: page.bar.button.isEnabled() and session.state.live, timeout=LONG_MS)
    qtbot.waitUntil(lambda: session.state.describing is None, timeout=LONG_MS)


def over(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.state.run is not None and session.state.run.over, timeout=LONG_MS)
    qtbot.waitUntil(lambda: session.state.describing is None, timeout=LONG_MS)
    qtbot.wait(250)  # the throttle's last picture


def repeating(qtbot: QtBot, session: Session) -> None:
    run = session.window.run_page
    qtbot.mouseClick(run.speed.repeat, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.state.run is not None and session.state.run.latencies.n > 3, timeout=LONG_MS)


def test_one_key_press_gives_an_answer(qtbot: QtBot, open_window: Callable[..., Session]) -> None:
    session = open_window()
    page = session.window.run_page
    opened(qtbot, session)
    assert session.window.focusWidget() is page.bar.button

    qtbot.keyClick(page.bar.button, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    over(qtbot, session)

    run = session.state.run
    assert run is not None
    assert run.failure is None
    assert run.report is not None
    assert run.answer is not None
    page.result.copy_text()
    copied = QApplication.clipboard().text().splitlines()
    assert len(copied) == len(run.request.fields["sentences"])
    assert page.speed.announcement().startswith("Median ")
    assert "Ready" in session.window._strip.words()
    assert "roducts ran in full precision (fp32)" in page.result.what_ran.words()
    assert page.result.what_ran.button.isVisible()


def test_check_shows_agreement_and_ratio(qtbot: QtBot, open_window: Callable[..., Session]) -> None:
    session = open_window(Settings(threads=1, mode="torchscript"))
    page = session.window.run_page
    opened(qtbot, session)
    qtbot.mouseClick(page.bar.button, Qt.MouseButton.LeftButton)
    over(qtbot, session)
    assert page.speed.check.isVisible()

    qtbot.mouseClick(page.speed.check, Qt.MouseButton.LeftButton)
    over(qtbot, session)

    assert session.state.run is not None
    report = session.state.run.report
    assert report is not None
    assert report.ratio is not None
    assert "than eager" in page.speed.announcement()
    assert "same answer" in page.speed.announcement()
    assert not page.speed.check.isVisible()


@pytest.mark.slow
def test_changed_input_takes_effect_while_it_repeats(qtbot: QtBot, open_window: Callable[..., Session]) -> None:
    session = open_window()
    page = session.window.run_page
    opened(qtbot, session)
    repeating(qtbot, session)
    before = session.state.run.answer if session.state.run else None

    page.form.fill({"source_sentence": "Interest rates rise.", "sentences": ["Money costs more.", "A dog barks."]})
    qtbot.waitUntil(lambda: session.state.run is not None and session.state.run.answer is not before, timeout=LONG_MS)

    assert session.state.run is not None
    assert session.state.run.answer is not None
    assert session.state.run.answer.revision >= 1
    assert len(session.state.run.answer.result.value) == 2
    assert session.state.running


def test_escape_stops_within_a_second(qtbot: QtBot, open_window: Callable[..., Session]) -> None:
    session = open_window()
    page = session.window.run_page
    opened(qtbot, session)
    repeating(qtbot, session)

    began = time.monotonic()
    qtbot.keyClick(page.bar.button, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not session.state.running, timeout=5_000)

    assert time.monotonic() - began < 1.3
    over(qtbot, session)
    assert page.bar.button.isEnabled()
    assert not page.speed.repeat.isChecked()


def test_bad_input_is_told_at_the_form_and_mended_there(qtbot: QtBot, open_window: Callable[..., Session]) -> None:
    session = open_window()
    page = session.window.run_page
    opened(qtbot, session)
    qtbot.mouseClick(page.form.clear, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.bar.button, Qt.MouseButton.LeftButton)
    over(qtbot, session)
    failure = page.form.failure()
    assert failure is not None
    assert failure.code == "BadInput"
    assert page.result.failure() is None

    qtbot.mouseClick(page.form.example, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.bar.button, Qt.MouseButton.LeftButton)
    over(qtbot, session)

    assert page.form.failure() is None
    assert page.result.view() is not None


def test_a_folder_without_a_model_is_told_at_the_model(
    qtbot: QtBot, open_window: Callable[..., Session], tmp_path: Path
) -> None:
    session = open_window()
    page = session.window.run_page
    opened(qtbot, session)
    page.models.describe(str(tmp_path))
    qtbot.waitUntil(lambda: page.model.failure() is not None, timeout=LONG_MS)

    assert session.state.model is not None
    assert session.state.model.ref == "starter"
    assert session.window.settings().model == "starter"
    qtbot.mouseClick(remedy(page.model, "Keep present model"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.model.failure() is None, timeout=LONG_MS)


@pytest.mark.slow
def test_a_folder_on_disk_runs_its_own_task(
    qtbot: QtBot, open_window: Callable[..., Session], tiny: Callable[[str, str], Path]
) -> None:
    folder = tiny("bert", "QuestionAnswering")
    session = open_window()
    page = session.window.run_page
    opened(qtbot, session)
    page.models.describe(str(folder))
    qtbot.waitUntil(lambda: session.state.model is not None and session.state.model.ref == str(folder), timeout=LONG_MS)
    qtbot.waitUntil(lambda: page.task.task_id() == "question-answering", timeout=LONG_MS)
    qtbot.mouseClick(page.bar.button, Qt.MouseButton.LeftButton)
    over(qtbot, session)

    assert session.state.run is not None
    assert session.state.run.failure is None
    assert session.window.settings().recent == (str(folder),)


@pytest.mark.slow
def test_a_killed_engine_is_one_failure_and_the_next_run_works(
    qtbot: QtBot, open_window: Callable[..., Session]
) -> None:
    session = open_window()
    pids: list[int] = []
    session.thread_of_engine.events_arrived.connect(
        lambda batch: pids.extend(e.pid for e in batch if isinstance(e, Ready) and e.role == "work")
    )
    page = session.window.run_page
    opened(qtbot, session)
    repeating(qtbot, session)
    os.kill(pids[-1], signal.SIGKILL)
    qtbot.waitUntil(lambda: page.result.failure() is not None, timeout=LONG_MS)
    failure = page.result.failure()
    assert failure is not None
    assert failure.code == "EngineDied"

    over(qtbot, session)
    qtbot.mouseClick(page.bar.button, Qt.MouseButton.LeftButton)
    over(qtbot, session)
    assert page.result.failure() is None
    assert session.state.run is not None
    assert session.state.run.report is not None


def test_closing_while_it_runs_leaves_no_process(
    qtbot: QtBot, open_window: Callable[..., Session], own_home: Path
) -> None:
    session = open_window()
    opened(qtbot, session)
    repeating(qtbot, session)
    assert processes_under(own_home)

    began = time.monotonic()
    session.window.close()

    assert time.monotonic() - began < CLOSED_WITHIN_S
    assert gone_within(own_home, CLOSED_WITHIN_S) == []
    assert not session.thread_of_engine.isRunning()
    assert not [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]


def test_next_start_shows_the_last_picture_before_the_engine_speaks(
    qtbot: QtBot, open_window: Callable[..., Session]
) -> None:
    first = open_window()
    opened(qtbot, first)
    first.window.run_page.form.fill({"source_sentence": "kept", "sentences": ["this", "too"]})
    first.window.close()

    second = Session(settings.load())
    qtbot.addWidget(second.window)
    page = second.window.run_page

    assert not second.state.live
    assert page.bar.button.isEnabled()
    assert page.form.fields() == {"source_sentence": "kept", "sentences": ["this", "too"]}
    assert second.state.engine == "starting"
    second.close()


def test_a_mode_that_is_no_longer_there_falls_to_the_first(qtbot: QtBot, open_window: Callable[..., Session]) -> None:
    session = open_window(Settings(threads=1, mode="no-such-mode", task="no-such-task"))
    opened(qtbot, session)
    mode = session.window.run_page.modes.mode()

    assert mode is not None
    assert session.state.catalogue is not None
    assert mode.id == session.state.catalogue.modes[0].id
    assert any("no-such-task" in notice for notice in session.window.run_page._notice_lines.texts())
    assert any("no-such-mode" in notice for notice in session.window.run_page._notice_lines.texts())


@pytest.mark.slow
def test_a_program_is_saved_from_the_page(
    qtbot: QtBot, open_window: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_window(Settings(threads=1, mode="torchscript"))
    offers = session.window.run_page.modes.offers
    opened(qtbot, session)
    target = tmp_path / "mine.pt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    qtbot.mouseClick(offers.export, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.state.export is not None and session.state.export.over, timeout=LONG_MS)
    qtbot.wait(250)  # the throttle's last picture

    assert offers.saved.failure_words() == ""
    assert "Saved as mine.pt" in offers.saved.words()
    assert target.stat().st_size > 1_000_000
    assert session.window.run_page.bar.button.isEnabled()


@pytest.mark.slow
def test_the_compilers_example_is_shown(qtbot: QtBot, open_window: Callable[..., Session]) -> None:
    session = open_window(Settings(threads=1, mode="torch-compile"))
    page = session.window.run_page
    opened(qtbot, session)
    qtbot.mouseClick(page.modes.offers.compiler, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.state.compiler is not None and session.state.compiler.over, timeout=LONG_MS)
    qtbot.wait(250)  # the throttle's last picture
    dialog = page.programs.compiler
    assert dialog is not None

    assert dialog.failure_words() == ""
    assert "over memory" in dialog.words()
    assert "extern" in dialog.kernel.toPlainText()
    dialog.reject()
