"""The model: what is known of it before it is loaded, and the way to another one."""

from PySide6.QtCore import Qt, Signal

from engine.wire.messages import Failure, ModelCard
from gui import theme
from gui.run_state import State
from gui.widgets import figures, text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel

STARTER = "starter"


class ModelPanel(Card):
    """Signals: change_asked; starter_asked, from a failure's button."""

    change_asked = Signal()
    starter_asked = Signal()

    def __init__(self) -> None:
        super().__init__("Model")
        self._name = text.ElidedLabel(where=Qt.TextElideMode.ElideMiddle)
        self._name.setFont(theme.scaled(1, bold=True))
        self._facts = text.label("", "quiet", wrap=True)
        self._memory = text.label("", "quiet", wrap=True)
        self._note = text.label("", "quiet", wrap=True)
        self.change = text.button(
            "Ch&ange…",
            self.change_asked.emit,
            role="plain",
            explains="Picks another model: the starter, a recent one, or a folder on this computer. Ctrl+O.",
        )
        self.change.setAccessibleName("Change model")
        self._failure = FailurePanel("Use the &starter", self.starter_asked.emit)
        self.head.addWidget(self.change)
        self.body.setSpacing(4)
        for widget in (self._name, self._facts, self._memory, self._note, self._failure):
            self.add(widget)
        self._shown: tuple[object, ...] = ()

    def show_state(self, state: State) -> None:
        shown = (state.model, state.describing, state.model_failure)
        if shown == self._shown:
            return
        self._shown = shown
        model = state.model
        self._failure.show_failure(state.model_failure)
        looking = state.describing is not None and (model is None or state.describing.ref != model.ref)
        self._note.setText(f"Looking into {state.describing.ref}" if looking and state.describing else "")
        self._note.setVisible(looking)
        for widget in (self._name, self._facts, self._memory):
            widget.setVisible(model is not None)
        if model is not None:
            self._name.show_text(model.name)
            self._facts.setText(facts_in_words(model))
            self._memory.setText(memory_in_words(model))
            text.set_role(self._memory, "warn" if memory_is_short(model) else "quiet")
            self.setToolTip(text.plain_tip(model.folder))

    def failure(self) -> Failure | None:
        return self._failure.failure()


def facts_in_words(model: ModelCard) -> str:
    """One line of what is known; what is not known is left out."""
    parts = [
        "starter" if model.ref == STARTER else "",
        model.family,
        f"{figures.count(model.parameters)} parameters" if model.parameters else "",
        figures.size(model.size_bytes) if model.size_bytes else "",
        model.weights,
        model.licence,
        f"changed {model.changed}" if model.changed else "",
    ]
    return ", ".join(part for part in parts if part)


def memory_in_words(model: ModelCard) -> str:
    if not model.memory_needed_bytes:
        return ""
    needed = f"Needs about {figures.size(model.memory_needed_bytes)} of memory"
    if not model.memory_free_bytes:
        return needed
    free = figures.size(model.memory_free_bytes)
    return f"{needed}, but only {free} is free" if memory_is_short(model) else f"{needed}, {free} is free"


def memory_is_short(model: ModelCard) -> bool:
    return 0 < model.memory_free_bytes < model.memory_needed_bytes
