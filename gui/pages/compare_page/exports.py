"""What is saved of a comparison: reports by the desk, a picture of the chart, a program on the clipboard."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QByteArray, QIODevice, QSaveFile
from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from engine.wire.messages import AnyRequest, Reported, SaveReport, Script, WriteScript
from gui.run_state import CompareView, State, WrittenView, new_id
from gui.widgets import text
from gui.widgets.icons import IconButton

Form = Literal["html", "csv", "json"]
FORMS: dict[Form, tuple[str, str]] = {
    "html": ("Report as &HTML…", "Web page (*.html);;All files (*)"),
    "csv": ("Figures as C&SV…", "Table (*.csv);;All files (*)"),
    "json": ("Everything as &JSON…", "JSON (*.json);;All files (*)"),
}
PICTURE = ("Chart as &picture…", "Picture (*.png);;All files (*)")


class NotSaved(Exception):
    """Why a picture could not be saved, in a sentence."""


class ScriptTaker:
    """Puts each script on the clipboard once, wherever the person is by then; it lives as long as the window."""

    def __init__(self) -> None:
        self._taken = ""

    def show_state(self, state: State) -> None:
        script = state.written.outcome if state.written is not None else None
        if isinstance(script, Script) and script.id != self._taken:
            self._taken = script.id
            QApplication.clipboard().setText(script.text)


class Exports:
    """The menu, and what came of the last choice. ``picture``: of the comparison that is shown."""

    def __init__(
        self,
        emit: Callable[[AnyRequest], object],
        view: Callable[[], CompareView | None],
        picture: Callable[[], QImage | None],
    ) -> None:
        self._emit = emit
        self._view = view
        self._picture = picture
        self._written: WrittenView | None = None
        self._is_new = True
        self.button = IconButton("save", "E&xport", role="", explains="Saves the comparison, or copies its winner.")
        self.button.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.button)
        for form, (title, kinds) in FORMS.items():
            self.menu.addAction(title).triggered.connect(partial(self._ask_report, form, kinds))
        self.menu.addAction(PICTURE[0], self._ask_picture)
        self.menu.addSeparator()
        self._copy = self.menu.addAction("Copy winner as P&ython", self._copy_winner)
        self.button.setMenu(self.menu)
        self.told = text.label("", "caption", wrap=True)
        self.told.hide()

    def show_state(self, state: State) -> None:
        """What came of the last report or script; told when it is new, so that it does not take the place of later
        words.
        """
        view = self._view()
        self.button.setEnabled(view is not None and view.comparison is not None)
        self._copy.setEnabled(view is not None and view.winner is not None)
        written, is_first = state.written, self._is_new
        self._is_new = False
        if written is not self._written:
            self._written = written
            if written is not None and not (is_first and written.over):  # else the page was made anew
                self._tell(*_outcome(written))

    def _tell(self, words: str, role: text.Role = "caption") -> None:
        text.set_text(self.told, words)
        text.set_role(self.told, role)
        self.told.setVisible(bool(words))

    def _name(self, ending: str) -> str:
        view = self._view()
        return f"{(view.model_name if view is not None else '') or 'comparison'}-compared.{ending}"

    def _asked_target(self, title: str, ending: str, kinds: str) -> str:
        target, _ = QFileDialog.getSaveFileName(self.button, title.replace("&", ""), self._name(ending), kinds)
        return str(Path(target).absolute()) if target else ""

    def _ask_report(self, form: Form, kinds: str, _checked: bool = False) -> None:
        target = self._asked_target(FORMS[form][0], form, kinds)
        if target:
            self.save_report(form, target)

    def save_report(self, form: Form, target: str) -> None:
        view = self._view()
        if view is not None and view.comparison is not None:
            self._emit(SaveReport(id=new_id("report"), comparison=view.comparison, form=form, target=target))

    def _ask_picture(self) -> None:
        target = self._asked_target(PICTURE[0], "png", PICTURE[1])
        if target:
            self.save_picture(target)

    def save_picture(self, target: str) -> None:
        """Beside its place first, and renamed when whole."""
        image = self._picture()
        if image is None:
            return
        try:
            self._tell(f"Saved as {saved(image, target)}")
        except NotSaved as problem:
            self._tell(str(problem), "error")

    def _copy_winner(self) -> None:
        view = self._view()
        if view is not None and view.winner is not None:
            self.copy_script(view.winner)

    def copy_script(self, number: int) -> None:
        """Asks for the program of a cell; it is on the clipboard once it was told."""
        view = self._view()
        if view is not None and view.comparison is not None:
            self._emit(WriteScript(id=new_id("script"), comparison=view.comparison, number=number))


def _outcome(written: WrittenView) -> tuple[str, text.Role]:
    if written.failure is not None:
        return f"{written.failure.what_happened} {written.failure.what_to_do}".strip(), "error"
    if isinstance(written.outcome, Reported):
        return f"Saved as {written.outcome.path}", "caption"
    if isinstance(written.outcome, Script):
        return f"Copied as Python. {written.outcome.note}".strip(), "caption"
    return ("", "caption") if written.over else ("Writing", "caption")


def saved(image: QImage, target: str) -> str:
    """Where it was written: ``target``, as a PNG whatever its name says. Raises NotSaved."""
    path = target if Path(target).suffix.lower() == ".png" else f"{target}.png"
    if path != target and Path(path).exists():  # the person was asked about the other name only
        raise NotSaved(f"There is a file {path} already. Pick another name.")
    file = QSaveFile(path)
    written = file.open(QIODevice.OpenModeFlag.WriteOnly) and QImageWriter(file, QByteArray(b"png")).write(image)
    if not written or not file.commit():
        raise NotSaved(f"The picture could not be written to {path} ({file.errorString()}).")
    return path
