"""The list's first row: what was found fastest before, or the way to find it."""

import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QRadioButton, QVBoxLayout, QWidget

from engine.wire.values import ModeCard, Pick
from gui.pages.run_page.mode_row import INDENT_PX
from gui.widgets import figures, mnemonics, text

AUTO = "auto"
EXPLAINS = "Uses what “Find the fastest” on the Compare page found for this model and task on this computer."


class AutoRow(QWidget):
    """Signals: find_asked, where nothing was found yet."""

    find_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.radio = QRadioButton("Auto")
        text.explain(self.radio, EXPLAINS)
        self._words = text.label("", "caption", wrap=True)
        self.search = text.button(
            "Find the fastest first",
            self.find_asked.emit,
            role="plain",
            explains="Goes to the Compare page, where the fastest is found.",
        )
        mnemonics.wants(self.search)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 2, 0, 4)
        whole.setSpacing(0)
        whole.addWidget(self.radio)
        under = QVBoxLayout()
        under.setContentsMargins(INDENT_PX, 0, 0, 0)
        under.addWidget(self._words)
        under.addWidget(self.search, 0, Qt.AlignmentFlag.AlignLeft)
        whole.addLayout(under)

    def show_pick(self, pick: Pick | None, mode: ModeCard | None) -> None:
        """``pick`` is None where nothing was found, or where it can no longer run; ``mode``: its card."""
        found = pick is not None and mode is not None
        self.radio.setEnabled(found)
        self.search.setVisible(not found)
        self._words.setVisible(found)
        words = in_words(pick, mode) if pick is not None and mode is not None else ""
        text.set_text(self._words, words)
        self.radio.setAccessibleDescription(f"{EXPLAINS} {words}".strip())

    def words(self) -> str:
        return self._words.text()


def in_words(pick: Pick, mode: ModeCard) -> str:
    """ "OpenVINO, int8-dynamic: 3.40×, found on 2026-11-22"."""
    gain = figures.times(pick.speedup) if pick.speedup > 1 else "nothing was surely faster"
    found = datetime.date.fromtimestamp(pick.found_s).isoformat()
    return f"{mode.title}, {pick.precision}: {gain}, found on {found}"
