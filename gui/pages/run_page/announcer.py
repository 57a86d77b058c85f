"""What a screen reader is told by itself: the end of each run, once."""

from collections.abc import Callable

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from gui.run_state import RunView


class Announcer:
    """Speaks for ``page``."""

    def __init__(self, page: QWidget) -> None:
        self._page = page
        self._told = ""

    def show_run(self, run: RunView | None, outcome: Callable[[], str]) -> None:
        """``outcome``: result and figures in words; a failure's own sentence comes first."""
        if run is None or not run.over or run.request.id == self._told:
            return
        self._told = run.request.id
        said = run.failure.what_happened if run.failure is not None else outcome()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._page, said))
