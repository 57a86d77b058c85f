"""What is to know of a mode before it is chosen: its precisions with their reasons, and the models that it covers."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from engine.wire.values import ModeCard, Supported
from gui import theme
from gui.pages.run_page.precision_choice import Standing
from gui.pages.run_page.verdicts import sentence
from gui.widgets import mnemonics, text
from gui.widgets.mark import Mark

SHOW, HIDE = "About this mode", "Hide again"


class ModeDetails(QWidget):
    """Folded away until somebody asks; ``button`` is laid out by its holder."""

    def __init__(self) -> None:
        super().__init__()
        self._mode: ModeCard | None = None
        self._standings: tuple[Standing, ...] = ()
        self._stale = True
        self.button = text.button(
            SHOW, self._fold, role="plain", explains="Lists each precision with how it stands, and the models covered."
        )
        mnemonics.wants(self.button)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(4)
        self.hide()

    def show_mode(self, mode: ModeCard | None, standings: Sequence[Standing]) -> None:
        if (mode, tuple(standings)) == (self._mode, self._standings):
            return
        self._mode, self._standings, self._stale = mode, tuple(standings), True
        self.button.setAccessibleName(f"About {mode.title}" if mode is not None else SHOW)
        self.button.setVisible(mode is not None)
        if not self.isHidden():
            self._build()

    def _title(self) -> str:
        return SHOW if self.isHidden() else HIDE

    def _fold(self) -> None:
        self.setVisible(self.isHidden())
        if not self.isHidden():
            self._build()
        mnemonics.retitle(self.button, self._title())
        mnemonics.give(self.window())

    def _build(self) -> None:
        if not self._stale or self._mode is None:
            return
        self._stale = False
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._rows.addWidget(_precisions(self._standings))
        if self._mode.supported:
            self._rows.addWidget(text.label("Models it covers", "quiet"))
            self._rows.addWidget(_supported(self._mode.supported))


def _precisions(standings: Sequence[Standing]) -> QWidget:
    made, grid = _grid()
    for place, (card, verdict) in enumerate(standings):
        head, below, gap = 3 * place, 3 * place + 1, 3 * place + 2
        title = text.label(card.title, "" if verdict.can else "quiet", wrap=True)
        title.setAccessibleName(f"{card.title}: {verdict.word}")
        grid.addWidget(title, head, 0)
        grid.addWidget(Mark(verdict.shape, verdict.colour), head, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(text.label(verdict.word, "caption"), head, 2)
        if verdict.why:
            why = text.label(sentence(verdict.why), "warn" if verdict.shape == "triangle" else "caption", wrap=True)
            why.setFont(theme.scaled(theme.CAPTION))
            grid.addWidget(why, below, 0, 1, 3)
        grid.setRowMinimumHeight(gap, 4)
    return made


def _supported(families: Sequence[Supported]) -> QWidget:
    made, grid = _grid()
    for place, one in enumerate(families):
        family = text.label(one.family, wrap=True)
        family.setAccessibleName(f"{one.family}: {one.how}")
        grid.addWidget(family, 3 * place, 0)
        grid.addWidget(text.label(one.how, "caption", wrap=True), 3 * place + 1, 0)
        grid.setRowMinimumHeight(3 * place + 2, 4)
    return made


def _grid() -> tuple[QWidget, QGridLayout]:
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(6)
    grid.setVerticalSpacing(0)
    grid.setColumnStretch(0, 1)
    return made, grid
