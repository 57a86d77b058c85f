"""Redirects are followed safely, and the token goes to the Hub alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.wire import errors
from tests.engine.models.hub.asking import ranges, refused
from tests.engine.models.hub.conftest import WEIGHTS, Got
from tests.hub_server import COMMIT, Hub, Repo, serving


@pytest.fixture
def storage(repo: Repo) -> Iterator[Hub]:
    """Where large files really lie: another host, to which the Hub sends with a signed address."""
    with serving({"store/x": Repo({WEIGHTS: repo.content(WEIGHTS)})}) as storage:
        repo.redirects[WEIGHTS] = f"{storage.url}/store/x/resolve/{COMMIT}/{WEIGHTS}?X-Signature=secret-signature"
        yield storage


def test_the_token_goes_to_the_hub_alone(
    hub: Hub, storage: Hub, get: Got, monkeypatch: pytest.MonkeyPatch, repo: Repo
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret\n")
    folder = get()

    assert {one.token for one in hub.seen} == {"Bearer hf_secret"}
    assert {one.token for one in storage.seen} == {""}
    assert (folder / WEIGHTS).read_bytes() == repo.content(WEIGHTS)


def test_a_redirected_file_is_resumed_with_a_new_address(hub: Hub, storage: Hub, get: Got) -> None:
    storage.repos["store/x"].cuts[WEIGHTS] = [400_000]
    get()

    assert [one.range for one in storage.seen] == ["", "bytes=400000-"]
    assert ranges(hub) == ["", "bytes=400000-"]


def test_a_redirect_within_the_hub_keeps_the_token(
    hub: Hub, repo: Repo, get: Got, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.repos["org/renamed"] = repo
    hub.next_answers = [(307, {"Location": "/api/models/org/renamed/revision/main"})]
    get()

    assert {one.token for one in hub.asked("renamed")} == {"Bearer hf_secret"}


def test_the_token_of_the_file_serves_and_a_netrc_does_not(
    hub: Hub, repo: Repo, get: Got, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1\nlogin me\npassword secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    get()
    assert {one.token for one in hub.seen} == {""}

    (tmp_path / "hf/token").write_text("hf_from_file\n")
    get()
    assert hub.seen[-1].token == "Bearer hf_from_file"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "", "https://[x", "https://h:99999/x"])
def test_a_redirect_to_what_is_no_web_address_is_not_followed(repo: Repo, get: Got, target: str) -> None:
    repo.redirects[WEIGHTS] = target

    refused(errors.Offline, get)


@pytest.mark.parametrize("named", ["https://[mirror", "https://hub:99999", "huggingface.co", "file:///hub"])
def test_an_endpoint_that_is_no_address_is_told(
    get: Got, monkeypatch: pytest.MonkeyPatch, cache: Path, named: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", named)

    assert named in refused(errors.Offline, get).what_happened


def test_a_circle_of_redirects_ends(hub: Hub, repo: Repo, get: Got) -> None:
    hub.always = (302, {"Location": f"{hub.url}/round"})

    assert "circle" in refused(errors.Offline, get).what_happened


def test_an_error_tells_neither_token_nor_signature(
    hub: Hub, repo: Repo, storage: Hub, get: Got, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    storage.close()
    failure = errors.failure_of(refused(errors.Offline, get))

    assert failure.details
    assert "secret" not in repr(failure)
