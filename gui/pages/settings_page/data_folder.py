"""The data folder: where it is, what lies in it, and freeing what can be made again."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout

from engine.wire.messages import FreeUp, Stored
from engine.wire.values import StoredPart
from gui import theme
from gui.run_state import State
from gui.widgets import figures, focus, text
from gui.widgets.card import Card
from gui.widgets.failure_panel import FailurePanel

LOST = (
    "Freeing loses only time: what it removes is made again when it is needed. Settings stay, and so do downloaded "
    "models, which lie in the cache that Fastpath shares with other programs."
)


class DataFolderCard(Card):
    """Signals: free_asked; look_asked, after a failure."""

    free_asked = Signal()
    look_asked = Signal()

    def __init__(self) -> None:
        super().__init__("Data folder")
        self._stored: Stored | None = None
        self._focus_waits = False
        self._path = text.ElidedLabel(where=Qt.TextElideMode.ElideMiddle)
        self.copy = text.button(
            "Copy &path", self._copy_path, role="plain", explains="Copies the path of the data folder."
        )
        self.head.addWidget(self.copy)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.WIDE_GAP_PX)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.free = text.button(
            "&Free up",
            self.free_asked.emit,
            explains="Removes from the data folder what can be made again. Nothing but time is lost.",
        )
        self._why = text.label("", "caption", wrap=True)
        self._failure = FailurePanel("Look a&gain", self.look_asked.emit)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        row.addWidget(self.free)
        row.addWidget(self._why, 1)
        self.add(self._path)
        self.body.addLayout(self._grid)
        self.add(text.label(LOST, "quiet", wrap=True))
        self.body.addLayout(row)
        self.add(self._failure)

    def show_state(self, state: State) -> None:
        self._failure.show_failure(state.storage_failure)
        self._show_stored(state.stored)
        size_bytes = sum(part.size_bytes for part in state.stored.parts if part.goes) if state.stored else 0
        freeing = isinstance(state.storing, FreeUp)
        self.free.setText(f"&Free up {figures.size(size_bytes)}" if size_bytes else "&Free up")
        why = ""
        if freeing:
            why = "Freeing"
        elif state.stored is None:
            why = "Looking" if state.live else "Waiting for the engine"
        elif state.running:
            why = "A model runs. Stop it first: Esc."
        elif not size_bytes:
            why = "There is nothing to free."
        self._enable_free(not why)
        text.set_text(self._why, why)

    def _enable_free(self, enabled: bool) -> None:
        """The focus waits on a button that does no harm, and comes back with the one that had it."""
        with focus.kept(self, self.copy):
            had_it = self.window().focusWidget() is self.free
            self.free.setEnabled(enabled)
        waits = self.window().focusWidget() is self.copy
        if enabled and waits and self._focus_waits:
            self.free.setFocus()
        self._focus_waits = not enabled and waits and (had_it or self._focus_waits)

    def _show_stored(self, stored: Stored | None) -> None:
        if stored == self._stored:
            return
        self._stored = stored
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._path.show_text(stored.folder if stored else "")
        parts = stored.parts if stored else ()
        for row, part in enumerate(parts):
            self._add_row(row, part)
        if parts:
            total = sum(part.size_bytes for part in parts)
            whole = StoredPart(id="all", title="In all", plain="", size_bytes=total)
            self._grid.addWidget(text.hairline(), len(parts), 0, 1, 3)
            self._add_row(len(parts) + 1, whole)

    def _add_row(self, row: int, part: StoredPart) -> None:
        name = text.label(part.title)
        size = text.label(figures.size(part.size_bytes))
        size.setAccessibleName(f"{part.title}: {size.text()}")
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(text.label(part.plain, "quiet", wrap=True), row, 1)
        self._grid.addWidget(size, row, 2, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)

    def _copy_path(self) -> None:
        if self._stored is not None:
            QApplication.clipboard().setText(self._stored.folder)
