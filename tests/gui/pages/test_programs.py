"""Saving a program and looking at a compiler's work, from the Run page."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.wire.errors import DiskFull, ModeUnavailable, Stopped
from engine.wire.messages import AnyRequest, Export, ShowCompiler, Stop
from gui import run_state
from gui.pages.run_page import RunPage
from gui.run_state import State
from gui.settings import Settings
from tests.gui import accelerated, replay

Open = Callable[..., RunPage]
SCRIPT, COMPILE = Settings(mode="torchscript"), Settings(mode="torch-compile")
TARGET = "/home/ada/mine.pt"


def seen(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


class Person:
    """A page whose requests take effect, as the window has it."""

    def __init__(self, page: RunPage) -> None:
        self.page = page
        self.asked: list[AnyRequest] = []
        page.asked.connect(self._ask)

    def _ask(self, request: AnyRequest) -> None:
        self.asked.append(request)
        self.show(run_state.asked(self.page._state, request))

    def show(self, state: State) -> None:
        self.page.show_state(state)
        QApplication.processEvents()


@pytest.fixture
def person(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> Callable[[Settings], Person]:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (TARGET, ""))
    return lambda settings: Person(open_page(accelerated.with_offers(replay.last("opened")), settings))


def test_only_what_a_mode_offers_is_offered(qtbot: QtBot, person: Callable[[Settings], Person]) -> None:
    page = person(SCRIPT).page
    offers = page.modes.offers
    assert offers.export.isVisible()
    assert not offers.compiler.isVisible()
    qtbot.mouseClick(page.modes._rows["torch-compile"].radio, Qt.MouseButton.LeftButton)
    assert not offers.export.isVisible()
    assert offers.compiler.isVisible()
    qtbot.mouseClick(page.modes._rows["eager"].radio, Qt.MouseButton.LeftButton)

    assert not offers.export.isVisible()
    assert not offers.compiler.isVisible()


def test_a_program_is_asked_for_as_the_page_shows_it(qtbot: QtBot, person: Callable[[Settings], Person]) -> None:
    someone = person(SCRIPT)
    someone.page.modes.offers.export.setFocus()
    qtbot.keyClick(someone.page.modes.offers.export, Qt.Key.Key_Space)

    (request,) = someone.asked
    assert isinstance(request, Export)
    assert (request.mode, request.precision, request.target) == ("torchscript", "fp32", TARGET)
    assert request.fields == someone.page.form.fields()
    assert "Saving mine.pt" in seen(someone.page.modes)
    assert not someone.page.bar.button.isEnabled()
    assert "A program is being saved" in seen(someone.page.bar)


def test_a_save_dialog_that_was_left_asks_nothing(
    person: Callable[[Settings], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = person(SCRIPT)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    someone.page.modes.offers.export.click()

    assert someone.asked == []


def test_esc_stops_saving_and_its_end_is_told(qtbot: QtBot, person: Callable[[Settings], Person]) -> None:
    someone = person(SCRIPT)
    someone.page.modes.offers.export.click()
    someone.page.stop()
    someone.page.stop()
    assert someone.asked[1:] == [Stop(id=someone.asked[0].id)]
    assert "Stopping" in seen(someone.page.modes.offers)
    someone.show(accelerated.failed(someone.page._state, someone.asked[0].id, Stopped()))

    assert "Stopped." in seen(someone.page.modes.offers)
    assert someone.page.bar.button.isEnabled()


def test_what_was_saved_says_where_how_large_and_how_it_runs(person: Callable[[Settings], Person]) -> None:
    someone = person(SCRIPT)
    saving = accelerated.exporting(replay.last("opened"))
    someone.show(saving)
    assert someone.page.modes.offers.saved.stages.isVisible()
    someone.show(accelerated.exported(saving))
    saved = someone.page.modes.offers.saved

    assert "Saved as all-MiniLM-L6-v2.pt, 91.3 MB." in saved.words()
    assert "torch::jit::load" in saved.words()
    assert not saved.stages.isVisible()
    saved.copy.click()
    assert QApplication.clipboard().text() == "/home/ada/all-MiniLM-L6-v2.pt"


def test_a_program_that_cannot_be_saved_is_told_in_place_with_another_try(person: Callable[[Settings], Person]) -> None:
    someone = person(SCRIPT)
    failed = accelerated.failed(accelerated.exporting(replay.last("opened")), "x", DiskFull("The disk is full."))
    someone.show(failed)
    saved = someone.page.modes.offers.saved
    assert saved.failure_words() == "The disk is full."
    assert someone.page.result.failure() is None
    (again,) = saved._failure.remedies
    again.click()

    assert isinstance(someone.asked[-1], Export)


def test_nothing_is_saved_while_a_model_runs(open_page: Open) -> None:
    page = open_page(accelerated.with_offers(replay.last("repeating")), SCRIPT)

    assert not page.modes.offers.export.isEnabled()
    assert page.modes.offers.export.toolTip() == "A model runs. Stop it first: Esc."


def test_the_compilers_example_shows_source_kernel_and_both_times(person: Callable[[Settings], Person]) -> None:
    someone = person(COMPILE)
    someone.page.modes.offers.compiler.click()
    (request,) = someone.asked
    assert isinstance(request, ShowCompiler)
    dialog = someone.page.programs.compiler
    assert dialog is not None
    assert dialog.isVisible()
    assert "The compiler is at work" in dialog.words()
    someone.show(accelerated.compiled(accelerated.compiling(someone.page._state)))

    assert dialog.words().startswith("2 passes over memory became 1: compiled, the function is 2.40× faster")
    assert "torch.sin(torch.cos(x))" in dialog.source.toPlainText()
    assert "Vectorized<float>" in dialog.kernel.toPlainText()
    rows = [dialog.bars.topLevelItem(place) for place in range(2)]
    assert [(row.text(0), row.text(2)) for row in rows if row is not None] == [
        ("Plain PyTorch, 2 passes over memory", "3.21 ms"),
        ("Compiled, 1 pass over memory", "1.34 ms"),
    ]
    dialog.copy.click()
    assert "Vectorized<float>" in QApplication.clipboard().text()


def test_a_compiler_that_fails_says_so_in_the_view_and_tries_again(person: Callable[[Settings], Person]) -> None:
    someone = person(COMPILE)
    someone.page.modes.offers.compiler.click()
    error = ModeUnavailable("The C++ compiler failed.", details="g++: fatal error")
    someone.show(accelerated.failed(someone.page._state, someone.asked[0].id, error))
    dialog = someone.page.programs.compiler
    assert dialog is not None
    assert dialog.failure_words() == "The C++ compiler failed."
    assert not dialog.kernel.isVisible()
    (again,) = dialog._failure.remedies
    again.click()

    assert isinstance(someone.asked[-1], ShowCompiler)
    assert dialog.failure_words() == ""


def test_leaving_the_view_stops_the_compiler(qtbot: QtBot, person: Callable[[Settings], Person]) -> None:
    someone = person(COMPILE)
    someone.page.modes.offers.compiler.click()
    dialog = someone.page.programs.compiler
    assert dialog is not None
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    assert someone.asked[1:] == [Stop(id=someone.asked[0].id)]
    assert someone.page.programs.compiler is None
