"""From what a person names to a folder, and to the card of its model."""

import json
from pathlib import Path

import pytest

from engine.models import starter
from engine.models.card import card
from engine.models.look import look
from engine.models.readme import licence, pipeline_tag
from engine.models.resolve import resolve, resolve_tokenizer
from engine.wire.errors import ModelBroken, ModelNotFound, NotDownloaded
from tests.engine.models.folders import CONFIG, write

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    home = tmp_path / "hf/hub/models--org--name"
    (home / "refs").mkdir(parents=True)
    (home / "refs/main").write_text(COMMIT)
    return write(home / "snapshots" / COMMIT)


def test_the_starter_is_found_and_right(starter_folder: Path):
    assert resolve("starter") == starter_folder

    starter.check()


def test_a_changed_starter_is_refused(tmp_path: Path):
    with pytest.raises(ModelBroken, match="not what they should be"):
        starter.check(write(tmp_path / "m"))


def test_another_models_folder_is_not_held_to_the_starters_hash(tmp_path: Path):
    starter.check_if_here(write(tmp_path / "m"))


def test_a_missing_starter_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(starter, "_PACKAGE", "no_such_package")

    with pytest.raises(ModelNotFound) as caught:
        resolve("starter")
    assert "pip install" in caught.value.what_to_do


def test_a_folder_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path / "m")
    monkeypatch.chdir(tmp_path)

    assert resolve("m") == (tmp_path / "m").resolve()


def test_a_hub_id_is_found_in_the_shared_cache(cache: Path):
    folder = resolve("org/name")

    found = card("org/name", look(folder))

    assert folder == cache
    assert (found.name, found.commit) == ("org/name", COMMIT)


@pytest.mark.parametrize("ref", ["https://huggingface.co/org/name", f"org/name@{COMMIT}", "hf.co/org/name/tree/main"])
def test_an_address_is_found_in_the_shared_cache(cache: Path, ref: str):
    assert resolve(ref) == cache


@pytest.mark.parametrize("ref", ["org/other", "https://huggingface.co/org/other", "org/name@v2"])
def test_a_hub_id_that_is_not_there_can_be_downloaded(cache: Path, ref: str):
    with pytest.raises(NotDownloaded, match="not on this computer yet") as raised:
        resolve(ref)
    assert raised.value.about == ref
    assert raised.value.hub == ref.removeprefix("https://huggingface.co/")


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_model_that_is_there_in_part_can_be_downloaded(cache: Path, missing: str):
    (cache / missing).unlink()

    with pytest.raises(NotDownloaded, match="in part"):
        resolve("org/name")


def test_a_model_whose_shards_are_there_in_part_can_be_downloaded(cache: Path):
    shards = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    (cache / "model.safetensors").rename(cache / shards[0])
    index = {"weight_map": {f"w{n}": shard for n, shard in enumerate(shards)}}
    (cache / "model.safetensors.index.json").write_text(json.dumps(index))

    with pytest.raises(NotDownloaded, match="in part"):
        resolve("org/name")
    (cache / shards[1]).write_bytes(b"")
    assert resolve("org/name") == cache


def test_pickled_weights_alone_are_a_model_which_is_judged_later(cache: Path):
    (cache / "model.safetensors").rename(cache / "pytorch_model.bin")

    assert resolve("org/name") == cache


def test_of_a_tokenizers_model_the_weights_need_not_be_there(cache: Path):
    with pytest.raises(NotDownloaded):
        resolve_tokenizer("org/name")
    (cache / "model.safetensors").unlink()
    (cache / "vocab.txt").write_text("a")

    assert resolve_tokenizer("org/name") == cache


def test_an_address_of_a_dataset_is_no_model(cache: Path):
    with pytest.raises(ModelNotFound, match="a dataset") as caught:
        resolve("https://huggingface.co/datasets/org/name")
    assert type(caught.value) is ModelNotFound


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "  ",
        "../org/name",
        "org/..",
        "org/a..b",
        "a/b/c",
        "org--name",
        "org/na me",
        "-x/y",
        "org/\0",
        "~no-such-person/m",
        "x" * 5000,
    ],
)
def test_names_that_are_no_model(cache: Path, ref: str):
    with pytest.raises(ModelNotFound):
        resolve(ref)


def test_a_cache_whose_reference_leads_elsewhere_is_not_followed(cache: Path):
    (cache.parent.parent / "refs/main").write_text("../../../elsewhere")
    write(cache.parents[3] / "elsewhere")
    assert (cache.parent / "../../../elsewhere").is_dir()

    with pytest.raises(ModelNotFound):
        resolve("org/name")


def test_a_file_is_not_a_folder(tmp_path: Path):
    write(tmp_path / "m")

    with pytest.raises(ModelNotFound, match="is a file"):
        resolve(str(tmp_path / "m/config.json"))


def test_the_card_of_the_starter(starter_folder: Path):
    found = card("starter", look(starter_folder))

    assert found.name == "all-MiniLM-L6-v2"
    assert (found.family, found.licence, found.weights) == ("BERT", "apache-2.0", "safetensors")
    # Libraries, 91 MB of weights, and some activations: far under a gigabyte, well over the weights.
    assert 400e6 < found.memory_needed_bytes < 600e6
    assert found.memory_free_bytes > 0
    assert len(found.changed) == len("2026-11-21")


def test_a_containers_memory_can_be_told(tmp_path: Path):
    assert card("m", look(write(tmp_path / "m")), 123).memory_free_bytes == 123


def test_half_precision_weights_need_their_size_in_fp32(tmp_path: Path):
    import numpy
    from safetensors.numpy import save_file

    full, half = (write(tmp_path / name, config=CONFIG) for name in ("full", "half"))
    save_file({"w": numpy.ones(10**6, numpy.float32)}, full / "model.safetensors")
    save_file({"w": numpy.ones(10**6, numpy.float16)}, half / "model.safetensors")

    needed = [card("m", look(folder)).memory_needed_bytes for folder in (full, half)]

    assert needed[0] == needed[1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("---\nlanguage: en\nlicense: apache-2.0\n---\n# Model", "apache-2.0"),
        ("---\nlicense: 'mit' # free\n---\n", "mit"),
        ("---\nlicense:\n- mit\n- apache-2.0\ntags:\n- x\n---\n", "mit, apache-2.0"),
        ("---\nlicense: other\nlicense_name: my-own\n---\n", "my-own"),
        ("---\nlicense: other\n---\n", "other"),
        ("---\ntags:\n- license: mit\n---\n", ""),
        ("# Model\nlicense: mit\n", ""),
        ("---\r\nlicense: mit\r\n---\r\n", "mit"),
    ],
)
def test_the_licence_of_a_readme(tmp_path: Path, text: str, found: str):
    (tmp_path / "README.md").write_bytes(text.encode())

    assert licence(tmp_path) == found


@pytest.mark.parametrize(
    ("text", "tag", "first"),
    [
        ("---\npipeline_tag: feature-extraction\n---\n", "feature-extraction", "feature-extraction"),
        ("---\nlicense: mit\npipeline_tag: sentence-similarity\n---\n", "sentence-similarity", "sentence-similarity"),
        ("---\npipeline_tag: text-to-image\n---\n", "text-to-image", "fill-mask"),
        ("---\nlicense: mit\n---\n", "", "fill-mask"),
    ],
)
def test_a_model_proposes_the_task_of_its_card_where_it_can_do_it(tmp_path: Path, text: str, tag: str, first: str):
    folder = write(tmp_path / "m", config={**CONFIG, "architectures": ["BertForMaskedLM"]})
    before = look(folder).tasks
    (folder / "README.md").write_text(text)
    tasks = look(folder).tasks

    assert pipeline_tag(folder) == tag
    assert tasks[0] == first
    assert sorted(tasks) == sorted(before)
