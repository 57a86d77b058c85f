"""A comparison from its first cell to its last: which races there are, and what comes of them."""

import socket
import time
from collections.abc import Callable, Sequence

import msgspec

from engine.compare import baseline, choosing, grid
from engine.compare.crew import Crew, FilesChanged, Way
from engine.compare.machine import Machine
from engine.compare.member import CellOver, Interrupted
from engine.compare.race import Race
from engine.compare.racer import Racer
from engine.compare.search import Search
from engine.compare.table import Table
from engine.cpu import read as cpu
from engine.measure import environment
from engine.models.facts import ModelFacts
from engine.wire.comparison import Comparison
from engine.wire.messages import Compare, Event

SEARCH_S = 180.0
"""What a search may take where nobody says."""

BASELINE_SHARE = 0.2
"""Of the time, for finding out how plain PyTorch is fastest."""

LOOK_S = 0.5
OVER = "The time that was given was over."


class Conductor:
    """``run`` once, then ``close``. Its thread is the only one that speaks to the cells."""

    def __init__(
        self,
        asked: Compare,
        facts: ModelFacts,
        wake: socket.socket,
        tell: Callable[[Event], None],
        unchanged: Callable[[], bool],
    ) -> None:
        """Raises BadInput. ``wake`` can be read once the person wants no more."""
        self._asked = asked
        self._facts = facts
        self._wake = wake
        self._machine = Machine()
        self._table = Table(grid.cells(asked, facts), tell)
        self._crew = Crew(asked, self._table, wake, unchanged)
        self._racers: dict[int, Racer] = {}
        self._tokens = 0
        budget_s = asked.budget_s or (SEARCH_S if asked.search else float("inf"))
        self._began_s = time.monotonic()
        self._ends_at = self._began_s + budget_s

    def run(self) -> Comparison:
        """What was measured, also where the person stopped it; then there is no winner. Raises CellOver where plain
        PyTorch itself fails at once: there is nothing to compare with.
        """
        started_s = time.time()
        surroundings = environment.record(cpu.default_threads(cpu.facts()), cpu.facts().brand)
        stopped = False
        try:
            self._look_for_others()
            batches = list(dict.fromkeys(cell.batch for cell in self._table if cell.status == "waiting"))
            for done, batch in enumerate(batches):
                numbers = [number for number, cell in enumerate(self._table) if cell.batch == batch]
                left_s = self._ends_at - time.monotonic()
                if left_s > 0 or not done:
                    self._told_batch(numbers, time.monotonic() + left_s / (len(batches) - done))
                else:
                    self._skip(numbers, OVER)
        except Interrupted:
            stopped = True
            self._table.end("stopped")
        except FilesChanged:
            self._machine.doubt("The model's files changed while it was compared, so it was ended there.")
            self._table.end("skipped", "The model's files changed meanwhile.")
        self._table.end("skipped")
        winner = None if stopped else self._winner()
        cells = tuple(self._table)
        return Comparison(
            environment=surroundings,
            model=self._model(),
            task=self._asked.task,
            inputs={"count": len(self._asked.inputs), "tokens": self._tokens},
            cells=cells,
            asked=msgspec.to_builtins(self._asked),
            machine=self._machine.state,
            doubts=self._machine.doubts,
            winner=winner,
            sentence=choosing.sentence(cells, winner) if winner is not None else "",
            stopped=stopped,
            took_s=round(time.monotonic() - self._began_s, 2),
            started_s=round(started_s, 1),
        )

    def _told_batch(self, numbers: Sequence[int], ends_at: float) -> None:
        """Where plain PyTorch fails, what was measured before stays. Raises CellOver where nothing was."""
        try:
            self._batch(numbers, ends_at)
        except CellOver as over:
            if not any(cell.n for cell in self._table):
                raise
            self._machine.doubt(f"Plain PyTorch failed in the middle: {over.reason}")
            self._skip(numbers, "Plain PyTorch failed.")

    def _skip(self, numbers: Sequence[int], reason: str) -> None:
        """Those that still wait."""
        for number in numbers:
            if self._table[number].status == "waiting":
                self._table.change(number, status="skipped", reason=reason, stage="")

    def _model(self) -> dict[str, str]:
        asked = self._asked
        told = {"name": asked.model_name or self._facts.folder.name, "family": self._facts.model_type}
        known = {name: value for name, value in (("ref", asked.ref), ("commit", asked.commit)) if value}
        return {**told, "folder": asked.folder, **known}

    def close(self) -> None:
        """Ends all that is alive."""
        self._crew.close()

    def _winner(self) -> int | None:
        """Of the first batch size that was measured: times of calls with more inputs are no times of the same work."""
        cells = tuple(self._table)
        batch = next((cell.batch for cell in cells if cell.verdict == "baseline"), 0)
        racers = {number: one for number, one in self._racers.items() if cells[number].batch == batch}
        return choosing.winner(cells, racers, self._asked.floor)

    def _batch(self, numbers: Sequence[int], ends_at: float) -> None:
        """All cells of one batch size."""
        threads = [self._table[number].threads for number in numbers[1:]]
        within_s = BASELINE_SHARE * (ends_at - time.monotonic())
        eager = baseline.best(numbers[0], self._table, self._crew, self._machine, self._facts, threads, within_s)
        self._table.change(eager.number, verdict="baseline")
        self._tokens = self._tokens or eager.held.tokens
        self._racers[eager.number] = eager
        inputs = min(eager.hold.batch, len(self._asked.inputs))
        race = Race(self._table, self._crew, self._machine, eager, inputs)
        waiting = [number for number in numbers if self._table[number].status == "waiting" and number != eager.number]
        if self._asked.search:
            Search(self._asked, self._facts, self._table, self._crew, race, ends_at).run(waiting, self._racers)
        else:
            self._groups(waiting, race, ends_at)
        race.release(eager)

    def _groups(self, waiting: Sequence[int], race: Race, ends_at: float) -> None:
        """All cells, as many together as fit into memory."""
        group: list[Racer] = []
        for number in waiting:
            if time.monotonic() > ends_at:
                self._skip([number], OVER)
                continue
            if group and not self._crew.has_room():
                self._race(race, group, ends_at)
                group = []
            if racer := self._entered(number, race.eager):
                group.append(racer)
        if group or not race.eager.rounds:
            self._race(race, group, ends_at)

    def _entered(self, number: int, eager: Racer) -> Racer | None:
        """None where the cell is over. Eager beside eager waits as the baseline does, with as many threads."""
        cell = self._table[number]
        is_alike = (cell.mode, cell.precision) == grid.BASELINE and cell.threads == eager.hold.threads
        try:
            return self._crew.enter(number, Way(cell.threads, eager.waiting if is_alike else "short"))
        except CellOver as over:
            self._crew.over(number, over)
            return None

    def _race(self, race: Race, group: Sequence[Racer], ends_at: float) -> None:
        self._racers |= {racer.number: racer for racer in group}
        for racer in race.run(group, self._asked.calls, self._asked.seconds, ends_at):
            race.release(racer)

    def _look_for_others(self) -> None:
        """Before anything of ours runs."""
        watch = self._machine.watch(())
        try:
            self._crew.rest(LOOK_S)
        finally:
            watch.end()
