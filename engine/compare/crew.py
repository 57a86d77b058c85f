"""Who is alive: the racers of a comparison, each in a process of its own, as many as memory allows."""

import contextlib
import select
import socket
from collections.abc import Callable
from typing import NamedTuple

from engine.all_modes import MODES
from engine.compare import grid
from engine.compare.member import CellOver, Interrupted, Member
from engine.compare.racer import Racer
from engine.compare.table import Table
from engine.cpu import read as cpu
from engine.runtimes.command import Waiting
from engine.wire.messages import Compare, Hold

ROOM = 1.3
"""One more cell is let in where so much of what the largest one takes is free."""


CHANGED = "The model's files changed meanwhile."


class Way(NamedTuple):
    """What a process is started with."""

    threads: int
    waiting: Waiting = "short"


class FilesChanged(Exception):
    """The model is another than the one that was compared so far."""


class Crew:
    """``close`` ends all that is alive."""

    def __init__(self, asked: Compare, table: Table, wake: socket.socket, unchanged: Callable[[], bool]) -> None:
        """``wake`` can be read once the person wants no more; ``unchanged`` looks at the model's files."""
        self._asked = asked
        self._table = table
        self._wake = wake
        self._unchanged = unchanged
        self._alive: list[Racer] = []
        self._largest_bytes = 0

    @property
    def pids(self) -> list[int]:
        return [racer.pid for racer in self._alive]

    def hold_of(self, number: int) -> Hold:
        """What is asked of the cell's process."""
        return grid.hold_of(self._asked, self._table[number], number)

    def enter(self, number: int, way: Way) -> Racer:
        """Prepares a cell. Raises CellOver, Interrupted, FilesChanged."""
        return self.entered(self.begin(number, way))

    def begin(self, number: int, way: Way, limit_s: float = 0.0) -> Racer:
        """A cell that prepares while the caller goes on; ``entered`` is owed. ``limit_s``: of preparing, if less than
        was asked. Raises CellOver, FilesChanged.
        """
        self.check_files()
        cell = self._table[number]
        self._table.change(number, stage="preparing")
        member = Member(way.threads, MODES[cell.mode].card.runtime, way.waiting, cell.isa_cap)
        hold = self.hold_of(number)
        limit_s = min(limit_s or self._asked.cell_limit_s, self._asked.cell_limit_s)
        try:
            racer = Racer(number, member, hold, self._wake, limit_s)
        except BaseException:
            member.close()
            raise
        self._alive.append(racer)
        return racer

    def entered(self, racer: Racer) -> Racer:
        """Once it is prepared. Raises CellOver, then its process is gone; Interrupted."""
        try:
            racer.ready()
        except CellOver:
            self.gone(racer)
            raise
        self._largest_bytes = max(self._largest_bytes, racer.held.peak_bytes)
        self._table.change(racer.number, stage="ready")
        return racer

    def over(self, number: int, end: CellOver) -> None:
        """Told in the table."""
        self._table.fail(number, end.status, end.reason)

    def has_room(self, others: int = 1) -> bool:
        """For so many more cells."""
        return cpu.memory_free_bytes() > others * ROOM * self._largest_bytes

    def check_files(self) -> None:
        """Raises FilesChanged."""
        if not self._unchanged():
            for racer in self._alive:
                self._table.fail(racer.number, "failed", CHANGED)
            raise FilesChanged()

    def rest(self, seconds: float) -> None:
        """Does nothing. Raises Interrupted."""
        if select.select([self._wake], [], [], seconds)[0]:
            raise Interrupted()

    def gone(self, *racers: Racer) -> None:
        """All are told to end before any is waited for."""
        for racer in racers:
            racer.kill()
        for racer in racers:
            with contextlib.suppress(ValueError):
                self._alive.remove(racer)
            racer.close()

    def close(self) -> None:
        self.gone(*self._alive)
