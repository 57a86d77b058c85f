"""What was measured once is found again; what cannot be read or written is measured again."""

from pathlib import Path

import pytest

from engine.store import choices
from engine.store.choices import Choice

CHOICE = Choice(way="groups", ms={"padded": 4.0, "groups": 2.5}, call_cost=12.0)


def test_kept_by_key(own_home: Path) -> None:
    assert choices.find("a model") is None
    choices.keep("a model", CHOICE)

    assert choices.find("a model") == CHOICE
    assert choices.find("another") is None


def test_what_is_damaged_is_not_known(own_home: Path) -> None:
    choices.keep("a model", CHOICE)
    (file,) = own_home.rglob("choice-*.json")
    for content in (b"", b"\xff\xfe", b'{"way": 3}'):
        file.write_bytes(content)
        assert choices.find("a model") is None


def test_what_cannot_be_written_is_no_failure(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.store.whole.write", full)
    choices.keep("a model", CHOICE)
    assert choices.find("a model") is None
