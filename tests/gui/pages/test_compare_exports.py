"""The Compare page: what is taken along of a comparison."""

from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.wire.messages import Finished, Reported, SaveReport, Script, WriteScript
from gui import run_state
from gui.pages.compare_page import picture
from gui.settings import Settings
from tests.gui import compared
from tests.gui.pages.compare_desk import Open, asked, seen


def test_the_winner_is_copied_as_python_once_it_was_written(qtbot: QtBot, open_compare: Open) -> None:
    state = compared.done()
    window = open_compare(state)
    request = asked(qtbot, window, lambda: window.compare_page.exports._copy_winner())
    assert isinstance(request, WriteScript)
    assert request.number == 7
    state = run_state.asked(state, request)
    script = Script(id=request.id, text="import onnxruntime", note="Threads are not pinned.")
    window.show_state(compared.after(state, script, Finished(id=request.id)))

    assert QApplication.clipboard().text() == "import onnxruntime"
    assert "Copied as Python. Threads are not pinned." in seen(window.compare_page)


def test_a_script_is_copied_once_wherever_the_person_is(open_compare: Open) -> None:
    state = compared.done()
    window = open_compare(state)
    request = WriteScript(id="s", comparison=compared.comparison(), number=7)
    state = run_state.asked(state, request)
    window.show_state(state)
    window.show_page("run")
    state = compared.after(state, Script(id="s", text="import torch"), Finished(id="s"))
    window.show_state(state)
    assert QApplication.clipboard().text() == "import torch"

    QApplication.clipboard().setText("something else")
    window.show_page("compare")
    window.reset(Settings(page="compare"))  # its pages are made anew
    window.show_page("compare")
    window.show_state(state)
    assert QApplication.clipboard().text() == "something else"


def test_the_picture_has_every_row_and_what_it_is_of(open_compare: Open, tmp_path: Path) -> None:
    state = compared.of_sixty()
    page = open_compare(state).compare_page
    chart = page.race.chart
    assert chart.column.verticalScrollBar().maximum() > 0
    page.exports.save_picture(str(tmp_path / "chart"))
    image = QImage(str(tmp_path / "chart.png"))
    assert image.width() == 2 * max(chart.width(), picture.LEAST_PX)
    assert image.height() > 2 * (chart.bars.height() + chart.bases.height())
    assert "Saved as" in page.exports.told.text()

    view = page.view()
    assert view is not None
    sheet = picture._sheet(view, state)
    said = "\n".join(label.text() for label in sheet.findChildren(QLabel))
    for part in (view.model_name, "Sentence similarity", compared.SENTENCE, "a CPU", "100 inputs", compared.DRIFTED):
        assert part in said


def test_a_picture_that_cannot_be_written_is_told_as_a_failure_until_something_new(
    open_compare: Open, tmp_path: Path
) -> None:
    state = compared.done()
    window = open_compare(state)
    exports = window.compare_page.exports
    request = SaveReport(id="r", comparison=compared.comparison(), form="html", target="/reports/a.html")
    state = compared.after(run_state.asked(state, request), Reported(id="r", path="/reports/a.html"), Finished(id="r"))
    window.show_state(state)
    assert exports.told.text() == "Saved as /reports/a.html"

    exports.save_picture(str(tmp_path / "none" / "chart.png"))
    window.show_state(state)
    assert "could not be written" in exports.told.text()
    assert exports.told.property("role") == "error"


def test_a_picture_does_not_take_the_place_of_a_file_that_nobody_was_asked_about(
    open_compare: Open, tmp_path: Path
) -> None:
    exports = open_compare(compared.done()).compare_page.exports
    (tmp_path / "chart.png").write_text("mine", "utf-8")
    exports.save_picture(str(tmp_path / "chart"))
    assert (tmp_path / "chart.png").read_text("utf-8") == "mine"
    assert "already" in exports.told.text()
