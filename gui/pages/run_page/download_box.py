"""A download that goes on: which file, how much of all, how fast, how long still."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from gui.run_state import DownloadView
from gui.widgets import download_words, mnemonics, text

STEPS = 1_000


class DownloadBox(QWidget):
    """Hidden while nothing is downloaded. Signals: stop_asked."""

    stop_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = text.label("", wrap=True)
        self._file = text.ElidedLabel("caption", Qt.TextElideMode.ElideMiddle)
        self.bar = QProgressBar()
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Download")
        self._words = text.label("", "quiet", wrap=True)
        self.stop = text.button(
            "Stop download", self.stop_asked.emit, explains="Stops it. What was received stays, and it can go on. Esc."
        )
        mnemonics.wants(self.stop)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        for widget in (self._title, self.bar, self._words, self._file):
            whole.addWidget(widget)
        whole.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_download(self, view: DownloadView | None) -> None:
        self.setVisible(view is not None)
        if view is None:
            return
        what = "the tokenizer of " if view.request.part == "tokenizer" else ""
        verb = "Stopping the download of" if view.stopping else "Downloading"
        text.set_text(self._title, f"{verb} {what}{view.request.ref}")
        progress = view.progress
        share = progress.done_bytes / progress.total_bytes if progress and progress.total_bytes else 0.0
        self.bar.setValue(round(share * STEPS))
        said = view.notice or (download_words.of_progress(progress) if progress else "Asking the Hub what there is")
        text.set_text(self._words, said)
        self.bar.setAccessibleDescription(said)
        self._file.show_text(progress.file if progress else "")
        self.stop.setEnabled(not view.stopping)

    def words(self) -> str:
        return self._words.text()
