"""The line at the window's foot."""

from PySide6.QtWidgets import QFrame, QHBoxLayout

from gui import theme
from gui.run_state import EngineWord, State
from gui.widgets import figures, text
from gui.widgets.mark import Mark, Shape

WORDS: dict[EngineWord, tuple[str, Shape, str]] = {
    "starting": ("Starting the engine", "ring", "quiet"),
    "ready": ("Ready", "tick", "accent"),
    "loading": ("Loading", "ring", "accent"),
    "running": ("Running", "disc", "accent"),
    "stopping": ("Stopping", "ring", "warn"),
    "stopped": ("Stopped", "cross", "error"),
}


class StatusStrip(QFrame):
    """CPU, threads, the engine's state, the engine's memory."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAccessibleName("Status")
        self._cpu = text.ElidedLabel("caption")
        self._threads = text.label("", "caption")
        self._mark = Mark()
        self._engine = text.label("", "caption")
        self._memory = text.label("", "caption")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.CARD_PADDING_PX, 4, theme.CARD_PADDING_PX, 4)
        row.setSpacing(theme.WIDE_GAP_PX)
        row.addWidget(self._cpu, 1)
        row.addWidget(self._threads)
        engine = QHBoxLayout()
        engine.setSpacing(6)
        engine.addWidget(self._mark)
        engine.addWidget(self._engine)
        row.addLayout(engine)
        row.addWidget(self._memory)

    def show_state(self, state: State) -> None:
        catalogue = state.catalogue
        self._cpu.show_text(catalogue.cpu.brand if catalogue else "")
        threads = (state.run.request.threads if state.run else 0) or (catalogue.threads if catalogue else 0)
        text.set_text(self._threads, f"{threads} thread{'s' if threads != 1 else ''}" if threads else "")
        words, shape, colour = WORDS[state.engine]
        self._mark.show_shape(shape, colour)
        text.set_text(self._engine, words)
        self._engine.setAccessibleName(f"Engine: {words}")
        memory = f"Engine memory {figures.size(state.memory_bytes)}" if state.memory_bytes else ""
        text.set_text(self._memory, memory)

    def words(self) -> str:
        """The whole strip as text."""
        parts = (self._cpu.whole(), self._threads.text(), self._engine.text(), self._memory.text())
        return ", ".join(part for part in parts if part)
