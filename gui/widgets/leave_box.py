"""Where a link leads, said before it is followed."""

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.widgets import mnemonics, text
from gui.widgets.flow import Flow

SCHEMES = frozenset({"http", "https"})


class LeaveBox(QFrame):
    """Hidden until ``ask``. Opens only addresses of the web, in the system's browser, and only when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("asking")
        self.setAccessibleName("Link")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._address = ""
        self._back: QWidget | None = None
        self._says = text.label("", wrap=True, selectable=True)
        self.open = text.button("Open in browser", self._open, explains="Opens this address in the system's browser.")
        self.copy = text.button("Copy address", self._copy, explains="Copies the whole address.")
        self.stay = text.button("Stay here", self.take_back, explains="Opens nothing. Esc.")
        buttons = Flow()
        for place, button in enumerate((self.open, self.copy, self.stay)):
            mnemonics.wants(button)
            buttons.insert(place, button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(*[theme.GAP_PX] * 4)
        rows.setSpacing(4)
        rows.addWidget(self._says)
        rows.addWidget(buttons)
        self.hide()

    def ask(self, address: str) -> None:
        """Says where ``address`` leads; what is no address of the web is passed over."""
        url = QUrl(address, QUrl.ParsingMode.StrictMode)
        if url.scheme().lower() not in SCHEMES or not url.host():
            return
        self._address = bytes(url.toEncoded().data()).decode("ascii")
        self._back = self.window().focusWidget()
        host = url.host(QUrl.ComponentFormattingOption.EncodeUnicode)
        text.set_text(self._says, f"This leads to {host}, out of Fastpath:\n{broken_up(self._address)}")
        self.show()
        mnemonics.give(self.window())
        self.stay.setFocus()

    def address(self) -> str:
        """The one that is asked about, as it would be opened; "" where none is."""
        return "" if self.isHidden() else self._address

    def take_back(self) -> None:
        """Nothing is opened; the focus goes back to where it was, if it is here."""
        if self.isHidden():
            return
        focused = self.window().focusWidget()
        had_focus = focused is not None and self.isAncestorOf(focused)
        self.hide()
        if had_focus and self._back is not None and self._back.isVisible():
            self._back.setFocus()

    def _open(self) -> None:
        if QDesktopServices.openUrl(QUrl.fromEncoded(self._address.encode())):
            self.take_back()
        else:
            text.set_text(self._says, f"No browser could be opened. Copy the address:\n{broken_up(self._address)}")

    def _copy(self) -> None:
        QApplication.clipboard().setText(self._address)

    def event(self, event: QEvent) -> bool:
        """While it asks, Esc is its own."""
        if event.type() == QEvent.Type.ShortcutOverride and _is_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_escape(event):
            self.take_back()
        else:
            super().keyPressEvent(event)


def _is_escape(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape


def broken_up(address: str) -> str:
    """An address that can be cut at a line's end, behind its slashes and signs, by spaces without width."""
    for sign in "/?&=-_.":
        address = address.replace(sign, f"{sign}\u200b")
    return address
