"""Nothing is cut off in a small window, at any scale."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.gui import clipped

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("scale", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_nothing_is_cut_off_at_900_by_600(scale: str) -> None:
    environment = os.environ | {"QT_SCALE_FACTOR": scale}
    command = [sys.executable, "-m", "tests.gui.clipped"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    lines = done.stdout.splitlines()

    assert done.returncode == 0, done.stderr
    assert lines[0] == f"scale {scale}"
    assert lines[1:] == []


def test_what_is_cut_off_is_found(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.resize(200, 100)
    narrow = QPushButton("A button with many words", holder)
    narrow.resize(40, 30)
    low = QLabel("Words that need three or four lines in so narrow a label", holder)
    low.setWordWrap(True)
    low.setGeometry(0, 40, 80, 20)
    outside = QLabel("Outside", holder)
    outside.setGeometry(180, 80, 80, 20)
    holder.show()

    assert len(clipped.clipped(holder)) == 3
