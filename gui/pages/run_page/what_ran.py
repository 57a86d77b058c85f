"""A line under the answer that says what ran; its button puts the whole evidence in the answer's place."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.wire.values import Cpu, Evidence
from gui import theme
from gui.pages.run_page import evidence_words
from gui.pages.run_page.evidence_panel import EvidencePanel
from gui.run_state import RunView
from gui.widgets import mnemonics, text
from gui.widgets.mark import Mark


class WhatRan(QWidget):
    """The line. ``panel`` and ``back``, which brings the answer back, are laid out by whoever holds all three.

    Signals: turned(on), when the panel is to come or go.
    """

    turned = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.on = False
        self.panel = EvidencePanel()
        self.panel.hide()
        self._there = False
        self._mark = Mark("tick", "accent")
        self._words = text.ElidedLabel("quiet")
        self.button = text.button(
            "What ran",
            lambda: self._turn(on=True),
            role="plain",
            explains="Shows, in the answer's place, what the runtime says it executed.",
        )
        self.back = text.button("Back to the answer", lambda: self._turn(on=False), explains="Shows the answer again.")
        self.back.hide()
        for button in (self.button, self.back):
            mnemonics.wants(button)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._words, 1)
        row.addWidget(self.button)
        self.hide()

    def show_run(self, run: RunView | None, evidence: Evidence | None, cpu: Cpu | None) -> None:
        """No height as long as there is no answer."""
        answered = run is not None and run.answer is not None
        self.panel.show_evidence(evidence, cpu, run)
        self._there = answered and evidence is not None
        if not self._there and self.on:
            self._turn(on=False)
        self.setVisible(answered and not self.on)
        self.button.setVisible(self._there)
        if run is None or not answered:
            return
        words = evidence_words.sentence(evidence, cpu) if evidence is not None else evidence_words.instead(run)
        self._words.show_text(words)
        self._show_mark(run, evidence)

    def _show_mark(self, run: RunView, evidence: Evidence | None) -> None:
        """A doubt where another precision ran than was asked for; a tick where all of it is proved."""
        if evidence_words.changed_precision(run):
            self._mark.show_shape("triangle", "warn")
        elif evidence is not None and not evidence.not_provable:
            self._mark.show_shape("tick", "accent")
        else:
            self._mark.show_shape("dash", "quiet")

    def words(self) -> str:
        return self._words.whole()

    def _turn(self, *, on: bool) -> None:
        self.on = on
        self.setVisible(not on)
        self.panel.setVisible(on)
        self.back.setVisible(on)
        self.turned.emit(on)
        mnemonics.give(self.window())
        (self.back if on else self.button).setFocus()
