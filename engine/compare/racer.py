"""A cell that is alive: its process, what it told, and the times of its rounds."""

import itertools
import math
import socket
import time

from engine.compare.member import Member, wanted
from engine.measure.percentiles import median
from engine.wire.messages import Finished, Held, Hold, Release, Rested, Round, Samples
from engine.wire.values import RunReport

LONGER, LEAST_TURN_S = 4, 0.5
"""A turn ends early where its calls take so many times what they did: a machine that became busy would else hold
everybody up.
"""

RELEASE_LIMIT_S = 60.0
SLOWER = 50
"""A call may take so many times what it did, before its cell is given up."""

LEAST_PATIENCE_S = 10.0
"""However little time is left: a machine may be busy for some seconds."""


class Racer:
    """``rounds``: the times of the model's calls in ms, by the number of the round, which counts for all cells of a
    comparison; ``end_to_end_ms``: of all calls, from fields to answer. ``close`` ends the process.
    """

    def __init__(self, number: int, member: Member, hold: Hold, wake: socket.socket, limit_s: float) -> None:
        """Begins to prepare; ``ready`` waits for the end of it. Raises CellOver."""
        self.number = number
        self.hold = hold
        self.rounds: dict[int, tuple[float, ...]] = {}
        self.end_to_end_ms: list[float] = []
        self.calls = 1
        self.waiting = member.waiting
        self.pid = member.pid
        self._member = member
        self._wake = wake
        self._limit_s = limit_s
        self._ready_by = time.monotonic() + limit_s
        member.send(hold)

    def ready(self) -> "Racer":
        """Itself, once it waits for its first round. Raises CellOver, Interrupted."""
        left_s = max(0.0, self._ready_by - time.monotonic())
        held = self._member.hear(wanted(self.hold, Held), self._wake, left_s, self._limit_s)[-1]
        assert isinstance(held, Held)
        self.held = held
        return self

    @property
    def samples_ms(self) -> tuple[float, ...]:
        """Of all rounds, in their order."""
        return tuple(itertools.chain.from_iterable(self.rounds.values()))

    @property
    def call_s(self) -> float:
        """What a call takes, as far as is known."""
        return max(median(self.samples_ms) if self.rounds else self.held.call_ms, 1e-3) / 1000

    def plan(self, calls: int, seconds: float, rounds: int) -> float:
        """How many calls a round has, for at least so many calls and seconds in all. Returns the time of all, in s."""
        self.calls = max(math.ceil(calls / rounds), math.ceil(seconds / rounds / self.call_s))
        return rounds * (self.calls + 1) * self.call_s

    def shorten(self, share: float) -> None:
        """Fewer calls a round, where there is no time for all."""
        self.calls = max(1, int(self.calls * share))

    def turn(self, round_number: int, left_s: float = float("inf")) -> None:
        """One round. ``left_s``: of the time for all; one that hangs is not waited for much longer. Raises CellOver,
        Interrupted.
        """
        turn_s = max(LEAST_TURN_S, LONGER * self.calls * self.call_s)
        self._member.send(Round(id=self.hold.id, calls=self.calls, limit_s=turn_s))
        patience_s = min(self._limit_s, 60.0) + SLOWER * self.call_s
        limit_s = turn_s + min(patience_s, max(LEAST_PATIENCE_S, 2 * LONGER * self.call_s, left_s))
        heard = self._member.hear(wanted(self.hold, Rested), self._wake, limit_s)
        self.rounds[round_number] = tuple(
            ms for event in heard if isinstance(event, Samples) for ms in event.latency_ms
        )
        assert isinstance(heard[-1], Rested)
        self.end_to_end_ms += heard[-1].end_to_end_ms

    def forget(self) -> None:
        """As if it had had no turn."""
        self.rounds.clear()
        self.end_to_end_ms.clear()

    def release(self) -> RunReport:
        """No more turns: what the cell found out about itself. Raises CellOver, Interrupted."""
        self._member.send(Release(id=self.hold.id, explain=True))
        finished = self._member.hear(wanted(self.hold, Finished), self._wake, RELEASE_LIMIT_S)[-1]
        assert isinstance(finished, Finished)
        assert finished.report is not None
        return finished.report

    def kill(self) -> None:
        """``close`` is owed."""
        self._member.kill()

    def close(self) -> None:
        self._member.close()
