"""Notices take few lines, and all of them can be had."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from engine.wire.values import NoticeText
from gui.widgets.notice_lines import NoticeLines

LONG = "Other programs kept about 1.0 processors busy while this was measured, so the figures may be too high. " * 3


KEPT: list[QWidget] = []
"""Windows of the running test: Qt deletes what Python lets go."""


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    yield
    KEPT.clear()


def shown(qtbot: QtBot, notices: list[NoticeText], height: int = 800) -> NoticeLines:
    window = QWidget()
    KEPT.append(window)
    qtbot.addWidget(window)
    window.resize(500, height)
    lines = NoticeLines()
    QVBoxLayout(window).addWidget(lines)
    window.show()
    lines.show_notices(notices)
    for _ in range(4):
        QApplication.processEvents()
    return lines


def visible(lines: NoticeLines) -> int:
    return sum(line.isVisible() for line in lines._lines)


@pytest.mark.parametrize(("height", "few"), [(800, 2), (600, 1)])
def test_few_lines_and_the_rest_by_a_press(qtbot: QtBot, height: int, few: int) -> None:
    lines = shown(qtbot, [NoticeText(text=f"Notice {place}.") for place in range(5)], height)
    assert visible(lines) == few
    assert lines.more.text().replace("&", "") == f"{5 - few} more"
    folded_px = lines.height()
    qtbot.mouseClick(lines.more, Qt.MouseButton.LeftButton)
    QApplication.processEvents()

    assert visible(lines) == 5
    assert lines.height() > folded_px
    qtbot.mouseClick(lines.more, Qt.MouseButton.LeftButton)
    assert visible(lines) == few


def test_no_more_where_there_is_no_more(qtbot: QtBot) -> None:
    lines = shown(qtbot, [NoticeText(text="One."), NoticeText(text="Two.")])

    assert visible(lines) == 2
    assert not lines.more.isVisible()
    lines.show_notices([])
    assert not lines.isVisible()


def test_a_long_notice_is_one_line_and_its_whole_is_in_the_details(qtbot: QtBot) -> None:
    lines = shown(qtbot, [NoticeText(text=LONG), NoticeText(text="Short.")])
    first, second = lines._lines
    assert first.toggle.isVisible()
    assert not second.toggle.isVisible()
    assert first.findChild(QLabel) is not None
    assert first.height() < 40
    qtbot.mouseClick(first.toggle, Qt.MouseButton.LeftButton)

    assert first._details.isVisible()
    assert first._details.toPlainText() == LONG
