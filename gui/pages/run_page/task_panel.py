"""What the model is to do: only what it can, its own task first."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox

from engine.wire.values import TaskCard
from gui.run_state import State
from gui.widgets import text
from gui.widgets.card import Card


class TaskPanel(Card):
    """Signals: chosen, when the person picked a task."""

    chosen = Signal()

    def __init__(self, wanted: str) -> None:
        """``wanted`` is the task to choose as soon as the catalogue has it."""
        super().__init__("Tas&k")
        self.setAccessibleName("Task")
        self._wanted = wanted
        self.gone = ""
        """A sentence, where the wanted task is no longer there."""
        self.choice = QComboBox()
        self.choice.setAccessibleName("Task")
        text.narrow(self.choice)
        text.explain(self.choice, "What the model is to do. Only what this model can do is listed.")
        self.choice.activated.connect(self._chosen)
        self.title.setBuddy(self.choice)
        self._plain = text.label("", "caption", wrap=True)
        self.add(self.choice)
        self.add(self._plain)

    def task_id(self) -> str:
        return str(self.choice.currentData() or "")

    def show_state(self, state: State) -> TaskCard | None:
        """Lists the tasks of the state's model. Returns the chosen one."""
        ids = state.model.tasks if state.model is not None else ()
        cards = [card for card in (state.task(name) for name in ids) if card is not None]
        if [self.choice.itemData(place) for place in range(self.choice.count())] != [card.id for card in cards]:
            self.choice.clear()
            for card in cards:
                self.choice.addItem(card.title, card.id)
            place = self.choice.findData(self._wanted)
            self.choice.setCurrentIndex(max(0, place))
            if cards and self._wanted and place < 0 and state.live and state.task(self._wanted) is None:
                self.gone = f"The task {self._wanted} is no longer there, so {cards[0].title} was chosen."
        self.choice.setEnabled(bool(cards))
        chosen = state.task(self.task_id())
        text.set_text(self._plain, chosen.plain if chosen is not None else "")
        self._plain.setVisible(chosen is not None)
        return chosen

    def _chosen(self, _place: int) -> None:
        self._wanted = self.task_id()
        self.chosen.emit()
