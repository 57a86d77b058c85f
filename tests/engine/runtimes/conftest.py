"""A data folder of its own, and a stand-in for Python and pip."""

from pathlib import Path

import pytest

from engine.runtimes import ipex
from engine.runtimes.place import Place
from tests.engine.runtimes.standing_in import StandIn


@pytest.fixture
def stand_in(tmp_path: Path, own_home: Path) -> StandIn:
    return StandIn(tmp_path / "stand-in")


@pytest.fixture
def place(own_home: Path) -> Place:
    return Place(ipex.ID)
