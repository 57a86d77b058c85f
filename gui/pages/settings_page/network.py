"""The network, on or off."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox

from gui.widgets import text
from gui.widgets.card import Card

PLAIN = (
    "Fastpath asks the network only when you look for models, download something, or ask for a newer version. While it "
    "is off, not for that either; models that are on this computer work as always. Turning it off stops downloads, "
    "which can go on later."
)


class NetworkCard(Card):
    """Signals: chosen(off)."""

    chosen = Signal(bool)

    def __init__(self) -> None:
        super().__init__("Network")
        self.off = QCheckBox("Keep the &network off")
        text.explain(self.off, "While it is checked, Fastpath sends nothing over the network.")
        self.off.clicked.connect(self.chosen)
        self.add(text.label(PLAIN, "quiet", wrap=True))
        self.body.addWidget(self.off, 0, Qt.AlignmentFlag.AlignLeft)

    def show_off(self, off: bool) -> None:
        """Shows what is set, without telling anybody of a change."""
        self.off.setChecked(off)
