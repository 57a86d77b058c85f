"""What a client says to its desk on its own account: what is for the history, and an access token that the system has
no keyring for, which a fresh desk is given again. Nobody outside hears of these requests but where one fails.
"""

from engine.runtimes.notes import Notes
from engine.wire.messages import AnyEvent, AnyRequest, Failed, Finished, Notice, Record, SetToken, TokenTold

_AGAIN = "token-again"


class Aside:
    """Belongs to the thread that reads the client's events."""

    def __init__(self) -> None:
        self._notes = Notes()
        self._given: dict[str, str] = {}
        self._token = ""

    def asked(self, request: AnyRequest) -> Record | None:
        """What the desk is to keep now that ``request`` was sent."""
        if isinstance(request, SetToken):
            self._given[request.id] = request.token
        return self._notes.asked(request)

    def hear(self, event: AnyEvent) -> Record | None:
        """What the desk is to keep now that ``event`` came."""
        if isinstance(event, TokenTold) and event.id in self._given:
            self._token = self._given[event.id] if event.place == "session" else ""
        elif isinstance(event, Finished | Failed):
            self._given.pop(event.id, None)
        return self._notes.hear(event)

    def first(self) -> list[Record | SetToken]:
        """What a fresh desk is told before anything else."""
        again = [SetToken(id=_AGAIN, token=self._token, again=True)] if self._token else []
        return [*again, *self._notes.unkept()]

    def said(self, event: AnyEvent) -> Notice | None:
        """What the desk answered, where a person should know."""
        return None if event.id == _AGAIN else self._notes.said(event)

    def lost(self, request: AnyRequest) -> None:
        """The desk ended with it."""
        if isinstance(request, Record):
            self._notes.lost(request)


def is_aside(request: AnyRequest) -> bool:
    """Whether the client sent it by itself."""
    return isinstance(request, Record) or (isinstance(request, SetToken) and request.again)
