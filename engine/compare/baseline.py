"""Eager fp32 at its best: with so many threads, waiting in such a way, as is fastest on this machine for this input.

A baseline that our own settings slow would flatter every other cell.
"""

import hashlib
import random
import time
from collections.abc import Sequence

import msgspec

from engine.compare.crew import Crew, Way
from engine.compare.machine import BUSY, Machine
from engine.compare.member import CellOver
from engine.compare.racer import Racer
from engine.compare.table import Table
from engine.cpu import read as cpu
from engine.models.facts import ModelFacts
from engine.runtimes.command import Waiting
from engine.store import choices
from engine.store.choices import Choice
from engine.wire.messages import Hold

ROUNDS = 6
CALLS, SECONDS = 30, 1.5
HOPELESS = 1.4
"""So many times as slow as the best in the first round, a way is not tried on."""
WAITING: tuple[Waiting, ...] = ("short", "long")


def best(
    number: int, table: Table, crew: Crew, machine: Machine, facts: ModelFacts, threads: Sequence[int], within_s: float
) -> Racer:
    """The racer of the baseline's cell in the best way: measured once for a model, input and CPU, on a quiet machine,
    and kept. As many ways as memory and time allow. ``threads``: counts that other cells have, so that it may have
    them too. Raises CellOver, Interrupted.
    """
    ends_at = time.monotonic() + within_s

    def enter(way: Way) -> Racer:
        table.change(number, threads=way.threads)
        return crew.enter(number, way)

    ways = {f"{way.threads} threads, {way.waiting} waiting": way for way in _ways(threads)}
    key = _key(crew.hold_of(number), facts, tuple(ways))
    known = choices.find(key)
    if known is not None and known.way in ways:
        return enter(ways[known.way])
    racers: dict[str, Racer] = {}
    for name, way in ways.items():
        if racers and not (crew.has_room() and time.monotonic() < ends_at):
            break
        try:
            racers[name] = enter(way)
        except CellOver:
            if not racers:
                raise
    watch = machine.watch(crew.pids)
    done = _race(list(racers.values()), ends_at)
    ms = {name: racer.call_s * 1000 for name, racer in racers.items()}
    fastest = min(ms, key=lambda name: ms[name])
    if done and len(racers) == len(ways) and watch.busy() < BUSY:
        choices.keep(key, Choice(way=fastest, ms=ms))
    found = racers.pop(fastest)
    crew.gone(*racers.values())
    found.forget()
    table.change(number, threads=found.hold.threads)
    return found


def _race(racers: Sequence[Racer], ends_at: float) -> bool:
    """After the first round those go on that still may be the fastest. False where the time was over before the end."""
    order = list(racers)
    for turn in range(ROUNDS):
        if turn and time.monotonic() > ends_at:
            return False
        random.shuffle(order)
        for racer in order:
            racer.plan(CALLS, SECONDS, ROUNDS)
            racer.turn(turn)
        if turn == 0:
            best_s = min(racer.call_s for racer in order)
            order = [racer for racer in order if racer.call_s <= HOPELESS * best_s]
    return True


def _ways(threads: Sequence[int]) -> list[Way]:
    """A thread for each core, and for each logical processor; small inputs may be fastest with one."""
    facts = cpu.facts()
    counts = dict.fromkeys((cpu.default_threads(facts), facts.most_threads, *threads))
    several = [Way(count, waiting) for count in counts if count > 1 for waiting in WAITING]
    return [*several, Way(1, "short")]


def _key(hold: Hold, facts: ModelFacts, ways: Sequence[str]) -> str:
    timed = msgspec.json.encode([hold.task, hold.batch, hold.inputs[: hold.batch]])
    digest = hashlib.sha256(timed).hexdigest()[:16]
    return f"baseline {facts.content_key} {digest} {cpu.signature(cpu.facts())} {ways}"
