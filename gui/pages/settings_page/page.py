"""The Settings page: its cards in one column."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from engine.wire.messages import FreeUp, Storage
from gui import theme
from gui.pages.settings_page.account import AccountCard
from gui.pages.settings_page.consents import ConsentsCard
from gui.pages.settings_page.data_folder import DataFolderCard
from gui.pages.settings_page.help import HelpCard
from gui.pages.settings_page.network import NetworkCard
from gui.pages.settings_page.runtimes import RuntimesCard
from gui.run_state import State, new_id
from gui.settings import Settings
from gui.theme import Choice
from gui.widgets import text
from gui.widgets.card import Card
from gui.widgets.column_scroll import ColumnScroll
from gui.widgets.confirm import Confirm

WIDEST_PX = 760
THEMES: dict[Choice, tuple[str, str]] = {
    "system": ("As the &system", "Light or dark as the system is, and changes with it."),
    "light": ("&Light", "Always light."),
    "dark": ("&Dark", "Always dark."),
}


class SettingsPage(QWidget):
    """Every setting takes effect at once.

    Signals: theme_chosen(Choice), threads_chosen(count), network_chosen(off), reset_asked, asked(request),
    welcome_asked, where the introduction is to be shown again.
    """

    title = "Settings"
    icon = "settings"
    theme_chosen = Signal(str)
    threads_chosen = Signal(int)
    network_chosen = Signal(bool)
    reset_asked = Signal()
    asked = Signal(object)
    welcome_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self.themes: dict[Choice, QRadioButton] = {}
        self._group = QButtonGroup(self)
        self.threads = QComboBox()
        self._theme_set: Choice = "system"
        self._threads_known = (0, 0)
        self._state = State()
        self.data = DataFolderCard()
        self.data.free_asked.connect(lambda: self.asked.emit(FreeUp(id=new_id("free"))))
        self.data.look_asked.connect(self._look)
        self.network = NetworkCard()
        self.network.chosen.connect(self.network_chosen)
        self.consents = ConsentsCard()
        self.consents.asked.connect(self.asked)
        self.consents.emptied.connect(lambda: self.themes[self._theme_set].setFocus())
        self.runtimes = RuntimesCard()
        self.runtimes.asked.connect(self.asked)
        self.account = AccountCard()
        self.account.asked.connect(self.asked)
        self.help = HelpCard()
        self.help.asked.connect(self.asked)
        self.help.welcome_asked.connect(self.welcome_asked)
        self.reset = Confirm(
            "&Reset settings…",
            "Reset all settings?",
            "&Reset now",
            "&Keep them",
            explains="Brings all settings back to their first state; it asks once more before.",
        )
        self.reset.confirmed.connect(self.reset_asked)
        self._lay_out()

    def _lay_out(self) -> None:
        column = QWidget()
        column.setMaximumWidth(WIDEST_PX)
        rows = QVBoxLayout(column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP_PX)
        own = (self.network, self.account, self.consents, self.runtimes, self.data)
        cards = (self._look_card(), self._threads_card(), *own, self._reset_card(), self.help)
        for card in cards:
            rows.addWidget(card)
        rows.addStretch(1)
        holder = QWidget()
        sides = QHBoxLayout(holder)
        sides.setContentsMargins(0, 0, 0, 0)
        sides.addWidget(column, 1)
        sides.setAlignment(Qt.AlignmentFlag.AlignLeft)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[theme.GAP_PX] * 4)
        whole.addWidget(ColumnScroll(holder))

    def _look_card(self) -> Card:
        card = Card("Theme")
        row = QHBoxLayout()
        row.setSpacing(theme.WIDE_GAP_PX)
        for place, (choice, (title, explains)) in enumerate(THEMES.items()):
            radio = QRadioButton(title)
            text.explain(radio, explains)
            self.themes[choice] = radio
            self._group.addButton(radio, place)
            row.addWidget(radio)
        row.addStretch(1)
        self._group.idClicked.connect(lambda place: self.theme_chosen.emit(list(THEMES)[place]))
        card.body.addLayout(row)
        self.setFocusProxy(self.themes["system"])
        return card

    def _threads_card(self) -> Card:
        card = Card("&Threads")
        card.setAccessibleName("Threads")
        card.title.setBuddy(self.threads)
        self.threads.setAccessibleName("Threads")
        text.explain(self.threads, "How many of the CPU's cores a run may use.")
        self.threads.activated.connect(lambda _place: self.threads_chosen.emit(int(self.threads.currentData() or 0)))
        plain = "How many of the CPU's cores a run may use. One for each physical core is usual, mostly the fastest."
        card.add(text.label(plain, "quiet", wrap=True))
        row = QHBoxLayout()
        row.addWidget(self.threads)
        row.addStretch(1)
        card.body.addLayout(row)
        return card

    def _reset_card(self) -> Card:
        card = Card("Reset")
        plain = (
            "Brings theme, threads, model, task, acceleration, typed inputs and the window's size back to their first "
            "state. Models that were downloaded stay, and so does what was prepared."
        )
        card.add(text.label(plain, "quiet", wrap=True))
        card.add(self.reset)
        return card

    def show_settings(self, settings: Settings) -> None:
        """Shows what is set, without telling anybody of a change."""
        self._theme_set = settings.theme
        self.themes[settings.theme].setChecked(True)
        self.network.show_off(settings.network_off)
        place = self.threads.findData(settings.threads)
        self.threads.setCurrentIndex(max(0, place))

    def show_state(self, state: State, settings: Settings) -> None:
        self._state = state
        if state.catalogue is not None:
            cpu = state.catalogue.cpu
            known = (state.catalogue.threads, cpu.most_threads)
            if known != self._threads_known:
                self._threads_known = known
                self.threads.clear()
                self.threads.addItem(f"{known[0]} (usual)", 0)
                for count in range(1, known[1] + 1):
                    self.threads.addItem(str(count), count)
        self.threads.setEnabled(state.catalogue is not None)
        self.show_settings(settings)
        self.data.show_state(state)
        self.consents.show_state(state)
        self.runtimes.show_state(state)
        self.account.show_state(state)
        self.help.show_state(state)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def _look(self) -> None:
        if self._state.storing is None:
            self.asked.emit(Storage(id=new_id("storage")))
