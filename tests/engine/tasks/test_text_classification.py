"""Text classification against Transformers' pipeline."""

import json
import shutil

import pytest

from engine.all_tasks import TASKS
from engine.wire.errors import ModelBroken
from engine.wire.values import Result
from tests import tiny
from tests.engine.tasks.asking import TEXTS, answer, encoded, pipeline

TASK = "text-classification"


def near(found, expected):
    assert [one["label"] for one in found] == [two["label"] for two in expected]
    assert [one["score"] for one in found] == pytest.approx([two["score"] for two in expected], abs=1e-5)


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_same_as_the_pipeline(tiny, family):
    folder = tiny(family, "SequenceClassification")
    reference = pipeline(TASK, folder)
    for text in TEXTS:
        found = answer(TASK, folder, {"inputs": text})
        near(found, reference(text, top_k=None))
        assert {one["label"] for one in found} == {"NEGATIVE", "POSITIVE"}


@pytest.mark.parametrize(
    ("problem", "labels"),
    [
        ("single_label_classification", 3),
        ("multi_label_classification", 3),
        ("regression", 1),
        ("regression", 2),
        (None, 1),
        (None, 4),
    ],
)
def test_scores_are_made_as_the_pipeline_makes_them(tmp_path, problem, labels):
    names = {number: f"label {number}" for number in range(labels)}
    settings = {"problem_type": problem, "id2label": names, "label2id": {}}
    folder = tiny.make("bert", "SequenceClassification", tmp_path / "model", **settings)
    near(answer(TASK, folder, {"inputs": TEXTS[0]}), pipeline(TASK, folder)(TEXTS[0], top_k=None))


def test_labels_without_names_are_numbered_as_transformers_does(tiny, tmp_path):
    folder = shutil.copytree(tiny("bert", "SequenceClassification"), tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    del config["id2label"], config["label2id"]
    (folder / "config.json").write_text(json.dumps(config))
    found = answer(TASK, folder, {"inputs": TEXTS[0]})
    near(found, pipeline(TASK, folder)(TEXTS[0], top_k=None))
    assert {one["label"] for one in found} == {"LABEL_0", "LABEL_1"}


@pytest.mark.parametrize("names", [["a", "b"], {"first": "a"}])
def test_labels_named_in_an_unknown_way_are_refused(tiny, tmp_path, names):
    folder = shutil.copytree(tiny("bert", "SequenceClassification"), tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"id2label": names}))
    with pytest.raises(ModelBroken, match="names its labels"):
        encoded(TASK, folder, {"inputs": TEXTS[0]})


def test_long_text_is_cut_with_a_notice(tiny):
    made = encoded(TASK, tiny("roberta", "SequenceClassification"), {"inputs": "the cat sat on the mat " * 200})
    assert made.batches[0]["input_ids"].shape == (1, 512)
    assert "512 of its" in made.notices[0].text


def test_same_answer_is_the_same_label_at_a_near_score():
    def result(**scores):
        return Result(kind="labels", value=[{"label": name, "score": score} for name, score in scores.items()])

    same = TASKS[TASK].same
    assert same(result(a=0.8, b=0.2), result(a=0.79, b=0.21)) == [True]
    assert same(result(a=0.8, b=0.2), result(a=0.77, b=0.23)) == [False]
    assert same(result(a=0.502, b=0.498), result(b=0.501, a=0.499)) == [False]
    assert same(result(a=40.0), result(a=40.5)) == [True]
    assert same(result(a=40.0), result(a=41.0)) == [False]
    assert same(result(a=0.8, b=0.2), result(a=0.8)) == [False]
