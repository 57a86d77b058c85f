"""Feature extraction on the real starter model and on tiny ones."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from engine.all_tasks import TASKS
from engine.wire.errors import DataFolder
from engine.wire.values import INLINE_ARRAY_BYTES, Result
from tests import tiny
from tests.engine.tasks.asking import TEXTS, asked, pipeline

TASK = "feature-extraction"


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_same_as_the_pipeline(tiny, family):
    folder = tiny(family, "FeatureExtraction")
    reference = pipeline(TASK, folder)
    for text in TEXTS:
        _, _, result = asked(TASK, folder, {"inputs": text})
        expected = np.array(reference(text))
        assert result.shape == expected.shape
        np.testing.assert_allclose(np.array(result.value), expected, atol=1e-5)


def test_a_sentence_model_gives_one_vector_of_length_one(starter_folder):
    _, _, result = asked(TASK, starter_folder, TASKS[TASK].card.example)
    assert result.shape == (384,)
    assert np.linalg.norm(result.value) == pytest.approx(1, abs=1e-5)
    tokens = np.array(pipeline(TASK, starter_folder)(TASKS[TASK].card.example["inputs"]))[0]
    np.testing.assert_allclose(result.value, tokens.mean(axis=0) / np.linalg.norm(tokens.mean(axis=0)), atol=1e-5)


def test_a_model_pooled_by_its_first_token(tiny, tmp_path):
    folder = tmp_path / "cls"
    folder.mkdir()
    for file in tiny("bert", "FeatureExtraction").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    _, outputs, result = asked(TASK, folder, {"inputs": TEXTS[0]})
    assert result.value == outputs[0]["last_hidden_state"][0, 0].tolist()


def test_large_arrays_cross_as_a_file_and_old_ones_go(tiny, tmp_path, own_home):
    folder = tiny_wide(tmp_path)
    results = own_home / "results"
    results.mkdir(parents=True)
    old, recent = results / "old.npz", results / "recent.npz"
    for file in (old, recent):
        file.write_bytes(b"")
    os.utime(old, (time.time() - 90_000,) * 2)
    fields = {"inputs": "the cat sat on the mat " * 80}
    _, outputs, result = asked(TASK, folder, fields)
    _, _, again = asked(TASK, folder, fields)
    assert result.value is None
    assert np.prod(result.shape) * 4 > INLINE_ARRAY_BYTES
    with np.load(result.array_file) as stored:
        np.testing.assert_array_equal(stored["value"], outputs[0]["last_hidden_state"].numpy())
    assert result.array_file == again.array_file
    assert TASKS[TASK].same(result, again) == [True]
    _, _, other = asked(TASK, folder, {"inputs": "the dog sat on the mat " * 80})
    assert other.shape == result.shape
    assert other.array_file != result.array_file
    assert TASKS[TASK].same(result, other) == [False]
    assert {file.name for file in results.iterdir()} == {
        "recent.npz", Path(result.array_file).name, Path(other.array_file).name
    }  # fmt: skip


def test_a_reference_whose_file_is_gone_leaves_the_judgement_to_the_raw_outputs(tmp_path, own_home):
    _, _, result = asked(TASK, tiny_wide(tmp_path), {"inputs": "the cat sat on the mat " * 80})
    gone = Result(kind="vectors", value=None, shape=result.shape, array_file=str(tmp_path / "gone.npz"))
    assert TASKS[TASK].same(gone, result) == [True]


def test_a_results_folder_that_cannot_be_written_is_told(tmp_path, own_home):
    (own_home / "results").mkdir(parents=True)
    folder = tiny_wide(tmp_path)
    fields = {"inputs": "the cat sat on the mat " * 80}
    _, _, result = asked(TASK, folder, fields)
    Path(result.array_file).unlink()
    Path(result.array_file).mkdir()  # what no file can replace
    with pytest.raises(DataFolder, match="cannot be written"):
        asked(TASK, folder, fields)


def tiny_wide(tmp_path):
    return tiny.make("bert", "FeatureExtraction", tmp_path / "wide", hidden_size=192)


def test_same_answer_is_the_same_direction_of_each_vector():
    def result(rows):
        value = np.array(rows, dtype=np.float32)
        return Result(kind="vectors", value=value.tolist(), shape=value.shape)

    same = TASKS[TASK].same
    assert same(result([[[1, 0], [0, 1]]]), result([[[2, 0.1], [0, 1]]])) == [True]
    assert same(result([[[1, 0], [0, 1]]]), result([[[1, 0], [0.2, 1]]])) == [False]
    assert same(result([[[1, 0], [0, 1]]]), result([[[1, 0], [0, -1]]])) == [False]
    assert same(result([[[1, 0], [0, 1]]]), result([[[1, 0]]])) == [False]
    assert same(result([1, 2, 3]), result([1, 2, 3])) == [True]
