"""Precisions: all of a mode are shown, those that cannot run with their reason; and the texts to calibrate on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QStyleOptionViewItem, QWidget
from pytestqt.qtbot import QtBot

from engine.wire.errors import BadInput, failure_of
from engine.wire.messages import Failed, Run
from gui import run_state
from gui.pages.run_page import RunPage
from gui.settings import Settings
from gui.widgets.mnemonics import letter_of
from tests.gui import accelerated, replay

Open = Callable[..., RunPage]
STATIC = Settings(mode="onnx-runtime", precision="int8-static")


def seen(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def opened(open_page: Open, settings: Settings = STATIC) -> RunPage:
    return open_page(accelerated.with_precisions(replay.last("opened")), settings)


def asked(page: RunPage) -> list[object]:
    found: list[object] = []
    page.asked.connect(found.append)
    return found


def texts_of(page: RunPage) -> dict[str, str]:
    """What a screen reader is told of each precision, by its id."""
    box = page.modes.precision
    role = Qt.ItemDataRole.AccessibleTextRole
    return {str(box.itemData(place)): str(box.itemData(place, role)) for place in range(box.count())}


def test_all_six_are_listed_each_with_how_it_stands(open_page: Open) -> None:
    found = texts_of(opened(open_page))

    assert list(found) == ["fp32", "bf16", "bf16-autocast", "int8-dynamic", "int8-static", "int8-weights"]
    assert found["fp32"] == "Full precision (fp32), ready"
    assert found["bf16"] == f"Half the bits (bf16), slower here, {accelerated.SLOWER.reason}"
    assert "not in this mode, Autocast is PyTorch's own" in found["bf16-autocast"]


def test_one_that_the_mode_lacks_cannot_be_picked_and_a_slower_one_can(open_page: Open) -> None:
    page = opened(open_page)
    model = page.modes.precision.model()
    rows = [model.index(row, 0) for row in range(model.rowCount())]
    flags = {str(index.data(Qt.ItemDataRole.UserRole)): index.flags() for index in rows}

    assert not flags["int8-weights"] & Qt.ItemFlag.ItemIsEnabled
    assert flags["bf16"] & Qt.ItemFlag.ItemIsEnabled


def painted(box: QComboBox, row: int, height: int) -> int:
    """How many points of a row's picture are not its ground."""
    picture = QImage(400, height, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.magenta)
    option = QStyleOptionViewItem()
    option.rect = picture.rect()
    painter = QPainter(picture)
    box.view().itemDelegate().paint(painter, option, box.model().index(row, 0))
    painter.end()
    ground = picture.pixel(399, height - 1)
    return sum(picture.pixel(x, y) != ground for x in range(400) for y in range(height))


def test_the_open_list_shows_every_reason_whole(qtbot: QtBot, open_page: Open) -> None:
    page = opened(open_page)
    box = page.modes.precision
    heights = [box.view().sizeHintForRow(row) for row in range(box.count())]
    line = box.view().fontMetrics().height() - 4  # a caption's

    assert heights[0] == heights[3] == heights[4]
    for row in (1, 2, 5):  # two lines of reason below the name
        assert heights[row] >= heights[0] + 2 * line - 8
    for row, height in enumerate(heights):
        assert painted(box, row, height) > 100  # name and, where there is one, reason


def test_a_slower_precision_says_why_in_the_row_of_its_mode(open_page: Open) -> None:
    page = opened(open_page, Settings(mode="onnx-runtime", precision="bf16"))

    assert "slower here" in seen(page.modes)
    assert "This CPU has no instructions for bf16" in seen(page.modes._rows["onnx-runtime"])
    assert page.bar.button.isEnabled()


def test_what_a_mode_has_and_covers_unfolds_by_keyboard(qtbot: QtBot, open_page: Open) -> None:
    page = opened(open_page)
    button = page.modes.details.button
    assert button.accessibleName() == "About ONNX Runtime"
    assert letter_of(button.text())
    assert "ALBERT" not in seen(page.modes)
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    QApplication.processEvents()

    for words in ("Smaller weights (int8)", "slower than full precision in every measurement", "ALBERT"):
        assert words in seen(page.modes.details)
    assert "packed, with its own attention" in seen(page.modes.details)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert not page.modes.details.isVisible()


def test_another_mode_shows_its_own_even_while_unfolded(qtbot: QtBot, open_page: Open) -> None:
    page = opened(open_page)
    page.modes.details.button.click()
    qtbot.mouseClick(page.modes._rows["eager"].radio, Qt.MouseButton.LeftButton)
    QApplication.processEvents()

    assert "ALBERT" not in seen(page.modes.details)
    assert page.modes.details.button.accessibleName() == "About None (eager)"


# --- calibration ---


def test_texts_are_asked_for_only_where_a_precision_needs_them(open_page: Open) -> None:
    assert opened(open_page).modes.calibration.isVisible()
    page = opened(open_page, Settings(mode="onnx-runtime", precision="int8-dynamic", calibration="/home/ada/own.txt"))
    run = page.request()

    assert not page.modes.calibration.isVisible()
    assert run is not None
    assert run.calibration == ""


def test_own_texts_are_chosen_asked_for_and_remembered(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(open_page)
    kept: list[Settings] = []
    page.settings_changed.connect(kept.append)
    box = page.modes.calibration.box
    assert [box.itemText(place) for place in range(box.count())] == ["The bundled sample", "A text file of yours…"]
    file = str(tmp_path / "tickets.txt")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (file, ""))
    _pick(page, 1)
    run = page.request()

    assert run is not None
    assert run.calibration == file
    assert box.currentText() == "tickets.txt"
    assert kept[-1].calibration == file
    _pick(page, 0)
    assert kept[-1].calibration == ""


def test_a_dialog_that_was_left_changes_nothing(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(open_page, msgspec.structs.replace(STATIC, calibration="/home/ada/own.txt"))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    _pick(page, 2)

    assert page.modes.calibration.file() == "/home/ada/own.txt"
    assert page.modes.calibration.box.currentText() == "own.txt"


def _pick(page: RunPage, place: int) -> None:
    page.modes.calibration.box.setCurrentIndex(place)
    page.modes.calibration.box.activated.emit(place)


def test_texts_that_cannot_serve_are_told_where_they_are_chosen(open_page: Open) -> None:
    page = opened(open_page, msgspec.structs.replace(STATIC, calibration="/home/ada/own.txt"))
    run = page.request()
    assert isinstance(run, Run)
    error = BadInput("The file own.txt has too few different texts for calibrating.", about="calibration")
    state = run_state.began(page._state, run)
    state = run_state.apply(state, Failed(id=run.id, failure=failure_of(error)), 1.0)
    page.show_state(state)

    assert "own.txt has too few" in seen(page.modes.calibration)
    assert page.form.failure() is None
    assert page.result.failure() is None
    _pick(page, 0)
    page.show_state(replace(state, memory_bytes=1))
    assert page.modes.calibration.failure() is None


def test_an_answer_of_other_texts_says_so(open_page: Open) -> None:
    state = accelerated.explained()
    assert state.run is not None
    request = msgspec.structs.replace(state.run.request, precision="int8-static")
    page = open_page(replace(state, run=replace(state.run, request=request)), STATIC)
    assert page.result.former.words() == ""
    page.modes.calibration.choose("/home/ada/own.txt")
    page.modes.calibration.changed.emit()

    assert page.result.former.words() == "Other texts to calibrate on were chosen since this answer."
