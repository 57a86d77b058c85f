"""Listing what is on this computer, and deleting of it what may be deleted."""

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.cpu import read as cpu
from engine.library import deleting, local
from engine.models import look
from engine.store import seen
from engine.store.artefacts import Shelf
from engine.wire import errors
from engine.wire.hub import LocalModel
from engine.wire.messages import DeleteModel
from tests.engine.models.folders import CONFIG, weights, write

NEW, OLD = "a" * 40, "b" * 40
WEIGHTS = "model.safetensors"


def put(cache: Path, repo: str, commit: str, files: dict[str, str], refs: tuple[str, ...] = ()) -> Path:
    """A snapshot as the Hub's own client lays it out; ``files``: names to the names of their blobs."""
    home = cache / f"models--{repo.replace('/', '--')}"
    snapshot = home / "snapshots" / commit
    for name, blob in files.items():
        shown, content = snapshot / name, home / "blobs" / blob
        shown.parent.mkdir(parents=True, exist_ok=True)
        content.parent.mkdir(parents=True, exist_ok=True)
        if name == WEIGHTS:
            weights(content)
        elif not content.exists():
            content.write_text(json.dumps(CONFIG) if name == "config.json" else "---\nlicense: mit\n---\n")
        shown.symlink_to(os.path.relpath(content, shown.parent))
    for ref in refs:
        place = home / "refs" / ref
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(commit)
    return snapshot


def models(folders: tuple[str, ...] = ()) -> dict[str, LocalModel]:
    return {model.ref: model for model in local.listed(folders).models}


def delete(model: LocalModel, **more: Any) -> LocalModel:
    asked = {"ref": model.ref, "folder": model.folder, **more}
    return deleting.delete(DeleteModel(id="x", **asked))


def writing(content: bytes) -> Callable[[Path], None]:
    def write_it(place: Path) -> None:
        (place / "model.onnx").write_bytes(content)

    return write_it


def under(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*")}


def test_starter_cache_and_folders_are_told(cache: Path, tmp_path: Path) -> None:
    put(cache, "org/name", NEW, {"config.json": "c", WEIGHTS: "w", "README.md": "r"}, ("main", "refs/pr/1"))
    put(cache, "org/name", OLD, {"config.json": "c", WEIGHTS: "old"})
    put(cache, "org/tag", NEW, {"config.json": "c", WEIGHTS: "w"}, ("v1",))
    (cache / "datasets--org--data").mkdir()
    own = write(tmp_path / "mine" / "one")
    write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/mine/l\xe4rm")))  # a name that is no text, from an old archive
    found = models((str(tmp_path / "mine"), str(own), "/nowhere", "\0", "~nobody/x"))
    new, old = found["org/name"], found[f"org/name@{OLD}"]

    assert list(found) == ["starter", "org/name", f"org/name@{OLD}", "org/tag@v1", str(own)]
    assert (new.place, new.commit, new.family, new.task, new.licence) == (
        "cache",
        NEW,
        "BERT",
        "feature-extraction",
        "mit",
    )
    assert new.whole
    assert new.reason == ""
    assert new.size_bytes == sum(file.stat().st_size for file in Path(new.folder).iterdir())
    assert old.frees_bytes == (cache / "models--org--name/blobs/old").stat().st_size < old.size_bytes
    assert abs(new.last_used_s - time.time()) < 600
    assert (found[str(own)].place, found["starter"].place) == ("folder", "starter")
    assert found["starter"].whole
    assert found["starter"].family == "BERT"


def test_what_does_not_run_or_is_not_whole_says_why(cache: Path) -> None:
    put(cache, "org/half", NEW, {"config.json": "c"}, ("main",))
    put(cache, "org/words", NEW, {"tokenizer.json": "t"}, ("main",))
    put(cache, "org/index", NEW, {"config.json": "c", "model.safetensors.index.json": "i"}, ("main",))
    index = '{"weight_map": {"a": "model-00001-of-00001.safetensors"}}'
    (cache / "models--org--index/blobs/i").write_text(index)
    put(cache, "org/lost", NEW, {"config.json": "c", WEIGHTS: "w"}, ("main",))
    (cache / "models--org--lost/blobs/w").unlink()
    gpt = put(cache, "org/gpt", NEW, {"config.json": "c", WEIGHTS: "w"}, ("main",))
    (gpt / "config.json").write_text('{"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}')
    begun = cache / "models--org--begun/blobs"
    begun.mkdir(parents=True)
    (begun / "abc.incomplete").write_bytes(b"123")
    (cache / "models--org--empty/refs").mkdir(parents=True)
    found = models()

    assert {ref: model.whole for ref, model in found.items()} == {
        "starter": True,
        "org/gpt": True,
        "org/begun": False,
        **{f"org/{name}": False for name in ("half", "words", "index", "lost")},
    }
    assert "text generation" in found["org/gpt"].reason
    assert "tokenizer" in found["org/words"].reason
    assert found["org/begun"].size_bytes == 3
    assert all(model.reason.endswith(".") for model in found.values() if not model.whole)


def test_prepared_models_belong_to_the_model_that_they_were_made_of(cache: Path) -> None:
    folder = put(cache, "org/name", NEW, {"config.json": "c", WEIGHTS: "w"}, ("main",))
    key = look.look(folder).content_key
    seen.note(folder.resolve(), key)
    shelf = Shelf(f"{key} FeatureExtraction", cpu.signature(cpu.facts()))
    shelf.keep("onnx-runtime", "fp32", {}, writing(b"x" * 500))
    Shelf("another Thing", "cpu").keep("m", "p", {}, writing(b"x"))
    before = models()["org/name"]
    delete(before, part="prepared", content_key=before.content_key)
    after = models()["org/name"]

    assert (before.prepared_bytes, before.content_key) == (500, key)
    assert after.prepared_bytes == 0
    assert Path(after.folder).is_dir()
    assert Shelf("another Thing", "cpu").prepared() == {("m", "p")}


def test_deleting_keeps_the_layout_and_what_others_need(cache: Path) -> None:
    put(cache, "org/name", NEW, {"config.json": "c", WEIGHTS: "w", "onnx/model.onnx": "o"}, ("main", "v2"))
    put(cache, "org/name", OLD, {"config.json": "c", WEIGHTS: "old"}, ("v1",))
    home = cache / "models--org--name"
    (home / "blobs/xyz.incomplete").write_bytes(b"of another program")
    (cache / ".locks/models--org--name").mkdir(parents=True)
    (cache / ".locks/models--org--name/w.lock").touch()
    new = models()["org/name"]
    frees = new.frees_bytes
    sizes = sum(file.stat().st_size for file in (home / "blobs").iterdir())
    delete(new)
    left = models()

    assert sizes - sum(file.stat().st_size for file in (home / "blobs").iterdir()) == frees
    assert {file.name for file in (home / "blobs").iterdir()} == {"c", "old", "xyz.incomplete"}
    assert under(home / "refs") == {"v1"}
    assert left["org/name@v1"].whole
    delete(left["org/name@v1"])
    assert under(home) == {"blobs", "blobs/xyz.incomplete"}
    assert (cache / ".locks/models--org--name/w.lock").exists()


def test_what_another_version_shows_is_kept_however_deep_it_lies(cache: Path) -> None:
    put(cache, "org/name", NEW, {"config.json": "c", WEIGHTS: "w"}, ("main",))
    deep = "/".join("abcdefghij")
    put(cache, "org/name", OLD, {"config.json": "old", f"{deep}/copy.safetensors": "w"}, ("v1",))
    delete(models()["org/name"])

    assert (cache / "models--org--name/snapshots" / OLD / deep / "copy.safetensors").exists()


def test_a_half_model_goes_but_not_what_somebody_is_at(cache: Path) -> None:
    import filelock

    blobs = cache / "models--org--name/blobs"
    locks = cache / ".locks/models--org--name"
    blobs.mkdir(parents=True)
    locks.mkdir(parents=True)
    for name in ("whole", "old.incomplete", "fresh.incomplete", "locked.incomplete", "old.abcdefgh.incomplete"):
        (blobs / name).write_bytes(b"x")
        if name != "fresh.incomplete":
            os.utime(blobs / name, (1, 1))
    held = filelock.FileLock(locks / "locked.lock", thread_local=False)
    with held:
        done = threading.Thread(target=delete, args=(models()["org/name"],))
        done.start()
        done.join()

    assert under(blobs) == {"fresh.incomplete", "locked.incomplete", "old.abcdefgh.incomplete"}


@pytest.mark.parametrize(
    "folder", ["", "/", "..", "/etc", "{cache}", "{cache}/../..", "{cache}/models--org--name/snapshots/../.."]
)
def test_nothing_but_what_is_listed_can_be_deleted(cache: Path, folder: str) -> None:
    put(cache, "org/name", NEW, {"config.json": "c", WEIGHTS: "w"}, ("main",))
    before = under(cache)
    with pytest.raises(errors.ModelNotFound):
        deleting.delete(DeleteModel(id="x", ref="org/name", folder=folder.format(cache=cache)))
    assert under(cache) == before


def test_the_starter_and_a_persons_folder_stay(cache: Path, tmp_path: Path) -> None:
    own = write(tmp_path / "own")
    found = models((str(own),))
    for ref in ("starter", str(own)):
        with pytest.raises(errors.BadInput):
            delete(found[ref], folders=(str(own),))
    assert (own / WEIGHTS).is_file()
    assert models()["starter"].whole


def test_a_repository_that_is_a_link_elsewhere_is_not_followed(cache: Path, tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "elsewhere", "org/name", NEW, {"config.json": "c", WEIGHTS: "w"}, ("main",))
    cache.mkdir(parents=True)
    (cache / "models--org--name").symlink_to(elsewhere.parent.parent, target_is_directory=True)
    with pytest.raises(errors.BadInput):
        delete(models()["org/name"])
    assert (elsewhere / WEIGHTS).is_file()


def test_no_cache_and_one_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "none"))
    told = local.listed(())

    assert [model.ref for model in told.models] == ["starter"]
    assert told.cache.endswith("none/hub")
    assert told.free_bytes > 0
    assert told.reason == ""
