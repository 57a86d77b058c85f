"""The chosen model: what is known of it, what can be done with it, and its card."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.wire.messages import CardRead
from engine.wire.values import Failure
from gui import theme
from gui.pages.models_page.card_view import CardView
from gui.pages.models_page.words import Fact, as_text
from gui.widgets import mnemonics, text
from gui.widgets.card import Card
from gui.widgets.column_scroll import ColumnScroll
from gui.widgets.failure_panel import FailurePanel
from gui.widgets.flow import Flow
from gui.widgets.icons import IconButton
from gui.widgets.leave_box import LeaveBox

CARD_HEAD = "What its makers say"


class Detail(Card):
    """Signals: main_asked, the main action; again_asked, after a failure."""

    main_asked = Signal()
    again_asked = Signal()

    def __init__(self, nothing: str) -> None:
        """``nothing``: what is said while no model is chosen."""
        super().__init__("Model")
        self._nothing = nothing
        self._facts: Sequence[Fact] = ()
        self._notes: tuple[str, ...] = ()
        self.title.hide()
        self._name = text.ElidedLabel("heading", Qt.TextElideMode.ElideMiddle)
        self.head.insertWidget(0, self._name, 1)
        self.head.setStretch(2, 0)  # the gap behind the title, which is hidden
        self.copy = IconButton("copy", "Cop&y", explains="Copies what is known of this model as text.")
        self.copy.clicked.connect(self._copy)
        self.head.addWidget(self.copy)
        self.main = text.button("", self.main_asked.emit, role="main")
        mnemonics.wants(self.main)
        self.buttons = Flow()
        self.buttons.insert(0, self.main)
        self._note = text.label(nothing, "quiet", wrap=True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.WIDE_GAP_PX)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self.failure = FailurePanel("Look again", self.again_asked.emit)
        if self.failure.action is not None:
            mnemonics.wants(self.failure.action)
        self.leave = LeaveBox()
        self._card_head = text.label(CARD_HEAD, "caption")
        self.card = CardView()
        self.card.link_asked.connect(self.leave.ask)
        self._lay_out()
        self.show_nothing()

    def _lay_out(self) -> None:
        self._upper = QWidget()
        rows = QVBoxLayout(self._upper)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP_PX)
        rows.addWidget(self._note)
        rows.addLayout(self._grid)
        self.extra = QVBoxLayout()
        self.extra.setSpacing(theme.GAP_PX)
        rows.addWidget(self.buttons)
        rows.addLayout(self.extra)
        rows.addWidget(self.failure)
        rows.addWidget(self.leave)
        rows.addWidget(self._card_head)
        rows.addWidget(self.card, 1)
        rows.addStretch(0)  # takes the room where there is no card
        self._scroll = ColumnScroll(self._upper)
        self.add(self._scroll, 1)

    def add_button(self, button: QPushButton) -> None:
        """One more beside the main action."""
        mnemonics.wants(button)
        self.buttons.insert(len(self.buttons.widgets()), button)

    def show_nothing(self, why: str = "") -> None:
        """``why``: in place of what to do."""
        self._name.show_text("Model")
        self.setAccessibleName("Model")
        self.show_facts((), why or self._nothing)
        for widget in (self.copy, self.buttons, self._card_head, self.card):
            widget.hide()
        self.failure.show_failure(None)
        self.leave.take_back()

    def show_model(self, title: str, facts: Sequence[Fact], note: str, *, warns: bool = False) -> None:
        if self._name.whole() != title:
            self._name.show_text(title)
            self.setAccessibleName(title)
            self.leave.take_back()
            self._scroll.verticalScrollBar().setValue(0)
        self.copy.show()
        self.buttons.show()
        self.show_facts(facts, note, warns=warns)

    def show_facts(self, facts: Sequence[Fact], note: str, *, warns: bool = False) -> None:
        text.set_text(self._note, note)
        self._note.setVisible(bool(note))
        text.set_role(self._note, "warn" if warns else "quiet" if not facts else "")
        self._notes = (note,)
        if list(facts) == list(self._facts):
            return
        self._facts = tuple(facts)
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for row, (name, value) in enumerate(facts):
            self._grid.addWidget(text.label(name, "quiet"), row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(_value(name, value), row, 1)

    def show_main(self, title: str, explains: str, *, enabled: bool = True) -> None:
        """``title`` "" hides the button."""
        self.main.setVisible(bool(title))
        self.main.setEnabled(enabled)
        mnemonics.retitle(self.main, title)
        text.explain(self.main, explains)
        self.buttons.arrange()

    def show_card(self, card: CardRead | None, waiting: bool, failure: Failure | None) -> None:
        """None: it has none, or is not known yet."""
        blocks = card.blocks if card is not None else ()
        said = CARD_HEAD
        if not blocks:
            said = "Reading what its makers say" if waiting else "Its makers say nothing more."
            if failure is not None:
                said = f"What its makers say could not be read. {failure.what_happened}"
        text.set_text(self._card_head, said)
        self._card_head.setWordWrap(not blocks)
        self._card_head.show()
        self.card.setVisible(bool(blocks))
        if card is not None:
            self.card.show_blocks(blocks, cut=card.cut)

    def as_text(self) -> str:
        card = "" if self.card.isHidden() else self.card.toPlainText()  # hidden, it still holds another model's
        return as_text(self._name.whole(), self._facts, (*self._notes, "", card))

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.as_text())


def _value(name: str, value: str) -> QLabel:
    if name == "Folder":
        made = text.ElidedLabel(where=Qt.TextElideMode.ElideMiddle)
        made.show_text(value)
        return made
    label = text.label(value, wrap=True, selectable=True)
    label.setAccessibleName(f"{name}: {value}")
    return label
