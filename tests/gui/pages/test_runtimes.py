"""A mode whose runtime is not there: installing it from its row, and managing it in Settings."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.wire.errors import Offline, Stopped
from engine.wire.messages import AnyRequest, InstallRuntime, ListRuntimes, RemoveRuntime, Stop
from gui import run_state
from gui.main_window import MainWindow
from gui.pages.run_page import RunPage
from gui.pages.settings_page import SettingsPage
from gui.run_state import State
from gui.settings import Settings
from gui.widgets.icons import application_icon
from gui.widgets.runtime_box import RuntimeBox
from tests.gui import accelerated, replay

Open = Callable[..., RunPage]


def seen(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def absent() -> State:
    return accelerated.with_ipex(replay.last("opened"))


class Person:
    """A shown page whose requests take effect, as the window has it."""

    def __init__(self, page: RunPage | SettingsPage, state: State) -> None:
        self.page, self.state = page, state
        self.asked: list[AnyRequest] = []
        page.asked.connect(self._ask)

    def _ask(self, request: AnyRequest) -> None:
        self.asked.append(request)
        self.show(run_state.asked(self.state, request))

    def show(self, state: State) -> None:
        self.state = state
        if isinstance(self.page, SettingsPage):
            self.page.show_state(state, Settings())
        else:
            self.page.show_state(state)
        QApplication.processEvents()

    def box(self) -> RuntimeBox:
        box = self.page.findChild(RuntimeBox)
        assert box is not None
        return box


@pytest.fixture
def person(open_page: Open) -> Person:
    return Person(open_page(absent()), absent())


@pytest.fixture
def in_settings(qtbot: QtBot) -> Callable[[State], Person]:
    def make(state: State) -> Person:
        page = SettingsPage()
        qtbot.addWidget(page)
        page.resize(836, 900)
        page.show_state(state, Settings())
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        return Person(page, state)

    return make


def test_the_row_says_why_and_offers_the_installation_with_its_size(person: Person) -> None:
    assert isinstance(person.page, RunPage)
    row = person.page.modes._rows["ipex"]

    assert not row.radio.isEnabled()
    assert "Its runtime is not installed." in seen(row)
    assert "It downloads up to 4.00 GB and takes up to 6.90 GB of the disk." in seen(row)
    assert person.box().install.isVisible()
    assert person.asked == []


def test_it_asks_once_more_and_esc_takes_the_question_back(qtbot: QtBot, person: Person) -> None:
    box = person.box()
    with qtbot.waitActive(person.page):
        person.page.activateWindow()
    box.install.setFocus()
    qtbot.keyClick(box.install, Qt.Key.Key_Space)
    assert "Install Intel Extension for PyTorch (IPEX)? It downloads up to 4.00 GB" in box.words()
    assert person.page.window().focusWidget() is box.no
    qtbot.keyClick(box.no, Qt.Key.Key_Escape)

    assert person.asked == []
    assert box.install.isVisible()
    assert person.page.window().focusWidget() is box.install


def test_installing_shows_step_share_and_can_be_stopped(qtbot: QtBot, person: Person) -> None:
    box = person.box()
    box.install.click()
    box.yes.click()
    (request,) = person.asked
    assert isinstance(request, InstallRuntime)
    assert request.runtime == "ipex"
    assert person.page.window().focusWidget() is box.stop
    person.show(accelerated.installing(replay.last("opened")))

    assert box.words() == "Downloading torch 2.8.0, 1.23 GB of 4.00 GB"
    assert box.bar.value() == round(1.23 / 4 * 1_000)
    box.stop.click()
    assert person.asked[-1] == Stop(id="i")
    assert box.words() == "Stopping"
    assert not box.stop.isEnabled()


def test_esc_stops_an_installation_from_anywhere(qtbot: QtBot) -> None:
    window = MainWindow(Settings(page="settings"), application_icon())
    qtbot.addWidget(window)
    found: list[object] = []
    window.show_state(accelerated.installing(replay.last("opened")))
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    window.asked.connect(found.append)
    qtbot.keyClick(window, Qt.Key.Key_Escape)

    assert found == [Stop(id="i")]


def test_once_installed_the_mode_can_be_picked_and_the_offer_is_gone(person: Person) -> None:
    state = accelerated.installed(accelerated.installing(replay.last("opened")))
    person.show(replace(accelerated.with_ipex(state, accelerated.INSTALLED), runtimes=state.runtimes))
    assert isinstance(person.page, RunPage)

    assert person.page.modes._rows["ipex"].radio.isEnabled()
    assert not person.box().isVisible()


def test_a_failure_stays_in_the_row_with_details_and_another_try(person: Person) -> None:
    error = Offline("The connection was lost at 412 MB.", details="ReadTimeoutError")
    person.show(accelerated.failed(accelerated.installing(replay.last("opened")), "i", error))
    box = person.box()
    assert "The connection was lost at 412 MB." in seen(box)
    assert isinstance(person.page, RunPage)
    assert person.page.result.failure() is None
    (again,) = box._failure.remedies
    again.click()

    assert isinstance(person.asked[-1], InstallRuntime)
    assert "The connection was lost" not in seen(box)


def test_a_stopped_installation_says_so_and_offers_it_again(person: Person) -> None:
    person.show(accelerated.failed(accelerated.installing(replay.last("opened")), "i", Stopped()))

    assert "Stopped." in seen(person.box())
    assert person.box().install.isVisible()


def test_settings_list_each_runtime_with_state_size_and_versions(in_settings: Callable[[State], Person]) -> None:
    person = in_settings(accelerated.with_ipex(replay.last("opened"), accelerated.INSTALLED))
    assert isinstance(person.page, SettingsPage)
    words = seen(person.page.runtimes)

    assert "installed, 6.48 GB" in words
    assert "torch 2.8.0, ipex 2.8.0" in words
    assert person.box().remove.isVisible()
    assert not person.box().install.isVisible()


def test_removing_asks_once_more_in_place(qtbot: QtBot, in_settings: Callable[[State], Person]) -> None:
    person = in_settings(accelerated.with_ipex(replay.last("opened"), accelerated.INSTALLED))
    box = person.box()
    box.remove.setFocus()
    qtbot.keyClick(box.remove, Qt.Key.Key_Space)
    assert "6.48 GB is freed. It can be installed again." in box.words()
    assert person.page.window().focusWidget() is box.no
    box.yes.setFocus()
    qtbot.keyClick(box.yes, Qt.Key.Key_Space)

    assert isinstance(person.asked[-1], RemoveRuntime)
    assert box.words() == "Removing"


def test_a_damaged_one_says_what_is_wrong_and_can_be_repaired(in_settings: Callable[[State], Person]) -> None:
    person = in_settings(accelerated.with_ipex(replay.last("opened"), accelerated.DAMAGED))
    assert isinstance(person.page, SettingsPage)
    assert "Its check failed: torch 2.9.0 is there" in seen(person.page.runtimes)
    box = person.box()
    assert box.install.accessibleName() == "Repair Intel Extension for PyTorch (IPEX)"
    box.install.click()
    box.yes.click()

    assert isinstance(person.asked[-1], InstallRuntime)


def test_settings_look_when_they_are_shown_and_a_failed_look_can_be_repeated(
    qtbot: QtBot, in_settings: Callable[[State], Person]
) -> None:
    person = in_settings(replay.last("opened"))
    assert isinstance(person.page, SettingsPage)
    look = ListRuntimes(id="l")
    person.show(accelerated.failed(run_state.asked(person.state, look), "l", Offline("It could not be read.")))
    assert "It could not be read." in seen(person.page.runtimes)
    action = person.page.runtimes._failure.action
    assert action is not None
    action.click()

    assert isinstance(person.asked[-1], ListRuntimes)
