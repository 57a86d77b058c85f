"""``fastpath models`` and ``fastpath download`` against a Hub of our own, in the program's own process."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.cli.commands import main
from tests.hub_server import COMMIT, Hub, Repo, serving


@pytest.fixture
def hub(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: Callable[[str, str], Path]
) -> Iterator[Hub]:
    folder = tiny("bert", "SequenceClassification")
    files: dict[str, bytes | Path] = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    files["README.md"] = b"# A card\n\n|a|\n|-|\n|1|\n\n[x](https://example.org)\n"
    settings = tmp_path / "config/python_keyring"
    settings.mkdir(parents=True)
    (settings / "keyringrc.cfg").write_text("[backend]\ndefault-keyring=keyring.backends.fail.Keyring\n")
    with serving({"org/name": Repo(files, told={"pipeline_tag": "text-classification"})}) as hub:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        yield hub


@pytest.fixture
def said(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Any]:
    def run(*words: str, status: int = 0) -> Any:
        capfdbinary.readouterr()
        assert main([*words, "--json"]) == status
        return json.loads(capfdbinary.readouterr().out)

    return run


def test_from_the_search_to_the_deletion(hub: Hub, said: Callable[..., Any]) -> None:
    found = said("models", "search", "name")
    looked = said("models", "look", "org/name")["model"]
    downloaded = said("download", "org/name")
    listed = said("models", "list")["models"]
    card = said("models", "card", "org/name")
    left = said("models", "delete", "org/name")["models"]

    assert [model["repo"] for model in found["models"]] == ["org/name"]
    assert (looked["commit"], looked["tasks"][0], looked["fits"]) == (COMMIT, "text-classification", True)
    assert downloaded["commit"] == COMMIT
    assert [model["ref"] for model in listed] == ["starter", "org/name"]
    assert [block["kind"] for block in card["blocks"]] == ["heading", "table", "paragraph"]
    assert [model["ref"] for model in left] == ["starter"]
    assert said("models", "search")["own"]
    assert said("models", "token")["place"] == "none"
    assert said("models", "delete", "org/name", status=1)["error"]["code"] == "BadInput"
    assert said("download", "org/missing", status=1)["error"]["code"] == "ModelNotFound"


@pytest.mark.parametrize(
    "words", [("search", "name"), ("list",), ("look", "org/name"), ("card", "org/name"), ("token",)], ids=" ".join
)
def test_as_text(hub: Hub, words: tuple[str, ...], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["models", *words]) == 0
    assert capfdbinary.readouterr().out.strip()
