"""Letters for Alt and the order of Tab, given anew where controls have come or gone."""

from PySide6.QtWidgets import QWidget

from gui.widgets import mnemonics, tab_order


class Letters:
    """For all controls of ``page``."""

    def __init__(self, page: QWidget) -> None:
        self._page = page
        self._shown: tuple[object, ...] = ()

    def give(self, *shown: object) -> None:
        """``shown``: what the controls depend on. Only where it is another: all of them are looked at."""
        if shown != self._shown:
            self._shown = shown
            mnemonics.give(self._page)
            tab_order.follow(self._page)
