"""Jobs, as a run gives them to a mode, and a clock that shows what the tests' models say that they took."""

from pathlib import Path

import pytest

from engine.ragged import race
from tests.engine.modes.conftest import MakeJob as MakeJob
from tests.engine.modes.conftest import make_job as make_job


class Clock:
    """Stands still but for what is added."""

    now_ms = 0.0

    def __call__(self) -> float:
        return self.now_ms / 1000


@pytest.fixture(autouse=True)
def nothing_measured_yet(own_home: Path) -> None:
    """Each test has a data folder of its own."""


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """On a busy machine real times would tell anything."""
    clock = Clock()
    monkeypatch.setattr(race, "clock", clock)
    return clock
