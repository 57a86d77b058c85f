"""The Compare page with the real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui import settings
from gui.app import Session
from gui.settings import CompareChoice, Settings

LONG_MS = 600_000


@pytest.fixture
def session(qtbot: QtBot, own_home: Path) -> Iterator[Session]:
    left_out = ("torchscript", "torch-compile", "onnx-runtime", "openvino", "ipex", "bf16", "bf16-autocast")
    choice = CompareChoice(left_out=(*left_out, "int8-dynamic", "int8-static", "int8-weights"), inputs="example")
    settings.save(Settings(threads=1, page="compare", compare=choice))
    made = Session(settings.load())
    made.window.show()
    made.window.activateWindow()
    with qtbot.waitActive(made.window):
        made.start()
    yield made
    made.window.close()
    made.window.deleteLater()


@pytest.mark.slow
def test_two_modes_are_compared_by_the_real_engine(qtbot: QtBot, session: Session) -> None:
    page = session.window.compare_page
    qtbot.waitUntil(lambda: page.bar.button.isEnabled() and session.state.live, timeout=LONG_MS)
    qtbot.keyClick(page.bar.button, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.state.comparing is not None, timeout=LONG_MS)
    qtbot.waitUntil(lambda: session.state.comparing is not None and session.state.comparing.over, timeout=LONG_MS)
    qtbot.wait(250)

    view = session.state.comparing
    assert view is not None
    assert view.failure is None
    measured = [cell for cell in view.cells.values() if cell.p50_ms is not None]
    assert {cell.mode for cell in measured} == {"eager", "better-transformer"}
    assert "BetterTransformer, fp32" in page.race.chart.words()
    assert "identical answers" in page.race.chart.words()
    assert page.bar.button.accessibleName() == "Compare"
