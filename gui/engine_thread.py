"""The worker thread: owns the client, blocks on its events, and passes each batch to the window as one
signal.
"""

from PySide6.QtCore import QObject, QThread, Signal

from engine.client import Client
from engine.wire.messages import AnyRequest

CLOSE_MS = 8_000
"""Longer than the client waits for the desk to keep a comparison."""


class EngineThread(QThread):
    """Talks to the engine processes for the window.

    Thread: ``send``, ``stop``, ``try_again`` and ``close`` return at once and may be called from any thread.
    ``close`` is to be called once, before the object goes; it waits until all children are gone.

    Signals:
        events_arrived: a list of events, in order, not empty; delivered in the receiver's thread.
    """

    events_arrived = Signal(object)

    def __init__(self, threads: int = 0, parent: QObject | None = None, *, offline: bool = False) -> None:
        """``threads`` is what the first work process is warmed with (0 = the engine's own choice).

        ``offline``: nothing is asked of the network.
        """
        super().__init__(parent)
        self._client = Client(threads=threads, offline=offline)

    def run(self) -> None:
        """Qt's entry of the thread."""
        self._client.start()
        while (batch := self._client.events()) is not None:
            if batch:
                self.events_arrived.emit(batch)

    def send(self, request: AnyRequest) -> None:
        self._client.send(request)

    def stop(self, request_id: str) -> None:
        self._client.stop(request_id)

    def set_offline(self, offline: bool) -> None:
        """Turns the network off or on. What the desk was doing ends as stopped."""
        self._client.set_offline(offline)

    def try_again(self) -> None:
        """After the desk could not be started: another try."""
        self._client.restart_desk()

    def close(self) -> bool:
        """Ends the children and the thread. True when it is over in time."""
        self._client.close()
        if self.isRunning():
            return self.wait(CLOSE_MS)
        self._client.events()  # never started: nobody else would take the word
        return True
