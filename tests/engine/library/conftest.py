"""The Hub's stand-in and a cache of its own, as for downloads; and a data folder of its own for each test."""

from pathlib import Path

import pytest

from engine.models.hub import token
from tests.engine.models.hub.conftest import cache as cache
from tests.engine.models.hub.conftest import hub as hub
from tests.engine.models.hub.conftest import repo as repo


@pytest.fixture(autouse=True)
def own(own_home: Path) -> None:
    """No test sees another's list of downloads or token."""
    token.forget()
