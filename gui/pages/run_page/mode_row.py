"""A mode in the list: its name, a plain line, how it stands, and what makes it available."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from engine.wire.values import ModeCard
from gui.pages.run_page.verdicts import Verdict, is_command, sentence
from gui.widgets import mnemonics, text
from gui.widgets.mark import Mark
from gui.widgets.runtime_box import RuntimeBox

MAIN_RUNTIME = "main"
INDENT_PX = 26
BESIDE_PX = 240
"""Name and state together, beside each other."""


class ModeRow(QWidget):
    """A click anywhere on it picks the mode. Signals: precision_asked(mode, precision), asked(request)."""

    precision_asked = Signal(str, str)
    asked = Signal(object)

    def __init__(self, mode: ModeCard) -> None:
        super().__init__()
        self.radio = QRadioButton(mode.title.replace("&", "&&"))
        self._mode = mode
        self._remedy = ""
        self._mark = Mark()
        self._word = text.label("", "caption")
        self._plain = text.label(mode.plain, "caption", wrap=True)
        self._plain.hide()
        self._short = text.ElidedLabel("caption")
        self._short.show_text(mode.plain)
        self.radio.toggled.connect(self._show_plain)
        self._why = text.label("", "caption", wrap=True)
        self._copy = text.button("Copy the command", self._copy_remedy, role="plain")
        self.other = text.button(
            "", lambda: self.precision_asked.emit(mode.id, self._fitting), role="plain", explains="Picks what can run."
        )
        self._fitting = ""
        for button in (self._copy, self.other):
            mnemonics.wants(button)
        self.runtime = RuntimeBox(mode.runtime) if mode.runtime != MAIN_RUNTIME else None
        self._lay_out()

    def _lay_out(self) -> None:
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 4)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.radio, 0, 0)
        self._state = QWidget()
        state = QHBoxLayout(self._state)
        state.setContentsMargins(0, 0, 0, 0)
        state.setSpacing(6)
        state.addWidget(self._mark)
        state.addWidget(self._word)
        grid.addWidget(self._state, 0, 1)
        under = QVBoxLayout()
        under.setContentsMargins(INDENT_PX, 0, 0, 0)
        under.setSpacing(0)
        under.addWidget(self._short)
        under.addWidget(self._plain)
        under.addWidget(self._why)
        under.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignLeft)
        under.addWidget(self.other, 0, Qt.AlignmentFlag.AlignLeft)
        if self.runtime is not None:
            self.runtime.asked.connect(self.asked)
            under.addWidget(self.runtime)
        grid.addLayout(under, 2, 0, 1, 2)

    def show_verdict(self, found: Verdict) -> None:
        self.radio.setEnabled(found.can)
        self._mark.show_shape(found.shape, found.colour)
        text.set_text(self._word, found.word)
        self._place_state()
        why = " ".join(part for part in (sentence(found.why), sentence(found.remedy)) if part)
        text.set_text(self._why, why)
        text.set_role(self._why, "warn" if found.shape == "triangle" else "caption")
        self._why.setVisible(bool(why))
        self._remedy = found.remedy
        self._copy.setVisible(is_command(found.remedy))
        self._copy.setAccessibleName(f"Copy the command that makes {self._mode.title} available")
        text.explain(self._copy, f"Copies “{found.remedy}”, to be run in a terminal.")
        self._fitting = found.fitting
        self.other.setVisible(bool(found.fitting))
        mnemonics.retitle(self.other, f"Use it at {found.fitting}")
        self.other.setAccessibleName(f"Use {self._mode.title} at {found.fitting}")
        self.setToolTip(found.tip)
        said = f"{self._mode.plain} {found.word.capitalize()}. {why} {found.tip}"
        text.explain(self.radio, " ".join(said.split()))

    def _place_state(self) -> None:
        """Right of the name; below it where both would make the whole column wider."""
        beside = self.radio.sizeHint().width() + self._word.sizeHint().width() <= BESIDE_PX
        self._grid.removeWidget(self._state)
        layout = self._state.layout()
        if layout is not None:
            layout.setContentsMargins(0 if beside else INDENT_PX, 0, 0, 0)
        if beside:
            self._grid.addWidget(self._state, 0, 1)
        else:
            self._grid.addWidget(self._state, 1, 0, Qt.AlignmentFlag.AlignLeft)

    def _show_plain(self, chosen: bool) -> None:
        """Whole for the mode that is chosen; of the others a line, so that all of them can be seen."""
        self._plain.setVisible(chosen)
        self._short.setVisible(not chosen)

    def _copy_remedy(self) -> None:
        QApplication.clipboard().setText(self._remedy)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.radio.isEnabled():
            self.radio.setChecked(True)
            self.radio.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)
