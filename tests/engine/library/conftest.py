"""The Hub's stand-in and a cache of its own, as for downloads; and a data folder of its own for each test."""

from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from engine.models.hub import token
from tests.engine.models.hub.conftest import cache as cache
from tests.engine.models.hub.conftest import hub as hub
from tests.engine.models.hub.conftest import repo as repo


@pytest.fixture(autouse=True)
def own(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees another's list of downloads or token, nor the keyring of the person who runs it.

    The library takes any backend that was ever defined, those of tests too: so there is none but where a test says so.
    """
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)
    token.forget()
