"""The CPU page: its name and measures above; below, its features, or how fast it was measured to be."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from engine.wire.values import Cpu
from gui import theme
from gui.pages.cpu_page import facts, roofline_words
from gui.pages.cpu_page.feature_list import FeatureList
from gui.pages.cpu_page.roofline_panel import RooflinePanel
from gui.run_state import State, evidence_of, peaks_of, points_of, threads_of, used
from gui.widgets import text
from gui.widgets.card import Card
from gui.widgets.icons import IconButton

EMPTY = "What this CPU can do will be here as soon as the engine has started."


class CpuPage(QWidget):
    """Shows what the engine tells of the CPU. It is filled when it is first looked at.

    Signals: asked, with a request.
    """

    asked = Signal(object)
    title = "CPU"
    icon = "cpu"

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self._state = State()
        self._chosen_threads = 0
        self._facts_shown: Cpu | None = None
        self.copy = IconButton("copy", "&Copy", explains="Copies the whole page as text. Ctrl+C does so too.")
        self.copy.clicked.connect(self.copy_text)
        self._head = Card("CPU")
        self._head.head.addWidget(self.copy)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.WIDE_GAP_PX)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)
        self._head.body.addLayout(self._grid)
        self._empty = text.label(EMPTY, "quiet", wrap=True)
        self._head.add(self._empty)
        self.features = FeatureList()
        self.speed = RooflinePanel()
        self.speed.asked.connect(self.asked)
        self._parts = QStackedWidget()
        self._body = Card("Features and measured speed")
        self._body.title.hide()
        self.parts = tuple(self._made_part(*part) for part in self._named_parts())
        self._body.head.setStretch(self._body.head.count() - 1, 0)
        self._body.head.addWidget(self.speed.tools, 1)
        self._body.add(self._parts, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.GAP_PX] * 4)
        whole.setSpacing(theme.GAP_PX)
        whole.addWidget(self._head)
        whole.addWidget(self._body, 1)
        whole.addStretch(0)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.copy_text)
        self.show_part(0)

    def _named_parts(self) -> tuple[tuple[str, str, QWidget], ...]:
        return (
            ("&Features", "Shows what this CPU can do.", self.features),
            ("Measured &speed", "Shows how fast this CPU and its memory were measured to be.", self.speed),
        )

    def _made_part(self, title: str, explains: str, part: QWidget) -> QPushButton:
        """The button that shows one part of the page."""
        place = self._parts.addWidget(part)
        button = text.button(title, lambda: self.show_part(place), explains=explains)
        button.setCheckable(True)
        self._body.head.insertWidget(place, button)
        return button

    def show_part(self, place: int) -> None:
        """0 are the features, 1 is the measured speed."""
        self._parts.setCurrentIndex(place)
        for other, button in enumerate(self.parts):
            button.setChecked(other == place)
        self.speed.tools.setVisible(place == 1)
        self.setFocusProxy(self.speed.measure if place else self.features)

    def show_state(self, state: State) -> None:
        self._state = state
        if self.isVisible():
            self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fill()

    def _fill(self) -> None:
        cpu = self.cpu()
        self._empty.setVisible(cpu is None)
        self._body.setVisible(cpu is not None)
        self.copy.setEnabled(cpu is not None)
        if cpu is not None:
            self._show_facts(cpu)
            self.features.show_cpu(cpu, self._ran(), self._used())
            self.speed.show_state(self._state, self._threads())

    def show_threads(self, chosen: int) -> None:
        """As on the Run page; 0 is the engine's own choice."""
        if chosen != self._chosen_threads:
            self._chosen_threads = chosen
            if self.isVisible():
                self._fill()

    def _threads(self) -> int:
        return threads_of(self._state, self._chosen_threads)

    def cpu(self) -> Cpu | None:
        return self._state.catalogue.cpu if self._state.catalogue is not None else None

    def _ran(self) -> bool:
        return self._state.run is not None and (self._state.run.report is not None or self._used() is not None)

    def _used(self) -> frozenset[str] | None:
        """Ids of the features that the last run showed evidence of; None where it does not tell."""
        return used(evidence_of(self._state, self._state.run))

    def _show_facts(self, cpu: Cpu) -> None:
        if cpu == self._facts_shown:
            return
        self._facts_shown = cpu
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._head.title.setText(cpu.brand.replace("&", "&&"))
        self._head.setAccessibleName(cpu.brand)
        found = facts.facts_of(cpu)
        rows = (len(found) + 1) // 2
        for place, (name, words) in enumerate(found):
            fact = text.label(words, wrap=True, selectable=True)
            fact.setAccessibleName(f"{name}: {words}")
            row, column = place % rows, 2 * (place // rows)
            self._grid.addWidget(text.label(name, "quiet"), row, column, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(fact, row, column + 1, Qt.AlignmentFlag.AlignTop)

    def show_line(self, feature_id: str) -> None:
        """Goes to the line of a feature."""
        self._fill()
        self.show_part(0)
        self.features.show_line(feature_id)
        self.features.setFocus()

    def copy_text(self) -> None:
        cpu = self.cpu()
        if cpu is not None:
            state, threads = self._state, self._threads()
            speed = roofline_words.as_text(peaks_of(state, threads), points_of(state, threads))
            words = facts.as_text(cpu, self._ran(), self._used())
            QApplication.clipboard().setText(f"{words}\n{speed}" if speed else words)
