"""Jobs, as a run gives them to a mode."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.engine.modes.conftest import MakeJob as MakeJob
from tests.engine.modes.conftest import make_job as make_job


@pytest.fixture(autouse=True)
def nothing_measured_yet(own_home: Path) -> None:
    """Each test has a data folder of its own."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """What the tests add to a call is to count, not the wait of many threads on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
