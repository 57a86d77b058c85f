"""Downloads from a Hub that does not send what it lists."""

import hashlib
from pathlib import Path

import pytest

from engine.models.resolve import resolve
from engine.wire import errors
from tests.engine.models.hub.asking import files_under, ranges, refused
from tests.engine.models.hub.conftest import WEIGHTS, Got
from tests.hub_server import Hub, Repo


def test_wrong_bytes_are_thrown_away_and_fetched_once_more(hub: Hub, repo: Repo, get: Got) -> None:
    repo.wrong = {WEIGHTS: 1, "config.json": 1}
    folder = get()

    assert ranges(hub) == ["", ""]
    assert all((folder / path).read_bytes() == repo.content(path) for path in (WEIGHTS, "config.json"))


@pytest.mark.parametrize("path", [WEIGHTS, "config.json"])
def test_wrong_bytes_twice_are_refused_and_nothing_of_them_stays(
    cache: Path, hub: Hub, repo: Repo, get: Got, path: str
) -> None:
    repo.wrong = {path: 2}
    error = refused(errors.ModelBroken, get)

    assert path in error.what_happened
    assert ranges(hub, path) == ["", ""]
    assert not list((cache / "models--org--name/blobs").glob(f"{repo.etag(path)}*"))
    assert not (cache / "models--org--name/snapshots").exists() or not files_under(
        cache / "models--org--name/snapshots"
    )
    with pytest.raises(errors.NotDownloaded):
        resolve("org/name")


@pytest.mark.parametrize("at", [-1, 1])
def test_a_listed_size_that_is_not_the_files_is_refused(hub: Hub, repo: Repo, get: Got, at: int) -> None:
    repo.sizes[WEIGHTS] = len(repo.content(WEIGHTS)) + at

    assert "bytes" in refused(errors.ModelBroken, get).what_happened


@pytest.mark.parametrize("at", [-1, 1])
def test_a_size_that_is_not_the_files_is_refused_without_a_length_too(repo: Repo, get: Got, at: int) -> None:
    repo.chunked = True
    repo.sizes[WEIGHTS] = len(repo.content(WEIGHTS)) + at

    refused(errors.ModelBroken, get)


def test_a_body_that_is_shorter_than_it_says_is_not_taken_for_whole(repo: Repo, get: Got) -> None:
    repo.lengths[WEIGHTS] = len(repo.content(WEIGHTS)) + 7

    refused(errors.ModelBroken, get)


def test_a_listed_hash_that_is_not_the_files_is_refused(repo: Repo, get: Got) -> None:
    repo.etags[WEIGHTS] = hashlib.sha256(b"another").hexdigest()

    assert "sha256" in refused(errors.ModelBroken, get).what_happened


@pytest.mark.parametrize("etag", ["../../evil", "x" * 64, "", "A" * 40])
def test_a_hash_that_is_none_never_becomes_a_files_name(repo: Repo, get: Got, etag: str) -> None:
    repo.entry = lambda path: {"type": "file", "path": path, "oid": etag, "size": 1}  # type: ignore[method-assign]

    refused(errors.Offline, get)


def test_a_wrong_start_left_by_another_is_found_and_fetched_anew(cache: Path, hub: Hub, repo: Repo, get: Got) -> None:
    blobs = cache / "models--org--name/blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{repo.etag(WEIGHTS)}.incomplete").write_bytes(b"y" * 1000)
    folder = get()

    assert ranges(hub) == ["bytes=1000-", ""]
    assert (folder / WEIGHTS).read_bytes() == repo.content(WEIGHTS)


def test_a_start_that_is_longer_than_the_file_is_thrown_away(cache: Path, hub: Hub, repo: Repo, get: Got) -> None:
    blobs = cache / "models--org--name/blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{repo.etag(WEIGHTS)}.incomplete").write_bytes(bytes(3_000_000))
    get()

    assert ranges(hub) == [""]


def test_a_page_of_a_network_that_wants_a_sign_in_is_not_the_hub(hub: Hub, repo: Repo, get: Got) -> None:
    hub.always = (200, {"Content-Type": "text/html"})

    assert "does not speak like the Hub" in refused(errors.Offline, get).what_happened
