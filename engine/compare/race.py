"""Rounds in which eager and a group of cells have a turn each, in another order each time."""

import math
import random
import time
from collections.abc import Sequence

from engine.compare import figures
from engine.compare.crew import Crew
from engine.compare.machine import Machine
from engine.compare.member import CellOver, Interrupted
from engine.compare.racer import Racer
from engine.compare.table import Table

ROUNDS, MOST_ROUNDS = 12, 40

FIGURES_S = 0.15
"""Whoever stops does not wait longer for intervals."""

TURN_S = 1.0
"""Longer turns are cut into more rounds, as far as MOST_ROUNDS."""


class Race:
    """All races of one batch size, beside one process of plain PyTorch."""

    def __init__(self, table: Table, crew: Crew, machine: Machine, eager: Racer, inputs: int) -> None:
        """``inputs``: how many a call holds."""
        self.eager = eager
        self._table = table
        self._crew = crew
        self._machine = machine
        self._inputs = inputs
        self._done = 0

    def run(self, group: Sequence[Racer], calls: int, seconds: float, ends_at: float, rounds: int = 0) -> list[Racer]:
        """At least so many calls and seconds of each, but not past ``ends_at`` (``time.monotonic``). Returns those
        that are still alive. ``rounds`` 0 takes as many as the time of the turns asks for. Raises CellOver where
        plain PyTorch fails, Interrupted.
        """
        racers = [self.eager, *group]
        rounds = rounds or _rounds(racers, calls, seconds)
        planned_s = sum(racer.plan(calls, seconds, rounds) for racer in racers)
        left_s = ends_at - time.monotonic()
        if planned_s > left_s:
            for racer in racers:
                racer.shorten(max(0.0, left_s) / planned_s)
            self._machine.doubt("There was not time for as many calls as were asked for.")
        watch = self._machine.watch(self._crew.pids)
        try:
            for done in range(rounds):
                if done >= figures.LEAST_ROUNDS and time.monotonic() > ends_at:
                    break
                self._round(racers, ends_at)
                for racer in racers:
                    self._figure(racer, sure=False)
        except (CellOver, Interrupted) as end:
            figures_by = time.monotonic() + (FIGURES_S if isinstance(end, Interrupted) else float("inf"))
            for racer in racers:
                self._figure(racer, sure=time.monotonic() < figures_by)
            raise
        watch.end()
        for racer in racers:
            self._crew.rest(0)
            self._figure(racer)
        self._machine.look_for_drift(self.eager.hold.batch, list(self.eager.rounds.values()))
        self._crew.check_files()
        return racers[1:]

    def least_s(self, group: Sequence[Racer], rounds: int) -> float:
        """What so many rounds of them take at least: a call each, and the one before it that is not timed."""
        return sum(2 * rounds * racer.call_s for racer in (self.eager, *group))

    def _round(self, racers: list[Racer], ends_at: float) -> None:
        self._done += 1
        order = list(racers)
        random.shuffle(order)
        for racer in order:
            try:
                racer.turn(self._done, ends_at - time.monotonic())
            except CellOver as over:
                if racer is self.eager:
                    raise
                self._crew.over(racer.number, over)
                self._crew.gone(racer)
                racers.remove(racer)

    def _figure(self, racer: Racer, sure: bool = True) -> None:
        """``sure``: with interval and verdict, which take a moment each."""
        cell = figures.measured(self._table[racer.number], racer, self._inputs)
        if racer is not self.eager:
            cell = figures.judged(cell, racer, self.eager, sure=sure)
        self._table.put(racer.number, cell)

    def release(self, racer: Racer) -> None:
        """What it executed, then its process ends. A cell that fails here keeps its figures. Raises Interrupted."""
        try:
            self._table.put(racer.number, figures.explained(self._table[racer.number], racer.release()))
        except CellOver as over:
            self._table.change(racer.number, reason=f"What ran could not be read back: {over.reason}")
        self._crew.gone(racer)


def _rounds(racers: Sequence[Racer], calls: int, seconds: float) -> int:
    longest_s = max(max(calls * racer.call_s, seconds) for racer in racers)
    return min(MOST_ROUNDS, max(ROUNDS, math.ceil(longest_s / TURN_S)))
