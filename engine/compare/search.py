"""Find the fastest: cells in the order of their promise, as many as there is time for, in ever fewer and longer heats.

Successive halving (Jamieson and Talwalkar, Non-stochastic Best Arm Identification, 2016): after each heat the slower
half leaves, those apart that are near the best. What is left is measured as in any comparison.
"""

import contextlib
import math
import time
from collections import deque
from collections.abc import Iterator, Sequence

from engine.all_modes import MODES
from engine.all_tasks import TASKS
from engine.compare import choosing, figures
from engine.compare.crew import Crew, Way
from engine.compare.member import CellOver
from engine.compare.race import ROUNDS, Race
from engine.compare.racer import Racer
from engine.compare.table import Table
from engine.cpu import read as cpu
from engine.models.facts import ModelFacts
from engine.store import picks, times
from engine.store.artefacts import Shelf
from engine.wire.comparison import CellResult
from engine.wire.messages import Compare
from engine.wire.values import Pick

PROMISE = ("int8-dynamic", "int8-static", "bf16", "int8-weights", "fp32", "bf16-autocast")
"""Precisions, from the fastest on most CPUs to the slowest (docs/measuring.md)."""

SHARE = 0.62
"""Of the time, for preparing; the rest is for the heats."""

CLOSING_SHARE = 0.12
"""Of the time, for reading back what ran in those that are left, and for the end of their processes."""

AT_ONCE = 2
"""So many cells prepare at a time, where there are as many cores: most of it is work of one thread."""

HEAT_CALLS, HEAT_S, HEAT_ROUNDS = 12, 0.6, 4
NEAR = 1.15
"""A cell within this of the best is not let go early."""

FINALISTS = 3
LEAST_S = 6.0
"""A process needs so long to start."""


class Search:
    """``run`` once, for the cells of one batch size."""

    def __init__(self, asked: Compare, facts: ModelFacts, table: Table, crew: Crew, race: Race, ends_at: float) -> None:
        """``ends_at``: of ``time.monotonic``."""
        self._asked = asked
        self._facts = facts
        self._table = table
        self._crew = crew
        self._race = race
        given_s = ends_at - time.monotonic()
        self._ends_at = ends_at - CLOSING_SHARE * given_s
        self._doors_close_at = ends_at - (1 - SHARE) * given_s
        self._alive: list[Racer] = []
        self._racers: dict[int, Racer] = {}
        self._unchecked = False
        self._shelf = Shelf(f"{facts.content_key} {TASKS[asked.task].auto_class}", cpu.signature(cpu.facts()))
        self._ready = self._shelf.prepared()

    def run(self, waiting: Sequence[int], racers: dict[int, Racer]) -> None:
        """Fills ``racers``, by their numbers. Raises CellOver where plain PyTorch fails, Interrupted."""
        self._racers = racers
        self._enter_all(self._in_order(waiting))
        while len(self._alive) > FINALISTS and self._heat():
            pass
        self._let_go_for_lack_of_time()
        if self._alive or not self._race.eager.rounds:
            self._final()
        self._remember()

    def _in_order(self, waiting: Sequence[int]) -> list[int]:
        """Of a precision, those modes first that come last in the window: they depart most from plain PyTorch. What
        takes long to prepare comes at the end, whatever it promises.
        """
        wanted = []
        for number in waiting:
            if self._asked.floor == "identical" and self._table[number].precision != "fp32":
                self._skip(number, "Fewer bits never give identical answers, which were asked for.")
            else:
                wanted.append(number)
        return sorted(wanted, key=lambda number: (*_promise(self._table[number]), -number))

    def _enter_all(self, waiting: Sequence[int]) -> None:
        """Two at a time; heats in between where there is no more room."""
        at_once = min(AT_ONCE, cpu.default_threads(cpu.facts()))
        preparing: deque[Racer] = deque()
        for number in waiting:
            while len(preparing) == at_once or (preparing and not self._crew.has_room(len(preparing) + 1)):
                self._take_in(preparing.popleft())
            while not self._crew.has_room() and self._heat():
                pass
            if not self._crew.has_room():
                self._measure_and_let_go()
            if self._has_time(number):
                with self._over_is_told(number):
                    limit_s = max(LEAST_S, self._doors_close_at - time.monotonic())
                    preparing.append(self._crew.begin(number, Way(self._table[number].threads), limit_s))
        while preparing:
            self._take_in(preparing.popleft())

    def _has_time(self, number: int) -> bool:
        """Whether a cell can be prepared in the time that is left for that; one that cannot is told."""
        left_s = max(0.0, self._doors_close_at - time.monotonic())
        expected_s = self._expected_s(self._table[number])
        if expected_s <= left_s > LEAST_S:
            return True
        needs = f"Preparing it takes about {expected_s:.0f} s, and" if expected_s else "For preparing it"
        self._skip(number, f"{needs} {left_s:.0f} s were left of the time that was given.")
        return False

    def _expected_s(self, cell: CellResult) -> float:
        """What preparing took the last time; 0 where that is not known, or an artefact lies ready."""
        auto_class = TASKS[self._asked.task].auto_class
        if (cell.mode, cell.precision) in self._ready:
            return 0.0
        key = "/".join((self._facts.content_key, auto_class, cell.mode, cell.precision))
        return times.last_stage(key, "prepare") or 0.0

    def _take_in(self, racer: Racer) -> None:
        """Once it is prepared; whose answers are too far off needs not be timed."""
        with self._over_is_told(racer.number):
            self._crew.entered(racer)
            self._table.change(racer.number, agreement=racer.held.agreement)
            reason = self._too_far(racer)
            if not reason:
                self._alive.append(racer)
                self._racers[racer.number] = racer
                return
            self._crew.gone(racer)
            self._skip(racer.number, reason)
            if racer.held.agreement is None:
                self._unchecked = True
            elif figures.answers_differ(racer.held):
                self._table.change(racer.number, verdict="different answer")

    def _too_far(self, racer: Racer) -> str:
        """Why its answers are not those that were asked for."""
        if racer.held.agreement is None:
            return figures.UNCHECKED
        if not choosing.agrees(self._table[racer.number], self._asked.floor):
            return "Its answers are not as near to plain PyTorch's as was asked for."
        return figures.DIFFERS_ON_TEXTS if figures.answers_differ(racer.held) else ""

    def _heat(self) -> bool:
        """A short race, after which the slower ones leave. False where none did, or there is no time for it."""
        final = sorted(self._alive, key=lambda racer: racer.call_s)[:FINALISTS]
        least_s = self._race.least_s(self._alive, HEAT_ROUNDS) + self._final_s(final)
        if len(self._alive) < 2 or time.monotonic() + least_s > self._ends_at:
            return False
        self._alive = self._race.run(self._alive, HEAT_CALLS, HEAT_S, self._ends_at, HEAT_ROUNDS)
        self._alive.sort(key=lambda racer: racer.call_s)
        half = math.ceil(len(self._alive) / 2)
        near_s = NEAR * self._alive[0].call_s
        leaving = [racer for racer in self._alive[half:] if racer.call_s > near_s]
        self._let_go(leaving)
        return bool(leaving)

    def _measure_and_let_go(self) -> None:
        """Where memory holds no more beside those that may be the fastest: the final race of these, before the rest."""
        if self._alive:
            self._final()
            self._alive = []

    def _final(self) -> None:
        self._alive = self._race.run(self._alive, self._asked.calls, self._asked.seconds, self._ends_at, ROUNDS)
        self._try_other_threads()
        for racer in self._alive:
            self._race.release(racer)

    def _let_go(self, leaving: Sequence[Racer]) -> None:
        self._crew.gone(*leaving)
        for racer in leaving:
            self._alive.remove(racer)
            del self._racers[racer.number]
            if racer.rounds:
                self._table.change(racer.number, stage="let go", speedup_ci=None, break_even_calls=None, verdict="")
            else:
                self._skip(racer.number, "There was no time left to measure it.")

    def _let_go_for_lack_of_time(self) -> None:
        """The slowest, until there is time for the rest; at least one stays."""
        fastest = sorted(self._alive, key=lambda racer: racer.call_s)
        stay = len(fastest)
        while stay > 1 and time.monotonic() + self._final_s(fastest[:stay]) > self._ends_at:
            stay -= 1
        self._let_go(fastest[stay:])

    def _final_s(self, group: Sequence[Racer]) -> float:
        return self._race.least_s(group, figures.LEAST_ROUNDS)

    def _try_other_threads(self) -> None:
        """The one that would win, with fewer threads and with more."""
        best = self._winner()
        champion = next((racer for racer in self._alive if racer.number == best), None)
        if champion is None or tuple(self._asked.threads) != (0,):
            return
        cell, facts = self._table[champion.number], cpu.facts()
        counts = (1, cell.threads // 2, facts.most_threads)
        others = []
        for count in sorted({count for count in counts if count > 0} - {cell.threads}):
            if time.monotonic() + self._again_s(champion) > self._ends_at or not self._crew.has_room():
                break
            number = self._table.add(
                CellResult(mode=cell.mode, precision=cell.precision, threads=count, batch=cell.batch)
            )
            with self._over_is_told(number):
                left_s = self._ends_at - time.monotonic()
                others.append(self._crew.entered(self._crew.begin(number, Way(count), left_s)))
                self._racers[number] = others[-1]
        if others:
            both = self._race.run([champion, *others], self._asked.calls, self._asked.seconds, self._ends_at, ROUNDS)
            self._alive += [racer for racer in both if racer is not champion]

    def _again_s(self, racer: Racer) -> float:
        """What the same cell needs in another process, and as long again to be measured."""
        hold, held = racer.hold, racer.held
        prepare_s = 0.0 if (hold.mode, hold.precision) in self._shelf.prepared() else held.prepare_s
        return 2 * (LEAST_S / 2 + held.load_s + prepare_s)

    def _remember(self) -> None:
        """Not what was chosen without a check of the answers or without a rival, or with texts that Auto will not have;
        nor in the place of something faster, for which there was no time.
        """
        cells, number = tuple(self._table), self._winner()
        if number is None or self._unchecked or self._asked.calibration or not choosing.has_rivals(cells, number):
            return
        cell = cells[number]
        if self._is_outdone(cell.speedup or 1.0):
            return
        pick = Pick(
            task=self._asked.task,
            mode=cell.mode,
            precision=cell.precision,
            threads=cell.threads,
            speedup=cell.speedup or 1.0,
            answers=cell.agreement.verdict if cell.agreement else "",
            found_s=int(time.time()),
        )
        picks.keep(*self._pick_key(), pick)

    def _winner(self) -> int | None:
        """Of this size of batch."""
        batch = self._race.eager.hold.batch
        own = {number: racer for number, racer in self._racers.items() if racer.hold.batch == batch}
        return choosing.winner(tuple(self._table), own, self._asked.floor)

    def _is_outdone(self, speedup: float) -> bool:
        """By what an earlier search found with answers as near as are asked for now, and this one skipped."""
        for pick in picks.find(*self._pick_key(), [self._asked.task]):
            named = [cell for cell in self._table if (cell.mode, cell.precision) == (pick.mode, pick.precision)]
            skipped = any(cell.status == "skipped" and cell.agreement is None for cell in named)
            if skipped and pick.speedup > speedup and choosing.is_near(pick.answers, self._asked.floor):
                return True
        return False

    def _pick_key(self) -> tuple[str, str]:
        return picks.model_key(self._facts.content_key, self._asked.tokenizer), cpu.signature(cpu.facts())

    def _skip(self, number: int, reason: str) -> None:
        self._table.change(number, status="skipped", reason=reason, stage="")

    @contextlib.contextmanager
    def _over_is_told(self, number: int) -> Iterator[None]:
        try:
            yield
        except CellOver as over:
            self._crew.over(number, over)


def _promise(cell: CellResult) -> tuple[bool, int]:
    place = PROMISE.index(cell.precision) if cell.precision in PROMISE else len(PROMISE)
    return MODES[cell.mode].card.compiles, place
