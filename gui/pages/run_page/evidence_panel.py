"""What ran: a plain sentence, then where the time went, what was joined, and what cannot be proved."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QGridLayout, QHeaderView, QScrollArea, QVBoxLayout, QWidget

from engine.wire.values import Cpu, Evidence
from gui import theme
from gui.pages.run_page import evidence_words
from gui.run_state import RunView
from gui.widgets import mnemonics, text
from gui.widgets.bar_list import BarList, Row
from gui.widgets.details import DetailsText, paragraphs
from gui.widgets.flow import Flow

NOT_TOLD = "?"
BESIDE_PX = 600


class EvidencePanel(QScrollArea):
    """Scrolls where it is too high for its place. Signals: code_asked(file)."""

    code_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("What ran")
        self._shown: tuple[object, ...] = ()
        self._text = ""
        self._code_file = ""
        self._sentence = text.label("", wrap=True, selectable=True)
        self.bars = BarList("Share of the time by kind of step")
        text.explain(self.bars, "Where the time of a call goes, and the precision that each kind of step ran in.")
        self.bars.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.bars.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._facts = _grid()
        self._doubts = _grid()
        self._details = DetailsText("The runtime's own words")
        self._details.setFont(theme.fixed())
        self._make_buttons()
        self._lay_out()

    def _make_buttons(self) -> None:
        self._buttons = Flow()
        self.toggle = text.button(
            "Details", self._fold, role="plain", explains="Shows or hides what the runtime itself said."
        )
        self.copy = text.button("Copy", self.copy_text, role="plain", explains="Copies all of this as text.")
        self.copy.setAccessibleName("Copy what ran")
        self.code = text.button(
            "View the generated code",
            lambda: self.code_asked.emit(self._code_file),
            role="plain",
            explains="Shows the program that the compiler wrote for this model.",
        )
        for place, button in enumerate((self.toggle, self.copy, self.code)):
            mnemonics.wants(button)
            self._buttons.insert(place, button)

    def _lay_out(self) -> None:
        inside = QWidget()
        self._whole = whole = QVBoxLayout(inside)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP_PX)
        whole.addWidget(self._sentence)
        self._columns = columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        columns.setSpacing(theme.WIDE_GAP_PX)
        self._left = QWidget()
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(2)
        left.addWidget(text.label("Share of the time, and precision", "caption"))
        left.addWidget(self.bars)
        left.addStretch(1)
        columns.addWidget(self._left, 1)
        right = QVBoxLayout()
        right.addLayout(self._facts)
        right.addStretch(1)
        columns.addLayout(right, 1)
        whole.addLayout(columns)
        whole.addLayout(self._doubts)
        whole.addWidget(self._buttons)
        whole.addWidget(self._details)
        whole.addStretch(1)
        self.setWidget(inside)

    def show_evidence(self, evidence: Evidence | None, cpu: Cpu | None, run: RunView | None) -> None:
        """Cheap where nothing changed; without evidence it keeps the last, for it is not shown then."""
        shown = (evidence, cpu, run.report if run is not None else None)
        if evidence is None or shown == self._shown:
            return
        self._shown = shown
        self._text = evidence_words.as_text(evidence, cpu, run)
        text.set_text(self._sentence, evidence_words.sentence(evidence, cpu))
        self._show_shares(evidence)
        self._show_facts(evidence, cpu, run)
        _clear(self._doubts)
        for row, words in enumerate(evidence.not_provable):
            _add(self._doubts, row, NOT_TOLD, words)
        self._details.setPlainText(paragraphs(evidence.details))
        self._details.hide()
        mnemonics.retitle(self.toggle, "Details")
        self.toggle.setVisible(bool(evidence.details))
        self._code_file = evidence.code_file
        self.code.setVisible(bool(evidence.code_file))
        self._buttons.arrange()

    def _show_shares(self, evidence: Evidence) -> None:
        shares = evidence_words.shares(evidence)
        self._left.setVisible(bool(shares))
        rows = [Row(one.title, one.share or 0.0, _figure(one)) for one in shares]
        self.bars.show_rows(rows, len(rows))
        self.bars.setFixedHeight(max(1, len(rows)) * max(18, self.bars.sizeHintForRow(0)) + 6)

    def _show_facts(self, evidence: Evidence, cpu: Cpu | None, run: RunView | None) -> None:
        _clear(self._facts)
        if evidence.fused:
            self._facts.addWidget(text.label("Steps that ran as one", "caption"), 0, 0, 1, 2)
        joined = evidence_words.joined(evidence)
        for row, (name, words) in enumerate(joined, 1):
            _add(self._facts, row, name, words)
        first = len(joined) + 1
        self._facts.setRowMinimumHeight(first, theme.GAP_PX if joined else 0)
        for row, (name, words) in enumerate(evidence_words.facts(evidence, cpu, run), first + 1):
            _add(self._facts, row, name, words, "warn" if name == "Precision" else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side where there is room for both, else below each other."""
        super().resizeEvent(event)
        beside = self.width() >= BESIDE_PX
        self._columns.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)

    def _fold(self) -> None:
        shown = self._details.isHidden()
        self._details.setVisible(shown)
        mnemonics.retitle(self.toggle, "Hide details" if shown else "Details")
        mnemonics.give(self.window())
        self._buttons.arrange()
        if shown:
            self._whole.activate()
            self.ensureWidgetVisible(self._details)

    def copy_text(self) -> None:
        QApplication.clipboard().setText(self._text)


def _figure(share: evidence_words.Share) -> str:
    percent = ""
    if share.share:
        percent = f"{100 * share.share:.0f} %" if share.share >= evidence_words.SMALL_SHARE else "< 1 %"
    return "  ".join(part for part in (percent, share.precision) if part)


def _grid() -> QGridLayout:
    made = QGridLayout()
    made.setHorizontalSpacing(theme.GAP_PX)
    made.setVerticalSpacing(2)
    made.setColumnStretch(1, 1)
    return made


def _add(grid: QGridLayout, row: int, name: str, words: str, role: text.Role = "") -> None:
    grid.addWidget(text.label(name, "quiet"), row, 0, Qt.AlignmentFlag.AlignTop)
    said = text.label(words, role, wrap=True, selectable=True)
    said.setAccessibleName(f"{name}: {words}")
    grid.addWidget(said, row, 1, Qt.AlignmentFlag.AlignTop)


def _clear(grid: QGridLayout) -> None:
    while (item := grid.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
