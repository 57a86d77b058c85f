"""Pickled weights: opened only with consent, and then only for their numbers."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.models import pickled
from engine.models.load import load_eager
from engine.models.look import look, require_unchanged
from engine.wire.errors import ModelBroken, UnsafeWeights
from tests.hostile import evil_archive, evil_pickle

Tiny = Callable[[str, str], Path]


def as_pickle(folder: Path, to: Path, **how: bool) -> Path:
    """A copy of a model whose weights are what torch.save writes."""
    shutil.copytree(folder, to)
    torch.save(load_file(to / "model.safetensors"), to / pickled.SINGLE, **how)
    (to / "model.safetensors").unlink()
    return to


@pytest.mark.parametrize("zipped", [True, False])
def test_with_consent_the_model_is_the_same(tiny: Tiny, tmp_path: Path, zipped: bool):
    safe_folder = tiny("bert", "SequenceClassification")
    folder = as_pickle(safe_folder, tmp_path / "m", _use_new_zipfile_serialization=zipped)
    expected = load_eager(look(safe_folder), "SequenceClassification", "sdpa").state_dict()

    model = load_eager(look(folder, allow_pickle=True), "SequenceClassification", "sdpa")

    assert all(torch.equal(value, expected[name]) for name, value in model.state_dict().items())


def test_in_parts(tiny: Tiny, tmp_path: Path):
    folder = as_pickle(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    tensors = torch.load(folder / pickled.SINGLE, weights_only=True)
    (folder / pickled.SINGLE).unlink()
    names = sorted(tensors)
    weight_map: dict[str, str] = {}
    for part in ("one.bin", "two.bin"):
        chosen = names[::2] if part == "one.bin" else names[1::2]
        torch.save({name: tensors[name] for name in chosen}, folder / part)
        weight_map |= dict.fromkeys(chosen, part)
    (folder / pickled.INDEX).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}))

    facts = look(folder, allow_pickle=True)

    assert facts.weights_files == ("one.bin", "two.bin")
    assert load_eager(facts, "FeatureExtraction", "sdpa") is not None


def test_without_consent_nothing_opens_them(tiny: Tiny, tmp_path: Path):
    folder = as_pickle(tiny("bert", "FeatureExtraction"), tmp_path / "m")

    with pytest.raises(UnsafeWeights, match="pickle") as caught:
        load_eager(look(folder), "FeatureExtraction", "sdpa")

    assert "--allow-pickle" in caught.value.what_to_do


@pytest.mark.parametrize("make", [evil_pickle, evil_archive])
def test_even_with_consent_only_numbers_are_taken(tiny: Tiny, tmp_path: Path, make: Callable[[Path], bytes]):
    folder = as_pickle(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    (folder / pickled.SINGLE).write_bytes(make(tmp_path))

    with pytest.raises(UnsafeWeights, match="more than numbers"):
        load_eager(look(folder, allow_pickle=True), "FeatureExtraction", "sdpa")

    assert not (tmp_path / "opened").exists()


def test_a_pickle_that_is_cut_is_told(tiny: Tiny, tmp_path: Path):
    folder = as_pickle(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    content = (folder / pickled.SINGLE).read_bytes()
    (folder / pickled.SINGLE).write_bytes(content[: len(content) // 2])

    with pytest.raises(ModelBroken, match="cut short"):
        look(folder)


def test_pickles_are_preferred_to_a_graph_where_they_are_allowed(tiny: Tiny, tmp_path: Path):
    folder = as_pickle(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    (folder / "model.onnx").touch()

    assert look(folder).weights == "ONNX"
    assert look(folder, allow_pickle=True).weights == "pickle"


def test_the_digest_is_of_the_content_alone(tiny: Tiny, tmp_path: Path):
    folder = as_pickle(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    names = look(folder).weights_files
    before = pickled.digest(folder, names)

    copy = shutil.copytree(folder, tmp_path / "copy")
    assert pickled.digest(copy, names) == before
    with (copy / pickled.SINGLE).open("ab") as stream:
        stream.write(b"x")
    assert pickled.digest(copy, names) != before


def test_what_a_trainer_leaves_is_no_weights(tiny: Tiny, tmp_path: Path):
    folder = as_pickle(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    (folder / pickled.SINGLE).rename(folder / "optimizer.pt")
    (folder / "optimizer.pt").rename(folder / "training_args.bin")

    with pytest.raises(ModelBroken, match="no weights"):
        look(folder)


def test_files_that_changed_since_they_were_looked_at(tiny: Tiny, tmp_path: Path):
    folder = tmp_path / "m"
    shutil.copytree(tiny("bert", "FeatureExtraction"), folder)
    facts = look(folder)
    require_unchanged(facts)

    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelBroken, match="changed"):
        load_eager(facts, "FeatureExtraction", "sdpa")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelBroken, match="changed"):
        require_unchanged(facts)
