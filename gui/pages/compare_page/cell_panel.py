"""Everything about one cell: figures, what it executed, doubts."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QWidget

from gui import theme
from gui.pages.compare_page import facts, words
from gui.run_state import CompareView, State
from gui.widgets import text
from gui.widgets.card import Card
from gui.widgets.column_scroll import ColumnScroll
from gui.widgets.icons import IconButton

TWO_COLUMNS_PX = 640


class CellPanel(Card):
    """Hidden until a cell is chosen. Signals: closed; script_asked(number)."""

    closed = Signal()
    script_asked = Signal(int)

    def __init__(self) -> None:
        super().__init__("")
        self.setAccessibleName("Figures of one row")
        self._number = -1
        self._facts: tuple[facts.Fact, ...] = ()
        self._said = ""
        self.script = text.button(
            "Copy as &Python",
            lambda: self.script_asked.emit(self._number),
            role="plain",
            explains="Copies a short program that does the same with the public libraries, without Fastpath.",
        )
        self.copy = IconButton("copy", "Cop&y figures", explains="Copies all of this as text.")
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self._said))
        self.leave = text.button("Close", self.closed.emit, role="plain", explains="Closes these figures.")
        for button in (self.script, self.copy, self.leave):
            self.head.addWidget(button)
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(0, 0, theme.GAP_PX, 0)
        self._grid.setHorizontalSpacing(theme.WIDE_GAP_PX)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)
        self.add(ColumnScroll(inside), 1)
        self.hide()

    def number(self) -> int | None:
        return None if self.isHidden() else self._number

    def show_cell(self, number: int | None, view: CompareView | None, state: State, obstacle: str) -> None:
        """None hides it. ``obstacle``: why no program can be copied now."""
        cell = view.cells.get(number) if view is not None and number is not None else None
        self.setVisible(cell is not None)
        if cell is None or view is None or number is None:
            return
        self._number = number
        self._said = facts.as_text(cell, view, state)
        self.script.setEnabled(not obstacle and cell.p50_ms is not None)
        self.script.setToolTip(obstacle)
        text.set_text(self.title, words.name(cell, view, state).replace("&", "&&"))
        found = facts.facts_of(cell, view, state)
        if found != self._facts:
            self._facts = found
            self._fill()

    def _fill(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        rows = (len(self._facts) + 1) // 2 if self._is_wide() else len(self._facts)
        self._grid.setColumnStretch(3, 1 if self._is_wide() else 0)
        for place, (name, said) in enumerate(self._facts):
            row, column = place % rows, 2 * (place // rows)
            self._grid.addWidget(text.label(name, "quiet"), row, column, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(_fact(name, said), row, column + 1, Qt.AlignmentFlag.AlignTop)

    def _is_wide(self) -> bool:
        return self.width() >= TWO_COLUMNS_PX

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two columns where both have room."""
        wide = event.oldSize().width() >= TWO_COLUMNS_PX
        super().resizeEvent(event)
        if wide != self._is_wide():
            self._fill()

    def words(self) -> str:
        return self._said


def _fact(name: str, said: str) -> QLabel:
    made = text.label(said, wrap=True, selectable=True)
    made.setAccessibleName(f"{name}: {said}")
    return made
