"""The presentation view: what it shows, how large, and how it is left."""

import dataclasses
from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.wire.messages import Answer, Stop
from engine.wire.values import Result
from gui import run_state, theme
from gui.main_window import MainWindow
from gui.pages.run_page.presentation import BIG, Presentation
from gui.run_state import State
from gui.settings import Settings
from gui.theme import Wardrobe
from gui.widgets.icons import application_icon
from tests.gui import replay

Open = Callable[..., MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot) -> Open:
    def make(state: State | None = None) -> MainWindow:
        window = MainWindow(Settings(), application_icon())
        qtbot.addWidget(window)
        window.resize(900, 600)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        window.show_state(state if state is not None else replay.last("checked"))
        return window

    return make


def test_f11_shows_answer_figure_and_chart_alone(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    qtbot.keyClick(window.run_page.bar.button, Qt.Key.Key_F11)
    shown = window.presentation

    assert shown.isVisible()
    assert not window.run_page.isVisible()
    assert not window.rail.isVisible()
    assert window.isFullScreen()
    assert "faster than eager, same answer" in shown.words()
    assert shown._figure.text().endswith(" ms")
    assert shown._view is not None
    qtbot.waitUntil(shown._view.widget().isVisible, timeout=1_000)
    assert shown.chart._buckets


def test_the_figure_is_ten_times_the_usual_size_or_as_wide_as_the_room(qtbot: QtBot) -> None:
    shown = Presentation()
    qtbot.addWidget(shown)
    shown.resize(900, 600)
    shown.show()
    shown.show_state(replay.last("checked"))
    QApplication.processEvents()
    figure = shown._figure
    assert figure.font().pointSizeF() == pytest.approx(QApplication.font().pointSizeF() * BIG)

    figure.show_words("12,345,678 ms")
    assert QFontMetrics(figure.font()).horizontalAdvance(figure.text()) <= figure.width()
    assert figure.font().pointSizeF() > QApplication.font().pointSizeF() * theme.FIGURE


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_nothing_is_cut_at_900_by_600_in_both_themes(qtbot: QtBot, wardrobe: Wardrobe, choice: theme.Choice) -> None:
    wardrobe.choose(choice)
    shown = Presentation()
    qtbot.addWidget(shown)
    shown.resize(900, 600)
    shown.show()
    for name in ("checked", "repeating", "died", "opened"):
        shown.show_state(replay.last(name))
        QApplication.processEvents()
        assert shown.size().width() == 900
        assert shown.size().height() == 600
        for part in (shown._figure, shown._what, shown._hint, shown.chart):
            assert shown.rect().contains(part.geometry()), (name, part)
        assert shown._figure.height() >= QFontMetrics(shown._figure.font()).tightBoundingRect("0123456789").height()
        assert shown.chart.height() >= 120
    ground = shown.grab().toImage().pixelColor(3, 3).name().upper()
    assert ground == (theme.DARK if choice == "dark" else theme.LIGHT).ground


def test_escape_leaves_first_and_then_stops(qtbot: QtBot, open_window: Open) -> None:
    window = open_window(replay.last("repeating"))
    asked: list[object] = []
    window.asked.connect(asked.append)
    window.enter_presentation()
    qtbot.waitUntil(window.presentation.hasFocus)
    qtbot.keyClick(window.presentation, Qt.Key.Key_Escape)

    assert asked == []
    assert not window.isFullScreen()
    assert window.run_page.isVisible()
    assert window.rail.isVisible()
    qtbot.waitUntil(window.run_page.bar.button.hasFocus)
    qtbot.keyClick(window.run_page.bar.button, Qt.Key.Key_Escape)
    assert asked == [Stop(id="run-2")]


def test_f11_leaves_it_too_and_ctrl_enter_runs(qtbot: QtBot, open_window: Open) -> None:
    window = open_window(replay.last("opened"))
    asked: list[object] = []
    window.asked.connect(asked.append)
    window.enter_presentation()
    qtbot.waitUntil(window.presentation.hasFocus)
    assert "Ctrl+Enter runs the model" in window.presentation.words()
    qtbot.keyClick(window.presentation, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(asked) == 1

    qtbot.keyClick(window.presentation, Qt.Key.Key_F11)
    assert window.run_page.isVisible()


def test_other_pages_have_none(open_window: Open) -> None:
    window = open_window()
    window.show_page("cpu")
    window.enter_presentation()

    assert not window.presentation.isVisible()
    assert not window.rail.present.isVisible()


def test_closing_from_within_does_not_open_full_screen_next_time(open_window: Open) -> None:
    window = open_window()
    kept: list[Settings] = []
    window.closing.connect(kept.append)
    window.enter_presentation()
    window.close()
    again = MainWindow(kept[0], application_icon())

    assert not again.isFullScreen()
    assert kept[0].page == "run"
    again.deleteLater()


def test_while_hidden_it_costs_nothing(qtbot: QtBot) -> None:
    shown = Presentation()
    qtbot.addWidget(shown)
    shown.show_state(replay.last("checked"))

    assert shown._view is None


def test_a_failure_is_told_with_what_to_do(qtbot: QtBot) -> None:
    shown = Presentation()
    qtbot.addWidget(shown)
    shown.show()
    shown.show_state(replay.last("died"))

    assert "SIGKILL" in shown.words()
    assert "Run again" in shown.words()


def test_a_result_of_another_shape_than_promised_is_shown_as_it_is(qtbot: QtBot) -> None:
    shown = Presentation()
    qtbot.addWidget(shown)
    shown.show()
    state = replay.last("repeating")
    assert state.run is not None
    answer = Answer(id=state.run.request.id, result=Result(kind="scores", value={"odd": 1}))
    shown.show_state(run_state.apply(state, answer, 1.0))

    assert shown._view is not None
    assert '"odd": 1' in shown._view.as_text()


def test_the_figure_is_of_the_model_that_ran(qtbot: QtBot) -> None:
    shown = Presentation()
    qtbot.addWidget(shown)
    shown.show()
    state = replay.last("checked")
    assert state.model is not None
    shown.show_state(state)
    assert f"a call of {state.model.name}" in shown.words()

    other = msgspec.structs.replace(state.model, name="another", folder="/another")
    shown.show_state(dataclasses.replace(state, model=other))
    assert f"a call of {state.model.name}" in shown.words()
    assert "another" not in shown.words()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("vectors", [[0.1, 0.2], [0.3, 0.4]]),
        ("labels", [{"label": "good", "score": 0.9}]),
        ("answer", {"answer": "blue", "score": 0.5, "start": 0, "end": 4}),
        ("of no view", {"a": 1}),
    ],
)
def test_every_answer_is_enlarged_and_stays_so_in_another_theme(
    qtbot: QtBot, wardrobe: Wardrobe, kind: str, value: object
) -> None:
    shown = Presentation()
    qtbot.addWidget(shown)
    shown.show()
    state = replay.last("repeating")
    assert state.run is not None
    answer = Answer(id=state.run.request.id, result=Result(kind=kind, value=value))
    shown.show_state(run_state.apply(state, answer, 1.0))
    assert shown._view is not None
    for choice in ("light", "dark"):
        wardrobe.choose(choice)
        QApplication.processEvents()
        whole = shown._view.widget()
        for part in (whole, *whole.findChildren(QLabel), *whole.findChildren(QAbstractScrollArea)):
            assert part.font().pointSizeF() >= 2 * QApplication.font().pointSizeF(), (choice, part)


def test_the_live_figure_follows_the_run(qtbot: QtBot) -> None:
    shown = Presentation()
    qtbot.addWidget(shown)
    shown.show()
    state = replay.last("repeating")
    shown.show_state(state)
    before = shown._figure.text()
    assert state.run is not None
    state.run.latencies.add([ms_of(before) * 10] * 5_000, state.run.latencies.now_s + 1)
    shown.show_state(dataclasses.replace(state))

    assert ms_of(shown._figure.text()) > 2 * ms_of(before)


def ms_of(words: str) -> float:
    return float(words.removesuffix(" ms").replace(",", ""))
