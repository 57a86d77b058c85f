"""Redraws at most so often, however fast news come."""

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, QTimer


class Throttle(QObject):
    """Calls ``action`` at once on the first ``ask``, then at most every ``every_ms``; the last ask is never
    lost.

    No timer runs while nobody asks.
    """

    def __init__(self, every_ms: int, action: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._every_ms = every_ms
        self._action = action
        self._since = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._act)

    def ask(self) -> None:
        if self._timer.isActive():
            return
        passed_ms = self._since.elapsed() if self._since.isValid() else self._every_ms
        if passed_ms >= self._every_ms:
            self._act()
        else:
            self._timer.start(self._every_ms - passed_ms)

    def flush(self) -> None:
        """Acts now if an ask is waiting."""
        if self._timer.isActive():
            self._timer.stop()
            self._act()

    def drop(self) -> None:
        """Forgets an ask that waits."""
        self._timer.stop()

    def _act(self) -> None:
        self._since.start()
        self._action()
