"""The texts that a calibrated precision is prepared on: the bundled sample, or the person's own."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QVBoxLayout, QWidget

from engine.wire.values import Failure
from gui.widgets import mnemonics, text
from gui.widgets.failure_panel import FailurePanel

BUNDLED, OTHER = "The bundled sample", "A text file of yours…"
PLAIN = "Plain text, one text a line, like those that the model will read."


class CalibrationChoice(QWidget):
    """No height where nothing is calibrated. Signals: changed, by the person."""

    changed = Signal()

    def __init__(self, file: str) -> None:
        """``file``: as it was remembered; empty for the bundled sample."""
        super().__init__()
        self._file = file
        self.box = QComboBox()
        self.box.setAccessibleName("Calibrate on")
        text.narrow(self.box)
        text.explain(
            self.box,
            "Calibrating finds the range of numbers inside the model, on real texts. Texts like your own give the best "
            f"answers. {PLAIN}",
        )
        self.box.activated.connect(self._picked)
        caption = text.label("Calibrate on", "caption")
        caption.setBuddy(self.box)
        mnemonics.wants(caption)
        self._plain = text.label("", "caption", wrap=True)
        self._failure = FailurePanel()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        for widget in (caption, self.box, self._plain, self._failure):
            rows.addWidget(widget)
        self._list()
        self.hide()

    def file(self) -> str:
        """The person's own file; empty for the bundled sample, or where nothing is calibrated."""
        return self._file if not self.isHidden() else ""

    def remembered(self) -> str:
        return self._file

    def show_failure(self, failure: Failure | None) -> None:
        """Where the texts could not be used."""
        self._failure.show_failure(failure)

    def failure(self) -> Failure | None:
        return self._failure.failure()

    def choose(self, file: str) -> None:
        self._file = file
        self._list()

    def _list(self) -> None:
        self.box.clear()
        self.box.addItem(BUNDLED, "")
        if self._file:
            self.box.addItem(Path(self._file).name, self._file)
        self.box.addItem(OTHER, None)
        self.box.setCurrentIndex(1 if self._file else 0)
        self.box.setToolTip(text.plain_tip(self._file))
        text.set_text(self._plain, PLAIN if self._file else "Short texts of many kinds that come with Fastpath.")

    def _picked(self, place: int) -> None:
        chosen = self.box.itemData(place)
        if chosen is None:
            folder = str(Path(self._file).parent) if self._file else ""
            chosen, _ = QFileDialog.getOpenFileName(
                self, "Texts to calibrate on", folder, "Text (*.txt);;All files (*)"
            )
            chosen = chosen or self._file
        before, self._file = self._file, chosen
        self._list()
        if chosen != before:
            self._failure.show_failure(None)
            self.changed.emit()
