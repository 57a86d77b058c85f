"""Pages in the window: their digits, what is remembered of them, and settings that take effect at once."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.wire.messages import (
    ListConsents,
    ListDownloads,
    ListHistory,
    ListModels,
    ListRuntimes,
    LookAtToken,
    SearchHub,
    Stop,
    Storage,
)
from gui import settings, theme
from gui.app import Session
from gui.main_window import SIZE, MainWindow
from gui.pages.compare_page import ComparePage
from gui.pages.cpu_page import CpuPage
from gui.pages.history_page import HistoryPage
from gui.pages.models_page import ModelsPage
from gui.pages.run_page import RunPage
from gui.pages.settings_page import SettingsPage
from gui.settings import Settings
from gui.theme import Wardrobe
from gui.widgets.icons import application_icon
from tests.gui import replay

LONG_MS = 120_000
Open = Callable[..., MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot) -> Open:
    def make(kept: Settings | None = None) -> MainWindow:
        window = MainWindow(kept or Settings(), application_icon())
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        window.show_state(replay.last("checked"))
        QApplication.processEvents()
        return window

    return make


@pytest.fixture
def open_session(qtbot: QtBot, own_home: Path, wardrobe: Wardrobe) -> Iterator[Callable[[Settings], Session]]:
    sessions: list[Session] = []

    def make(kept: Settings) -> Session:
        settings.save(kept)
        session = Session(settings.load())
        session.window.theme_chosen.connect(wardrobe.choose)
        sessions.append(session)
        session.window.show()
        session.start()
        qtbot.waitUntil(lambda: session.state.live and session.state.describing is None, timeout=LONG_MS)
        return session

    yield make
    for session in sessions:
        session.window.close()
        session.window.deleteLater()


def page_of(window: MainWindow) -> QWidget | None:
    return window._pages.currentWidget()


def test_each_page_keeps_its_digit(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    expected: dict[
        Qt.Key, tuple[RunPage | ComparePage | CpuPage | ModelsPage | HistoryPage | SettingsPage, QWidget]
    ] = {
        Qt.Key.Key_2: (window.compare_page, window.compare_page.bar.button),
        Qt.Key.Key_3: (window.cpu_page, window.cpu_page.features),
        Qt.Key.Key_4: (window.models_page, window.models_page.hub.bar.words),
        Qt.Key.Key_5: (window.history_page, window.history_page.table),
        Qt.Key.Key_6: (window.settings_page, window.settings_page.themes["system"]),
        Qt.Key.Key_1: (window.run_page, window.run_page.bar.button),
    }
    for key, (page, focused) in expected.items():
        qtbot.keyClick(window.focusWidget(), key, Qt.KeyboardModifier.ControlModifier)
        assert page_of(window) is page
        assert window.focusWidget() is focused
        chosen = window.rail.pages.checkedButton()
        assert chosen is not None
        assert chosen.accessibleName() == page.title


def test_the_page_is_remembered_and_one_that_is_gone_falls_to_the_first(open_window: Open) -> None:
    window = open_window(Settings(page="cpu"))
    assert page_of(window) is window.cpu_page
    window.show_page("settings")
    assert window.settings().page == "settings"
    assert page_of(other := open_window(Settings(page="gone"))) is other.run_page
    assert other.settings().page == "run"


@pytest.mark.parametrize("name", ["cpu", "models", "history", "settings"])
def test_escape_stops_from_every_page(qtbot: QtBot, open_window: Open, name: str) -> None:
    window = open_window()
    window.show_state(replay.last("repeating"))
    asked: list[object] = []
    window.asked.connect(asked.append)
    window.show_page(name)
    page = page_of(window)
    assert page is not None
    qtbot.keyClick(page, Qt.Key.Key_Escape)

    looks = Storage | ListConsents | ListRuntimes | ListHistory | SearchHub | ListModels | ListDownloads | LookAtToken
    assert [type(one) for one in asked if not isinstance(one, looks)] == [Stop]


def test_run_belongs_to_the_run_page_alone(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    asked: list[object] = []
    window.asked.connect(asked.append)
    window.show_page("cpu")
    qtbot.keyClick(window.cpu_page.features, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window.cpu_page.features, Qt.Key.Key_Escape)

    assert asked == []


def test_a_chip_shows_its_line(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    chip = window.run_page.speed.chips.chips()[0]
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)

    assert page_of(window) is window.cpu_page
    assert window.cpu_page.features.line() == chip.feature == "avx2"
    assert window.focusWidget() is window.cpu_page.features


def test_f1_explains_every_control_of_every_page(open_window: Open) -> None:
    window = open_window()
    unexplained = []
    for name in ("run", "compare", "cpu", "models", "history", "settings"):
        window.show_page(name)
        QApplication.processEvents()
        for widget in window.findChildren(QWidget):
            focusable = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
            if isinstance(widget, QAbstractButton | QComboBox | QPlainTextEdit) and widget.isVisible() and focusable:
                named = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
                if not widget.whatsThis() or not named:
                    unexplained.append((name, type(widget).__name__, widget.accessibleName()))

    assert unexplained == []


def test_threads_chosen_in_settings_are_those_of_the_run_page_and_back(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    window.settings_page.threads_chosen.emit(1)
    assert window.run_page.speed.thread_count() == 1
    assert window.settings().threads == 1

    window.run_page.speed.choose_threads(2)
    window.show_page("settings")
    assert window.settings_page.threads.currentData() == 2


def test_a_theme_takes_effect_at_once_and_the_run_page_does_not_undo_it(
    qtbot: QtBot, open_window: Open, wardrobe: Wardrobe
) -> None:
    window = open_window()
    window.theme_chosen.connect(wardrobe.choose)
    kept: list[Settings] = []
    window.settings_changed.connect(kept.append)
    window.show_page("settings")
    qtbot.mouseClick(window.settings_page.themes["dark"], Qt.MouseButton.LeftButton)

    assert theme.worn() is theme.DARK
    assert kept[-1].theme == "dark"
    window.run_page.form.fill({"source_sentence": "another", "sentences": ["a"]})
    assert window.settings().theme == "dark"
    assert window.settings_page.themes["dark"].isChecked()


def test_what_is_typed_is_on_the_disk_a_moment_later_and_not_for_each_key(
    qtbot: QtBot, open_session: Callable[[Settings], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session(Settings(threads=1))
    qtbot.wait(1_200)  # what the start itself had to keep
    written: list[Settings] = []
    save = settings.save

    def counted(kept: Settings) -> str:
        written.append(kept)
        return save(kept)

    monkeypatch.setattr(settings, "save", counted)
    for number in range(20):
        session.window.run_page.form.fill({"source_sentence": "typed" * number, "sentences": ["this"]})

    def on_disk() -> bool:
        found = settings.load().settings.inputs.get("sentence-similarity", {})
        return bool(found.get("source_sentence") == "typed" * 19)

    qtbot.waitUntil(on_disk, timeout=2_500)
    assert len(written) <= 3


def test_what_is_typed_just_before_the_window_is_closed_is_kept(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    fields = {"source_sentence": "typed last", "sentences": ["this"]}
    window.run_page.form.fill({**fields, "source_sentence": "typed first"})  # remembered at once
    window.run_page.form.fill(fields)
    with qtbot.waitSignal(window.closing, timeout=1_000) as caught:
        window.close()
    assert caught.args[0].inputs["sentence-similarity"] == fields


@pytest.mark.slow
def test_reset_brings_all_back_to_the_first_state_and_keeps_the_engine(
    qtbot: QtBot, open_session: Callable[[Settings], Session]
) -> None:
    session = open_session(Settings(threads=1, mode="onnx-runtime", theme="dark"))
    window = session.window
    window.run_page.form.fill({"source_sentence": "typed", "sentences": ["this"]})
    window.resize(1000, 700)
    window.show_page("settings")
    qtbot.mouseClick(window.settings_page.reset.button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(window.settings_page.reset.yes, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.state.describing is None, timeout=LONG_MS)
    qtbot.wait(250)

    kept = settings.load().settings
    assert (kept.threads, kept.theme, kept.inputs.get("sentence-similarity", {}).get("source_sentence")) == (
        0,
        "system",
        None,
    )
    assert theme.worn() is theme.LIGHT
    assert window.size() == SIZE
    task = window.run_page.form.task()
    assert task is not None
    assert window.run_page.form.fields() == task.example
    mode = window.run_page.modes.mode()
    assert mode is not None
    assert mode.id == "eager"
    assert page_of(window) is window.settings_page
    focused = window.focusWidget()
    assert focused is None or focused.isVisible()
    window.show_page("run")
    qtbot.waitUntil(window.run_page.bar.button.isEnabled, timeout=LONG_MS)
    qtbot.mouseClick(window.run_page.bar.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.state.run is not None and session.state.run.over, timeout=LONG_MS)
    assert session.state.run is not None
    assert session.state.run.report is not None


@pytest.mark.slow
def test_freeing_up_shows_what_is_left_and_that_nothing_is_prepared(
    qtbot: QtBot, open_session: Callable[[Settings], Session]
) -> None:
    session = open_session(Settings(threads=1, mode="onnx-runtime"))
    page = session.window.run_page
    qtbot.waitUntil(page.bar.button.isEnabled, timeout=LONG_MS)
    qtbot.mouseClick(page.bar.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.state.run is not None and session.state.run.over, timeout=LONG_MS)
    qtbot.waitUntil(lambda: session.state.describing is None, timeout=LONG_MS)
    assert session.state.cells["onnx-runtime", "fp32"].prepared == "cached"

    session.window.show_page("settings")
    data = session.window.settings_page.data
    qtbot.waitUntil(data.free.isEnabled, timeout=LONG_MS)
    qtbot.mouseClick(data.free, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.state.storing is None and session.state.kept == frozenset(), timeout=LONG_MS)
    qtbot.waitUntil(lambda: session.state.describing is None, timeout=LONG_MS)

    assert session.state.stored is not None
    assert sum(part.size_bytes for part in session.state.stored.parts if part.goes) == 0
    assert session.state.cells["onnx-runtime", "fp32"].prepared == "no"
    qtbot.waitUntil(lambda: not data.free.isEnabled(), timeout=1_000)


def test_events_of_storage_change_nothing_else(open_window: Open) -> None:
    window = open_window(Settings(page="settings"))
    state = dataclasses.replace(replay.last("checked"), storing=Storage(id="other"))
    window.show_state(state)

    assert window.settings_page.data.free.text() == "&Free up"
