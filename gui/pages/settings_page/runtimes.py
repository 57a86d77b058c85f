"""The runtimes of their own that some modes need: what there is, what it takes, and mending or removing it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.wire.messages import ListRuntimes
from engine.wire.values import RuntimeCard
from gui import theme
from gui.run_state import State, new_id
from gui.widgets import figures, mnemonics, text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.mark import Mark, Shape
from gui.widgets.runtime_box import RuntimeBox

PLAIN = (
    "Some accelerations need versions of other programs that cannot live beside Fastpath's own. Each gets a folder of "
    "its own in the data folder, and only when you ask for it."
)
NONE = "No acceleration here needs one."
STATES: dict[str, tuple[Shape, str]] = {
    "installed": ("tick", "accent"),
    "not installed": ("ring", "quiet"),
    "damaged": ("triangle", "warn"),
    "cannot run here": ("cross", "quiet"),
}


class RuntimesCard(Card):
    """Signals: asked(request)."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__("Runtimes")
        self.rows: dict[str, _Row] = {}
        self._state = State()
        self._note = text.label("", wrap=True)
        self._list = QVBoxLayout()
        self._list.setSpacing(theme.GAP_PX)
        self._failure = FailurePanel("Look again", self._look)
        if self._failure.action is not None:
            mnemonics.wants(self._failure.action)
        self.add(text.label(PLAIN, "quiet", wrap=True))
        self.add(self._note)
        self.body.addLayout(self._list)
        self.add(self._failure)

    def show_state(self, state: State) -> None:
        self._state = state
        view = state.runtimes
        self._failure.show_failure(view.failure if not view.failed else None)
        if view.cards is None:
            waits = "Looking" if state.live else "Waiting for the engine"
            text.set_text(self._note, "" if view.failure is not None else waits)
        else:
            text.set_text(self._note, "" if view.cards else NONE)
        self._note.setVisible(bool(self._note.text()))
        self._show_rows(view.cards or ())
        for row in self.rows.values():
            row.box.show_runtimes(view)

    def _show_rows(self, cards: tuple[RuntimeCard, ...]) -> None:
        if [card.id for card in cards] != list(self.rows):
            for row in self.rows.values():
                self._list.removeWidget(row)
                row.hide()
                row.deleteLater()
            self.rows = {card.id: _Row(card.id) for card in cards}
            for row in self.rows.values():
                row.box.asked.connect(self.asked)
                self._list.addWidget(row)
        for card in cards:
            self.rows[card.id].show_card(card)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def _look(self) -> None:
        if self._state.runtimes.asked is None:
            self.asked.emit(ListRuntimes(id=new_id("runtimes")))


class _Row(QWidget):
    """One runtime."""

    def __init__(self, runtime: str) -> None:
        super().__init__()
        self._card: RuntimeCard | None = None
        self.title = text.label("")
        self.title.setFont(theme.scaled(1, bold=True))
        self._mark = Mark()
        self.word = text.label("", "quiet")
        self._plain = text.label("", "quiet", wrap=True)
        self._reason = text.label("", wrap=True, selectable=True)
        self._versions = text.ElidedLabel("caption")
        self.box = RuntimeBox(runtime, manages=True)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.word)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addLayout(head)
        for widget in (self._plain, self._reason, self._versions, self.box):
            rows.addWidget(widget)

    def show_card(self, card: RuntimeCard) -> None:
        if card == self._card:
            return
        self._card = card
        text.set_text(self.title, card.title)
        shape, colour = STATES[card.state]
        self._mark.show_shape(shape, colour)
        used = f", {figures.size(card.used_bytes)}" if card.used_bytes else ""
        text.set_text(self.word, f"{card.state}{used}")
        self.word.setAccessibleName(f"{card.title}: {self.word.text()}")
        text.set_text(self._plain, card.plain)
        text.set_text(self._reason, card.reason)
        text.set_role(self._reason, "warn" if card.state == "damaged" else "quiet")
        self._reason.setVisible(bool(card.reason))
        versions = ", ".join(f"{name} {version}" for name, version in card.versions.items())
        self._versions.show_text(versions)
        self._versions.setVisible(bool(versions))
