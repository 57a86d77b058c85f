"""Whether there is a newer version is asked when somebody asks, and nonsense is told as such."""

import json
from importlib import metadata

import pytest

from engine.library import updates
from engine.models.hub.halt import Halt
from engine.wire import errors
from engine.wire.hub import RELEASES_PAGE
from engine.wire.messages import UpdateTold
from tests.hub_server import Hub

PATH = "/repos/fastpath-dev/fastpath/releases/latest"


def told(hub: Hub, monkeypatch: pytest.MonkeyPatch, document: object) -> UpdateTold:
    hub.says[PATH] = json.dumps(document).encode()
    monkeypatch.setenv("FASTPATH_RELEASES", hub.url + PATH)
    return updates.check(Halt())


def test_newer_the_same_and_older(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = metadata.version("fastpath")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    page = "https://github.com/fastpath-dev/fastpath/releases/tag/v99.0"
    newer = told(hub, monkeypatch, {"tag_name": "v99.0.0", "html_url": page, "assets": []})

    assert newer == UpdateTold(version="99.0.0", newer=True, page=page)
    assert not told(hub, monkeypatch, {"tag_name": f"v{mine}", "html_url": page}).newer
    assert not told(hub, monkeypatch, {"tag_name": "v0.0.1rc1"}).newer
    climbs = f"{RELEASES_PAGE}/../../../other"
    for elsewhere in ("javascript:alert(1)", "https://elsewhere.example/fastpath-dev/fastpath/releases", climbs):
        assert told(hub, monkeypatch, {"tag_name": "9", "html_url": elsewhere}).page == RELEASES_PAGE
    assert {one.token for one in hub.seen} == {""}


@pytest.mark.parametrize("document", [{}, [], {"tag_name": "soon"}, {"tag_name": 7}, "x"])
def test_nonsense(hub: Hub, monkeypatch: pytest.MonkeyPatch, document: object) -> None:
    with pytest.raises(errors.Offline, match="list of versions"):
        told(hub, monkeypatch, document)


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_no_answer(hub: Hub, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    hub.always = (status, {"Retry-After": "0"})
    with pytest.raises(errors.Offline, match="list of versions"):
        told(hub, monkeypatch, {})


def test_the_offline_switch_holds(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(errors.Offline, match="turned off"):
        told(hub, monkeypatch, {"tag_name": "v99"})
    assert hub.seen == []
