"""Find the fastest: the button for who writes no code, and how far answers may differ."""

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider

from gui.pages.compare_page.words import FLOORS
from gui.widgets import mnemonics, text
from gui.widgets.card import Card

Floor = Literal["identical", "same answers", "close"]
STOPS: tuple[Floor, ...] = ("identical", "same answers", "close")
WHAT = (
    "Tries what this computer can do with the model, picks the fastest that is surely faster, and remembers it. Takes "
    "about three minutes at most."
)
BUDGET_S = 180.0


class FastestCard(Card):
    """Signals: asked; changed, of the floor."""

    asked = Signal()
    changed = Signal()

    def __init__(self, floor: Floor) -> None:
        super().__init__("Find the fastest")
        self.title.hide()
        explains = f"{WHAT} Ctrl+Shift+Enter."
        self.button = text.button("&Find the fastest", self.asked.emit, role="second", explains=explains)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, len(STOPS) - 1)
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setTickInterval(1)
        self.slider.setAccessibleName("How far answers may differ")
        text.explain(self.slider, "How far the answers of the pick may differ from plain PyTorch's.")
        self.slider.setValue(STOPS.index(floor))
        self.slider.valueChanged.connect(self._moved)
        caption = text.label("Answers must be", "caption")
        caption.setBuddy(self.slider)
        mnemonics.wants(caption)
        ends = QHBoxLayout()
        for place, stop in enumerate(("identical", "the same", "close")):
            ends.addWidget(text.label(stop, "caption"))
            if place < len(STOPS) - 1:
                ends.addStretch(1)
        self._plain = text.label("", "caption", wrap=True)
        self.body.setSpacing(4)
        self.add(self.button)
        self.add(text.label(WHAT, "caption", wrap=True))
        self.add(caption)
        self.add(self.slider)
        self.body.addLayout(ends)
        self.add(self._plain)
        self._show_plain()

    def floor(self) -> Floor:
        return STOPS[self.slider.value()]

    def _moved(self) -> None:
        self._show_plain()
        self.changed.emit()

    def _show_plain(self) -> None:
        words = FLOORS[self.floor()]
        text.set_text(self._plain, words)
        self.slider.setAccessibleDescription(words)
