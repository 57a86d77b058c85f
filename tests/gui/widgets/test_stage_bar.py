"""Stages say how long they took, take, and took last time."""

from typing import Literal

import pytest
from pytestqt.qtbot import QtBot

from gui.run_state import StageView
from gui.widgets.stage_bar import StageBar


@pytest.mark.parametrize(
    ("stage", "now_s", "words"),
    [
        (StageView("load", 0, seconds=0.84), 9.0, "0.84 s"),
        (StageView("prepare", 0, seconds=3.1, cached=True), 9.0, "3.1 s, cached"),
        (StageView("prepare", 0), 1.0, "now"),
        (StageView("prepare", 0), 3.2, "3 s"),
        (StageView("prepare", 0, last_s=42.0), 5.0, "5 s"),
        (StageView("prepare", 0, last_s=42.0), 12.0, "12 s (last time 42 s)"),
        (StageView("running", 0), 100.0, "now"),
    ],
)
def test_words(qtbot: QtBot, stage: StageView, now_s: float, words: str) -> None:
    bar = StageBar()
    qtbot.addWidget(bar)
    bar.show_stages((stage,), now_s)

    assert bar.words(stage) == words
    assert words in bar.accessibleDescription()


def test_a_stage_fills_as_it_goes(qtbot: QtBot) -> None:
    bar = StageBar()
    qtbot.addWidget(bar)
    bar.resize(600, 40)
    pictures = []
    for now_s in (1.0, 6.0):
        bar.show_stages((StageView("load", 0.0, last_s=10.0),), now_s)
        pictures.append(bar.grab().toImage())

    assert pictures[0] != pictures[1]


@pytest.mark.parametrize("how", ["failed", "stopped"])
def test_a_stage_that_broke_off_says_so_and_looks_so(qtbot: QtBot, how: Literal["failed", "stopped"]) -> None:
    bar = StageBar()
    qtbot.addWidget(bar)
    bar.resize(600, 40)
    bar.show_stages((StageView("load", 0.0, seconds=1.5),), 2.0)
    whole = bar.grab().toImage()
    bar.show_stages((StageView("load", 0.0, seconds=1.5, cut=how),), 2.0)

    assert bar.accessibleDescription() == f"Load 1.5 s, {how}"
    assert bar.grab().toImage() != whole


@pytest.mark.parametrize("width", [300, 500, 800])
def test_the_present_stage_has_room_for_its_words(qtbot: QtBot, width: int) -> None:
    bar = StageBar()
    qtbot.addWidget(bar)
    bar.resize(width, 40)
    present = StageView("prepare", 0.0, last_s=42.0)
    bar.show_stages((StageView("load", 0.0, seconds=1.0), present), 17.0)
    names = ["checking", "load", "prepare", "first", "running"]
    widths = bar._widths(names, {"prepare": present})

    assert sum(widths) == pytest.approx(width - 6 * 4)
    assert widths[2] >= min(bar.fontMetrics().horizontalAdvance("17 s (last time 42 s)"), (width - 24) / 2)
