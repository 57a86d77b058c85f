"""What a mode offers beside a run: its list of precisions, a program saved to a file, a look at a compiler's work."""

from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from engine.wire.messages import Exported
from engine.wire.values import ModeCard
from gui.run_state import DeedView
from gui.widgets import figures, mnemonics, text
from gui.widgets.failure_panel import FailurePanel, Remedy
from gui.widgets.flow import Flow
from gui.widgets.progress_stages import ProgressStages


class Offers(QWidget):
    """Signals: export_asked, compiler_asked, stop_asked."""

    export_asked = Signal()
    compiler_asked = Signal()
    stop_asked = Signal()

    def __init__(self, first: QPushButton) -> None:
        """``first``: a button that every mode has."""
        super().__init__()
        self.export = text.button(
            "Save as program…",
            self.export_asked.emit,
            role="plain",
            explains="Saves what this mode makes of the model as a file that other programs can run without Python.",
        )
        self.compiler = text.button(
            "See what a compiler does…",
            self.compiler_asked.emit,
            role="plain",
            explains="Shows a small example: one function in plain PyTorch and compiled, with the code that was made.",
        )
        self._buttons = Flow()
        for place, button in enumerate((first, self.export, self.compiler)):
            mnemonics.wants(button)
            self._buttons.insert(place, button)
        self.saved = SavedProgram()
        self.saved.stop_asked.connect(self.stop_asked)
        self.saved.again_asked.connect(self.export_asked)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addWidget(self._buttons)
        rows.addWidget(self.saved)

    def show_mode(self, mode: ModeCard | None) -> None:
        offers = mode.offers if mode is not None else ()
        self.export.setVisible("export" in offers)
        self.compiler.setVisible("show_compiler" in offers)
        self._buttons.arrange()

    def show_deeds(self, export: DeedView | None, now_s: float, obstacle: str) -> None:
        """``obstacle``: why nothing can be saved or shown now, or ""."""
        self.export.setEnabled(not obstacle)
        self.compiler.setEnabled(not obstacle)
        for button in (self.export, self.compiler):
            button.setToolTip(obstacle)
        self.saved.show_export(export, now_s)


class SavedProgram(QWidget):
    """A program that is being saved, or was. Signals: stop_asked, again_asked."""

    stop_asked = Signal()
    again_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown: DeedView | None = None
        self._path = ""
        self._said = text.label("", wrap=True, selectable=True)
        self._how = text.label("", "quiet", wrap=True, selectable=True)
        self.stages = ProgressStages("Stages of saving")
        self.stop = text.button("Stop saving", self.stop_asked.emit, explains="Stops it; no half file stays. Esc.")
        self.copy = text.button("Copy path", self._copy, explains="Copies where the program was saved.")
        self.folder = text.button("Open folder", self._open, explains="Shows the folder of the program.")
        self._buttons = Flow()
        for place, button in enumerate((self.stop, self.copy, self.folder)):
            mnemonics.wants(button)
            self._buttons.insert(place, button)
        self._failure = FailurePanel()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        for widget in (self._said, self.stages, self._how, self._buttons, self._failure):
            rows.addWidget(widget)
        self.hide()

    def show_export(self, deed: DeedView | None, now_s: float) -> None:
        going = deed is not None and not deed.over
        self.stages.show_stages(deed.stages if deed is not None and going else (), now_s)
        if deed is self._shown:
            return
        self._shown = deed
        self.setVisible(deed is not None)
        if deed is None:
            return
        done = deed.outcome if isinstance(deed.outcome, Exported) and deed.over else None
        self._path = done.path if done is not None else ""
        text.set_text(self._said, _said(deed, done))
        self._said.setVisible(bool(self._said.text()))
        how = done.how if done is not None else deed.notice
        text.set_text(self._how, how)
        self._how.setVisible(bool(how))
        self.stop.setVisible(going)
        self.stop.setEnabled(not deed.stopping)
        self.copy.setVisible(done is not None)
        self.folder.setVisible(done is not None)
        self._buttons.setVisible(going or done is not None)
        again = Remedy("Save again…", "Asks for a file once more.", self.again_asked.emit)
        self._failure.show_failure(deed.failure, (again,))
        mnemonics.give(self.window())
        self._buttons.arrange()

    def failure_words(self) -> str:
        failure = self._failure.failure()
        return failure.what_happened if failure is not None else ""

    def words(self) -> str:
        return f"{self._said.text()} {self._how.text()}".strip()

    def _copy(self) -> None:
        QApplication.clipboard().setText(self._path)

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._path).parent)))


def _said(deed: DeedView, done: Exported | None) -> str:
    if done is not None:
        return f"Saved as {Path(done.path).name}, {figures.size(done.size_bytes)}."
    if deed.failure is not None:
        return ""
    target = Path(getattr(deed.request, "target", "")).name
    return f"Stopping, {target} is not saved." if deed.stopping else f"Saving {target}"
