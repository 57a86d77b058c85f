"""A client for the tests of comparisons."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.talk import Talk, gone_within, talking


@pytest.fixture
def talk(compare_home: Path) -> Iterator[Talk]:
    with talking() as talk:
        yield talk
    assert gone_within(compare_home, 3) == []
