"""A window on the Compare page."""

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.run_state import State
from gui.settings import Settings
from gui.widgets.icons import application_icon
from tests.gui import compared
from tests.gui.pages.compare_desk import Open


@pytest.fixture
def open_compare(qtbot: QtBot) -> Open:
    """``open_compare(state, settings)``: a window on the Compare page."""

    def make(state: State | None = None, kept: Settings | None = None) -> MainWindow:
        window = MainWindow(kept or Settings(page="compare"), application_icon())
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        window.show_page("compare")
        window.show_state(state if state is not None else compared.opened())
        QApplication.processEvents()
        return window

    return make
