"""Three short pages in place of the whole window, at the first start alone."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from engine.wire.values import Cpu
from gui import theme
from gui.pages.welcome_page.cpu_words import UNKNOWN, sentence
from gui.widgets import mnemonics, tab_order, text
from gui.widgets.card import Card
from gui.widgets.column_scroll import ColumnScroll

WIDEST_PX = 560
PAGES = (
    (
        "The same model, faster, on your own processor",
        "Fastpath runs language models on this computer and shows how fast they answer, and which acceleration makes "
        "them faster while the answers stay the same. Nothing you type leaves this computer.",
    ),
    ("What this processor can do", ""),
    (
        "Press Run",
        "A small model came along, and an example is in its form. One press gives the first answer; then choose "
        "another acceleration on the left and press again.",
    ),
)
LOOKING = "Looking at the processor"
FAILED = "The engine could not be started. Press Skip: the Run page says why."


class WelcomePage(QWidget):
    """Signals: left, where it is not to be shown again; run_asked, where the example is to be run then."""

    left = Signal()
    run_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAccessibleName("Welcome")
        self._texts: list[QLabel] = []
        self._steps = QStackedWidget()
        for title, plain in PAGES:
            self._steps.addWidget(self._made_step(title, plain))
        self._place = text.label("", "caption")
        self.skip = text.button("&Skip", self.left.emit, role="plain", explains="Goes to the window at once. Esc.")
        self.back = text.button("&Back", lambda: self._turn(-1), explains="The page before.")
        self.next = text.button("", self._go_on, role="main")
        mnemonics.wants(self.next)
        self._lay_out()
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self._go_on)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self).activated.connect(self.left)
        self.setFocusProxy(self.next)
        self.show_cpu(None)
        self.show_step(0)

    def _made_step(self, title: str, plain: str) -> QWidget:
        step = QWidget()
        rows = QVBoxLayout(step)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.WIDE_GAP_PX)
        heading = text.label(title, wrap=True)
        heading.setFont(theme.scaled(1.6, bold=True))
        words = text.label(plain, wrap=True)
        words.setFont(theme.scaled(theme.HEADING))
        self._texts.append(words)
        rows.addWidget(heading)
        rows.addWidget(words)
        rows.addStretch(1)
        return step

    def _lay_out(self) -> None:
        card = Card("Welcome")
        card.title.setText("Fastpath")
        card.head.addWidget(self._place)
        card.setMaximumWidth(WIDEST_PX)
        card.add(self._steps, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP_PX)
        buttons.addWidget(self.skip)
        buttons.addStretch(1)
        buttons.addWidget(self.back)
        buttons.addWidget(self.next)
        card.body.addLayout(buttons)
        holder = QWidget()
        rows = QVBoxLayout(holder)
        rows.addStretch(1)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card, 100)
        middle.addStretch(1)
        rows.addLayout(middle)
        rows.addStretch(2)
        card.setMinimumHeight(300)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.GAP_PX] * 4)
        whole.addWidget(ColumnScroll(holder))

    # --- what it shows ---

    def show_cpu(self, cpu: Cpu | None, *, failed: bool = False) -> None:
        """None: it is not known yet. ``failed``: there is no engine that could tell, or run the example."""
        words = LOOKING if cpu is None else sentence(cpu) if cpu.features else UNKNOWN
        brand = cpu.brand.strip() if cpu is not None else ""
        words = f"{brand}\n\n{words}" if brand else words
        text.set_text(self._texts[1], FAILED if failed else words)
        text.set_text(self._texts[2], FAILED if failed else PAGES[2][1])
        self._describe()

    def step(self) -> int:
        return self._steps.currentIndex()

    def show_step(self, place: int) -> None:
        last = place == len(PAGES) - 1
        self._steps.setCurrentIndex(place)
        text.set_text(self._place, f"{place + 1} of {len(PAGES)}")
        self._describe()
        self.back.setVisible(place > 0)
        mnemonics.retitle(self.next, "Run the example" if last else "Next")
        explains = "Goes to the Run page and runs the example." if last else "The page that follows."
        text.explain(self.next, f"{explains} Ctrl+Enter.")
        self._letters()

    def _describe(self) -> None:
        said = f"{PAGES[self.step()][0]}. {self._texts[self.step()].text()}"
        if said != self.accessibleDescription():
            self.setAccessibleDescription(said)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._letters()

    def _letters(self) -> None:
        mnemonics.give(self)
        tab_order.follow(self)

    def buttons(self) -> tuple[QPushButton, ...]:
        return self.skip, self.back, self.next

    # --- what the person does ---

    def _turn(self, by: int) -> None:
        self.show_step(max(0, self.step() + by))
        self.next.setFocus()

    def _go_on(self) -> None:
        if self.step() < len(PAGES) - 1:
            self._turn(1)
        else:
            self.run_asked.emit()
