"""What is remembered, and what a damaged file loses: nothing but itself."""

from pathlib import Path

import msgspec
import pytest

from engine.wire.messages import Described
from gui import settings
from gui.settings import Loaded, Settings
from tests.gui import replay


def file(home: Path) -> Path:
    return home / "window" / "settings.json"


def test_first_start_has_the_usual_settings() -> None:
    assert settings.load() == Loaded(Settings(welcomed=False))


def test_what_was_saved_is_found() -> None:
    kept = Settings(
        model="/models/ours", task="fill-mask", threads=2, inputs={"fill-mask": {"inputs": "a [MASK] é 日本"}}
    )

    assert settings.save(kept) == ""
    assert settings.load().settings == kept


@pytest.mark.parametrize(
    "damage", [b'{"schema": "two"}', b"", b"{", b"\xff\xfe", b"[]", b'{"threads": "two"}', b'{"theme": "pink"}']
)
def test_a_damaged_file_is_set_aside_and_told(own_home: Path, damage: bytes) -> None:
    settings.save(Settings())
    file(own_home).write_bytes(damage)
    loaded = settings.load()

    assert loaded.settings == Settings()
    assert "damaged" in loaded.notices[0]
    assert (own_home / "window" / "settings.set-aside.json").read_bytes() == damage
    assert settings.save(Settings(threads=2)) == ""


@pytest.mark.parametrize(
    "newer",
    [
        b'{"schema": 99, "threads": 2, "unknown": 1}',
        b'{"schema": 2, "threads": {"of": "another type"}}',
        b'{"theme": "pink", "inputs": [], "schema": 2}',
    ],
)
def test_a_file_of_a_newer_version_is_set_aside_and_told(own_home: Path, newer: bytes) -> None:
    settings.save(Settings())
    file(own_home).write_bytes(newer)
    loaded = settings.load()

    assert loaded.settings == Settings()
    assert "newer" in loaded.notices[0]
    assert (own_home / "window" / "settings.set-aside.json").read_bytes() == newer


def test_an_older_file_keeps_what_it_has(own_home: Path) -> None:
    settings.save(Settings())
    file(own_home).write_bytes(b'{"model": "/models/ours", "no_longer_there": 1}')

    assert settings.load().settings == Settings(model="/models/ours")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("in the way")
    monkeypatch.setenv("FASTPATH_HOME", str(blocked / "home"))
    loaded = settings.load()

    assert loaded.settings == Settings()
    assert "cannot be made" in loaded.notices[0]
    assert "not kept" in settings.save(Settings(threads=3))


def test_last_catalogue_and_model_are_found_again() -> None:
    state = replay.last("opened")
    assert state.catalogue is not None
    assert state.model is not None
    settings.keep(state.catalogue)
    settings.keep(Described(model=state.model, cells=tuple(state.cells.values())))
    loaded = settings.load()

    assert loaded.catalogue == state.catalogue
    assert loaded.described is not None
    assert loaded.described.model == state.model


def test_a_kept_model_that_is_not_the_remembered_one_is_not_shown() -> None:
    model = replay.last("opened").model
    assert model is not None
    settings.keep(Described(model=model, cells=()))
    settings.save(Settings(model="/models/ours"))

    assert settings.load().described is None


def test_a_damaged_catalogue_is_as_none(own_home: Path) -> None:
    settings.save(Settings())
    (own_home / "window" / "catalogue.json").write_bytes(b'{"type": "catalogue"')
    loaded = settings.load()

    assert loaded.catalogue is None
    assert loaded.notices == ()


def test_recent_models_are_few_and_newest_first() -> None:
    kept = Settings()
    for number in range(12):
        kept = settings.with_recent(kept, f"/models/{number}")
    kept = settings.with_recent(kept, "/models/9")
    kept = settings.with_recent(kept, "starter")

    assert kept.model == "starter"
    assert kept.recent[:3] == ("/models/9", "/models/11", "/models/10")
    assert len(kept.recent) == settings.RECENT_MODELS


def test_a_tokenizer_is_remembered_with_its_model_until_another_is_given() -> None:
    kept = settings.with_recent(Settings(), "/models/a", "org/other")
    kept = settings.with_recent(kept, "/models/b")
    assert kept.tokenizers == {"/models/a": "org/other"}
    for number in range(settings.RECENT_MODELS):
        kept = settings.with_recent(kept, f"/models/{number}", "org/other")

    assert "/models/a" not in kept.tokenizers
    assert settings.with_recent(kept, "/models/3").tokenizers.get("/models/3") is None


def test_a_huge_input_is_not_kept() -> None:
    kept = settings.with_input(Settings(), "fill-mask", {"inputs": "small"})
    kept = settings.with_input(kept, "fill-mask", {"inputs": "x" * (settings.INPUT_CHARACTERS + 1)})

    assert kept.inputs == {"fill-mask": {"inputs": "small"}}


def test_damaged_geometry_is_no_geometry() -> None:
    assert settings.to_bytes(settings.to_text(b"\x00\x01")) == b"\x00\x01"
    assert settings.to_bytes("not base64!") == b""


def test_settings_hold_nothing_that_json_cannot() -> None:
    assert msgspec.json.decode(msgspec.json.encode(Settings()), type=Settings) == Settings()
