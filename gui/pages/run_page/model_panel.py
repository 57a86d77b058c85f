"""The model: what is known of it before it is loaded, and the way to another one."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton

from engine.wire.messages import Allow
from engine.wire.values import Failure, ModelCard
from gui import theme
from gui.pages.run_page.consent_box import ConsentBox
from gui.pages.run_page.download_box import DownloadBox
from gui.run_state import State
from gui.widgets import figures, text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel, Remedy

STARTER = "starter"


class ModelPanel(Card):
    """Signals: change_asked, allowed (its pickled weights), stop_download_asked."""

    change_asked = Signal()
    allowed = Signal()
    stop_download_asked = Signal()

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
            explains="Picks another model: the starter, a recent one, a folder, or one of the Hub. Ctrl+O.",
        )
        self.change.setAccessibleName("Change model")
        self._failure = FailurePanel()
        self.consent = ConsentBox()
        self.consent.allowed.connect(self.allowed)
        self.download = DownloadBox()
        self.download.stop_asked.connect(self.stop_download_asked)
        self.head.addWidget(self.change)
        self.body.setSpacing(4)
        self._tokenizer = text.ElidedLabel("quiet", Qt.TextElideMode.ElideMiddle)
        known = (self._name, self._facts, self._tokenizer, self._memory, self.consent)
        for widget in (*known, self._note, self.download, self._failure):
            self.add(widget)
        self._shown: tuple[object, ...] = ()

    def show_state(self, state: State, remedies: Callable[[Failure], Sequence[Remedy]]) -> None:
        """``remedies``: what mends a failure here."""
        asked = (state.describing, state.consenting, state.download)
        shown = (state.model, state.tokenizer, state.model_failure, *asked)
        if shown == self._shown:
            return
        self._shown = shown
        failure = state.model_failure
        self._failure.show_failure(failure, remedies(failure) if failure is not None else ())
        self.download.show_download(state.download)
        model, looking = state.model, state.describing
        going = looking is not None and (model is None or looking.ref != model.ref)
        self._note.setText(f"Looking into {looking.ref}" if going and looking else "")
        self._note.setVisible(going)
        self._show_model(model, state.tokenizer)
        self.consent.show_consent(model.consent if model is not None else "", isinstance(state.consenting, Allow))

    def _show_model(self, model: ModelCard | None, tokenizer: str) -> None:
        for widget in (self._name, self._facts, self._memory):
            widget.setVisible(model is not None)
        self._tokenizer.setVisible(model is not None and bool(tokenizer))
        if model is not None:
            self._name.show_text(model.name)
            self._facts.setText(facts_in_words(model))
            self._tokenizer.show_text(f"Tokenizer from {tokenizer}")
            self._memory.setText(memory_in_words(model))
            text.set_role(self._memory, "warn" if memory_is_short(model) else "quiet")
            self.setToolTip(text.plain_tip(model.folder))

    def remedies(self) -> tuple[QPushButton, ...]:
        """The buttons of the failure that is shown."""
        return self._failure.remedies

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
