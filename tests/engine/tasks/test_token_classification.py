"""Token classification against Transformers' pipeline."""

import random

import pytest

from engine.all_tasks import TASKS
from engine.wire.values import Result
from tests import tiny
from tests.engine.tasks.asking import TEXTS, answer, encoded, pipeline

TASK = "token-classification"


def near(found, expected):
    assert len(found) == len(expected)
    for one, two in zip(found, expected, strict=True):
        assert set(one) == {"entity_group", "score", "word", "start", "end"}
        assert one["score"] == pytest.approx(float(two["score"]), abs=1e-4)
        assert {k: v for k, v in one.items() if k != "score"} == {k: v for k, v in two.items() if k != "score"}


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_same_as_the_pipeline(tiny, family):
    folder = tiny(family, "TokenClassification")
    reference = pipeline(TASK, folder, aggregation_strategy="simple")
    found = 0
    for text in TEXTS:
        entities = answer(TASK, folder, {"inputs": text})
        near(entities, reference(text))
        found += len(entities)
    assert found > 5


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_long_text_is_read_in_windows_as_the_pipeline_does(tiny, family):
    folder = tiny(family, "TokenClassification")
    chooser = random.Random(3)
    text = " ".join(chooser.choice(TEXTS) for _ in range(60))
    made = encoded(TASK, folder, {"inputs": text})
    assert max(batch["input_ids"].shape[1] for batch in made.batches) == 512
    assert "windows" in made.notices[0].text
    near(
        answer(TASK, folder, {"inputs": text}),
        pipeline(TASK, folder, aggregation_strategy="simple", stride=128)(text),
    )


def test_windows_go_in_batches_of_eight(tiny):
    made = encoded(TASK, tiny("distilbert", "TokenClassification"), {"inputs": "the cat sat " * 2000})
    rows = [len(batch["input_ids"]) for batch in made.batches]
    assert rows[:-1] == [8] * (len(rows) - 1)
    assert len(rows) > 1
    assert made.inputs == 1


def test_offsets_count_characters_of_the_text(tiny):
    text = "😀😀😀 john 😀 london"
    entities = answer(TASK, tiny("bert", "TokenClassification"), {"inputs": text})
    assert entities
    for entity in entities:
        spoken = text[entity["start"] : entity["end"]]
        assert spoken.replace(" ", "") == entity["word"].replace(" ", "")


def test_lone_surrogate_and_nul_are_no_failure(tiny):
    for family in ("bert", "roberta", "albert"):
        found = answer(TASK, tiny(family, "TokenClassification"), {"inputs": "john \ud83d and \x00 maria"})
        assert all("\ud83d" not in entity["word"] for entity in found)


def test_same_answer_is_same_spans_and_groups():
    def result(start, group, score=0.9):
        return Result(
            kind="entities",
            value=[{"entity_group": group, "score": score, "word": "x", "start": start, "end": 9}],
        )

    same = TASKS[TASK].same
    assert same(result(0, "PER"), result(0, "PER", 0.4)) == [True]
    assert same(result(0, "PER"), result(1, "PER")) == [False]
    assert same(result(0, "PER"), result(0, "LOC")) == [False]
    assert same(result(0, "PER"), Result(kind="entities", value=[])) == [False]
