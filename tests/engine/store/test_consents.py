"""Consents stay until they are revoked, and a damaged list allows nothing."""

import os
from pathlib import Path

import pytest

from engine.store import consents
from engine.wire.errors import DataFolder


def test_a_consent_is_kept_listed_and_revoked(own_home: Path):
    assert consents.listed() == ()
    consents.allow("org/name", Path("/models/name"), "aa")
    consents.allow("other", Path("/models/other"), "bb")

    assert [consent.ref for consent in consents.listed()] == ["other", "org/name"]
    assert consents.is_allowed("aa")
    consents.revoke("aa")
    assert not consents.is_allowed("aa")
    assert consents.is_allowed("bb")
    consents.revoke("aa")


def test_the_same_content_is_listed_once(own_home: Path):
    consents.allow("org/name", Path("/one"), "aa")
    consents.allow("org/name", Path("/two"), "aa")

    assert [consent.folder for consent in consents.listed()] == ["/two"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"schema": 2, "consents": []}', b'{"schema": 1}'])
def test_a_damaged_list_allows_nothing_and_can_be_written_again(own_home: Path, content: bytes):
    consents.allow("org/name", Path("/one"), "aa")
    (own_home / "consents.json").write_bytes(content)

    assert consents.listed() == ()
    consents.allow("org/name", Path("/one"), "bb")
    assert consents.is_allowed("bb")
    assert [file.name for file in own_home.iterdir()] == ["consents.json"]


@pytest.mark.skipif(os.name != "posix", reason="a file in the folder's place")
def test_a_data_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("FASTPATH_HOME", str(tmp_path / "file"))

    with pytest.raises(DataFolder):
        consents.allow("org/name", Path("/one"), "aa")
