"""Searching the Hub, and looking at one model before anything of it is downloaded."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from engine.library import searching
from engine.models.hub.halt import Halt
from engine.models.hub.patience import Limits
from engine.wire import errors
from engine.wire.messages import HubFound, HubLooked, LookAtHub, SearchHub
from tests.engine.models.folders import CONFIG
from tests.engine.models.hub.conftest import WEIGHTS
from tests.hub_server import COMMIT, Hub, Repo

GPT = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}


def search(**asked: Any) -> HubFound:
    return searching.search(SearchHub(id="s", **asked), Halt())


def names(found: HubFound) -> list[str]:
    return [model.repo for model in found.models]


def look(ref: str) -> HubLooked:
    return searching.look(LookAtHub(id="l", ref=ref), Halt())


def weights_of(count: int, dtype: str = "F32") -> bytes:
    """A header of so many numbers, and no data: all that the Hub and a look read."""
    header = json.dumps({"a": {"dtype": dtype, "shape": [count], "data_offsets": [0, count * 4]}}).encode()
    return struct.pack("<Q", len(header)) + header


@pytest.fixture
def zoo(hub: Hub, repo: Repo) -> Hub:
    """Models of every kind that a search may find."""

    def config(**more: Any) -> bytes:
        return json.dumps({**CONFIG, **more}).encode()

    kinds: dict[str, tuple[dict[str, bytes], dict[str, Any]]] = {
        "org/large": ({WEIGHTS: weights_of(10**12)}, {"downloads": 90}),
        "org/pickled": ({"pytorch_model.bin": b"x"}, {"downloads": 80, "tags": ["pytorch"]}),
        "org/own-code": ({WEIGHTS: b""}, {"downloads": 70}),
        "org/gpt": ({WEIGHTS: b""}, {"downloads": 60, "likes": 999}),
        "org/gated": ({WEIGHTS: b""}, {"downloads": 50, "gated": "auto"}),
        "other/longformer": ({WEIGHTS: b""}, {"downloads": 40, "lastModified": "2026-01-01T00:00:00.000Z"}),
    }
    configs = {
        "org/own-code": config(model_type="unheard", auto_map={"AutoModel": "x.Y"}),
        "org/gpt": json.dumps(GPT).encode(),
        "other/longformer": config(model_type="longformer", architectures=["LongformerModel"]),
    }
    for name, (files, told) in kinds.items():
        hub.repos[name] = Repo({"config.json": configs.get(name, config()), **files}, told=told)
    return hub


def test_an_empty_search_is_the_programs_own_list_and_asks_nobody(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found = search(words="  ", sort="likes")
    by_name = {model.repo: model for model in found.models}

    assert found.own
    assert hub.seen == []
    assert by_name["optimum/roberta-base-squad2"].tokenizer == "deepset/roberta-base-squad2"
    assert {"google-bert/bert-base-uncased", "csarron/bert-base-uncased-squad-v1"} <= by_name.keys()
    assert {model.task for model in found.models} == {
        *("sentence-similarity", "feature-extraction", "text-classification"),
        *("token-classification", "question-answering", "fill-mask"),
    }
    for model in found.models:
        assert model.why.endswith(".")
        assert model.modes
        assert model.licence
        assert model.download_bytes
        assert not model.reason
        assert not model.here


def test_what_a_list_says_of_each(zoo: Hub) -> None:
    found = {model.repo: model for model in search(words="org").models}
    plain = found["org/name"]

    assert list(found) == [f"org/{name}" for name in ("name", "large", "pickled", "own-code", "gpt", "gated")]
    assert (plain.task, plain.licence, plain.family, plain.weights) == (
        "feature-extraction",
        "mit",
        "BERT",
        "safetensors",
    )
    assert (plain.parameters, plain.downloads, plain.likes, plain.changed) == (1000, 100, 10, "2025-02-19")
    assert plain.download_bytes == 1000 * 4 + 512 * 8
    assert plain.fits
    assert plain.reason == ""
    assert "eager" in plain.modes
    assert not found["org/large"].fits
    assert found["org/large"].reason == ""
    assert "only in files that can run code" in found["org/pickled"].reason
    assert "code from its own repository" in found["org/own-code"].reason
    assert "text generation" in found["org/gpt"].reason
    assert found["org/gpt"].modes == ()
    assert found["org/gated"].gated
    assert "accepted its conditions" in found["org/gated"].reason


def test_filters_sorts_and_pages(zoo: Hub) -> None:
    assert names(search(words="longformer")) == ["other/longformer"]
    assert names(search(author="other")) == ["other/longformer"]
    assert names(search(words="org", sort="likes"))[0] == "org/gpt"
    assert names(search(sort="newest", task="feature-extraction"))[0] == "other/longformer"
    assert names(search(task="summarization")) == []
    assert names(search(weights="pickle")) == ["org/pickled"]
    assert "org/large" not in names(search(fits=True))
    assert "org/large" not in names(search(most_bytes=1_000_000))
    assert "org/name" in names(search(most_bytes=100_000_000))
    assert "org/name" in names(search(mode="torch-compile"))
    assert "other/longformer" not in names(search(mode="torch-compile"))
    assert "other/longformer" in names(search(mode="eager", licence="MIT"))
    assert names(search(licence="apache-2.0")) == []
    for number in range(70):
        zoo.repos[f"many/{number}"] = Repo({"config.json": b"{}"}, told={"downloads": 1})
    seen, found = [], search(author="many")
    while found.cursor:
        assert found.cursor.startswith("/api/models?")
        seen += names(found)
        found = search(author="many", cursor=found.cursor)
    assert sorted(seen + names(found)) == sorted(f"many/{number}" for number in range(70))


@pytest.mark.parametrize("cursor", ["https://elsewhere.test/x", "@elsewhere.test/api", "/api/models?\r\nX: y", "/x"])
def test_a_cursor_leads_nowhere_else(hub: Hub, cursor: str) -> None:
    with pytest.raises(errors.BadInput):
        search(words="x", cursor=cursor)
    assert hub.seen == []


def test_a_next_page_elsewhere_is_not_followed(zoo: Hub) -> None:
    zoo.next_answers = [(200, {"Link": '<http://elsewhere.test/api/models?x>; rel="next"'})]
    with pytest.raises(errors.Offline):
        search(words="x")


@pytest.mark.parametrize(
    "words", ["org/name", "{url}/org/name", "https://huggingface.co/org/name/tree/main", "hf.co/org/name"]
)
def test_an_address_or_a_whole_id_leads_to_that_model(zoo: Hub, words: str) -> None:
    assert names(search(words=words.format(url=zoo.url))) == ["org/name"]


def test_words_with_a_slash_that_name_no_model_are_words(zoo: Hub) -> None:
    assert names(search(words="no/such")) == []
    for words in ("https://huggingface.co/datasets/org/name", "https://huggingface.co/no/such"):
        with pytest.raises(errors.ModelNotFound):
            search(words=words)


@pytest.mark.parametrize("words", ["x" * 10_000, "\"'`&?#%+<>", "🤗🚀", "a\0b\r\nHost: evil", "%00", "../..", "@"])
def test_odd_words_break_nothing(zoo: Hub, words: str) -> None:
    assert search(words=words).models == ()
    assert search(words="\u202e\0\n").own
    assert all(len(one.path) < 3000 for one in zoo.seen)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"{}",
        b"[1, null, []]",
        b'[{"id": 7}]',
        b'[{"id": "../../etc"}]',
        b"[" * 5000,
        b"\xff\xfe",
        b"null",
    ],
)
def test_a_hub_that_answers_nonsense(hub: Hub, body: bytes) -> None:
    hub.says["/api/models"] = body
    with pytest.raises(errors.Offline, match="does not speak like the Hub"):
        search(words="x")


def test_fields_of_another_form_count_as_not_told(hub: Hub) -> None:
    odd: dict[str, Any] = {"pipeline_tag": 7, "tags": "x", "gated": [], "likes": -1, "downloads": 10**30, "config": [1]}
    odd |= {"siblings": {"a": 1}, "safetensors": {"parameters": {"F32": "x"}}, "cardData": 3, "lastModified": "soon"}
    hub.says["/api/models"] = json.dumps([{"id": "org/odd", **odd}, {"id": 1}, {"id": "org/fine"}]).encode()
    found = search(words="x").models

    assert [model.repo for model in found] == ["org/odd", "org/fine"]
    assert (found[0].likes, found[0].downloads, found[0].parameters, found[0].task) == (None, None, None, "")


def test_a_hub_that_is_silent_or_gone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.models.hub import query

    monkeypatch.setattr(query, "QUICK", Limits(connect_s=1, stall_s=0.2, tries=2, first_wait_s=0.01))
    hub.silent.set()
    with pytest.raises(errors.TimedOut, match="stopped sending"):
        search(words="x")
    hub.silent.clear()
    monkeypatch.setattr(query, "QUICK", Limits(connect_s=5, stall_s=5, tries=2, first_wait_s=0.01))
    hub.always = (503, {})
    with pytest.raises(errors.TimedOut, match="trouble"):
        search(words="x")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(errors.Offline):
        search(words="x")


def test_a_look_before_the_download(zoo: Hub, repo: Repo) -> None:
    found = look("https://huggingface.co/org/name")

    assert found.commit == COMMIT
    assert found.files == 5
    assert found.page == f"{zoo.url}/org/name"
    assert found.tasks[0] == "feature-extraction"
    assert found.model.parameters == 1000
    assert found.model.download_bytes == sum(
        repo.size(name) for name in ("config.json", "tokenizer.json", "README.md", "1_Pooling/config.json", WEIGHTS)
    )
    assert found.model.memory_needed_bytes is not None
    assert found.model.reason == ""
    assert zoo.asked(WEIGHTS)[0].range == "bytes=0-7"
    assert len(zoo.asked(WEIGHTS)) == 2


def test_a_look_at_what_cannot_run(zoo: Hub, repo: Repo) -> None:
    assert "only in files that can run code" in look("org/pickled").model.reason
    assert "text generation" in look("org/gpt").model.reason
    zoo.repos["org/gated"].refuses_files = (403, {"X-Error-Code": "GatedRepo"})
    gated = look("org/gated").model
    assert gated.gated
    assert "accepted its conditions" in gated.reason
    repo.files["config.json"] = json.dumps({**CONFIG, "quantization_config": {"bits": 4}}).encode()
    assert "already quantized" in look("org/name").model.reason
    repo.files["config.json"] = json.dumps({**CONFIG, "hidden_act": [], "hidden_size": 10**30}).encode()
    assert "better-transformer" not in look("org/name").model.modes
    repo.files |= {"config.json": json.dumps(CONFIG).encode(), "../out": b"x"}
    assert "lead out of its folder" in look("org/name").model.reason
    with pytest.raises(errors.ModelNotFound):
        look("org/missing")


def _deep(dimensions: int) -> bytes:
    """A header with a shape that nobody could multiply in time."""
    tensor = {"dtype": "F32", "shape": [9] * dimensions, "data_offsets": [0, 0]}
    text = json.dumps({"a": tensor}).encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    "head", [b"", b"\xff" * 8, struct.pack("<Q", 10) + b"{}", struct.pack("<Q", 2) + b"[]", _deep(1_000_000)]
)
def test_a_broken_header_is_a_reason(zoo: Hub, repo: Repo, head: bytes) -> None:
    repo.files[WEIGHTS] = head
    assert "cannot be read" in look("org/name").model.reason


def test_a_very_large_model_in_parts_and_a_server_without_ranges(zoo: Hub, repo: Repo) -> None:
    index = {"metadata": {"total_size": 200 * 10**9}, "weight_map": {"a": "model-00001-of-00001.safetensors"}}
    files: dict[str, bytes | Path] = {
        "config.json": json.dumps({**CONFIG, "torch_dtype": "float16"}).encode(),
        "model.safetensors.index.json": json.dumps(index).encode(),
        "model-00001-of-00001.safetensors": b"x",
    }
    zoo.repos["org/huge"] = Repo(files, sizes={"model-00001-of-00001.safetensors": 200 * 10**9})
    found = look("org/huge").model
    repo.ranges = False

    assert found.parameters == 100 * 10**9
    assert found.download_bytes is not None
    assert found.download_bytes > 200 * 10**9
    assert not found.fits
    assert look("org/name").model.parameters == 1000
