"""Question answering against Transformers' pipeline."""

import random

import pytest

from engine.all_tasks import TASKS
from engine.wire.errors import BadInput
from engine.wire.values import Result
from tests import tiny
from tests.engine.tasks.asking import TEXTS, answer, asked, encoded, pipeline

TASK = "question-answering"


def near(found, expected):
    assert found == {**expected, "score": pytest.approx(expected["score"], abs=1e-4)}


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_same_as_the_pipeline(tiny, family):
    folder = tiny(family, "QuestionAnswering")
    reference = pipeline(TASK, folder)
    for number, context in enumerate(TEXTS):
        fields = {"question": TEXTS[number - 1], "context": f"{context} {TEXTS[number - 2]}"}
        found = answer(TASK, folder, fields)
        near(found, reference(**fields))
        assert fields["context"][found["start"] : found["end"]] == found["answer"]


@pytest.mark.parametrize("family", ["bert", "roberta", "albert"])
def test_long_context_is_read_in_windows_as_the_pipeline_does(tiny, family):
    folder = tiny(family, "QuestionAnswering")
    chooser = random.Random(5)
    reference = pipeline(TASK, folder)
    for _ in range(3):
        context = " ".join(chooser.choice(TEXTS) for _ in range(80))
        fields = {"question": "Where does John live?", "context": context}
        made, _, result = asked(TASK, folder, fields)
        near(result.value, reference(**fields))
        assert max(batch["input_ids"].shape[1] for batch in made.batches) == 384
        assert all(len(batch["input_ids"]) <= 8 for batch in made.batches)
        assert "windows" in made.notices[0].text


def test_short_context_needs_no_notice(tiny):
    made = encoded(TASK, tiny("bert", "QuestionAnswering"), TASKS[TASK].card.example)
    assert made.notices == ()
    assert len(made.batches) == 1
    assert "token_type_ids" in made.batches[0]


def test_question_that_leaves_no_room_is_refused(tiny):
    with pytest.raises(BadInput, match="Question is too long"):
        encoded(TASK, tiny("bert", "QuestionAnswering"), {"question": "why " * 300, "context": "because"})


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_longest_allowed_question_fits(tiny, family):
    folder = tiny(family, "QuestionAnswering")
    fields = {"question": "the " * 1000, "context": "they work here " * 400}
    with pytest.raises(BadInput, match="at most") as refused:
        encoded(TASK, folder, fields)
    room = int(refused.value.what_happened.split("at most ")[1].split()[0])
    question = "the" + " the" * (room - (2 if family == "roberta" else 1))
    assert len(encoded(TASK, folder, {**fields, "question": question}).state[1]) > 1


def test_context_without_tokens_has_no_answer(tiny):
    found = answer(TASK, tiny("bert", "QuestionAnswering"), {"question": "why?", "context": "\x00\x00"})
    assert found == {"answer": "", "score": 0.0, "start": 0, "end": 0}


def test_same_answer_is_the_same_span():
    def result(start, end, score=0.5):
        return Result(kind="answer", value={"answer": "x", "score": score, "start": start, "end": end})

    same = TASKS[TASK].same
    assert same(result(1, 4), result(1, 4, 0.1)) == [True]
    assert same(result(1, 4), result(1, 5)) == [False]
    assert same(result(1, 4), result(0, 4)) == [False]
