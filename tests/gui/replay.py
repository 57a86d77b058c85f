"""Recorded conversations: one JSON line for each request and event, with the moment it passed.

``states(name)`` replays one; ``python -m tests.gui.replay`` records all of them anew from the real engine.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.wire import codec
from engine.wire.messages import Compare, Describe, Run, Stop, Update
from gui import run_state
from gui.run_state import State

DATA = Path(__file__).parent.parent / "data"


def states(name: str, state: State | None = None) -> Iterator[State]:
    """The state after each line of tests/data/NAME.events.jsonl."""
    now = state or State()
    for line in (DATA / f"{name}.events.jsonl").read_text("utf-8").splitlines():
        now = step(now, json.loads(line))
        yield now


def last(name: str, state: State | None = None) -> State:
    """The state after the whole conversation."""
    return list(states(name, state))[-1]


def step(state: State, line: dict[str, Any]) -> State:
    if "event" in line:
        return run_state.apply(state, codec.decode_event(json.dumps(line["event"]).encode()), line["at_s"])
    request = codec.decode_request(json.dumps(line["request"]).encode())
    if isinstance(request, Describe):
        return run_state.describing(state, request)
    if isinstance(request, Run):
        return run_state.began(state, request)
    if isinstance(request, Update):
        return run_state.updated(state, request)
    if isinstance(request, Compare):
        return run_state.asked(state, request)
    assert isinstance(request, Stop)
    return run_state.stopping(state)
