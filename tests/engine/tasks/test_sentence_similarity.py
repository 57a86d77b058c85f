"""Sentence similarity on the real starter model and on tiny ones."""

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from engine.all_tasks import TASKS
from engine.wire.values import Result
from tests import tiny
from tests.engine.tasks.asking import TEXTS, answer, asked, encoded

TASK = "sentence-similarity"


def by_hand(folder, texts):
    """The scores by Transformers' tokenizer and model, one text at a time and so without padding."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        vectors = [model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(dim=0) for text in texts]
    return [float(torch.cosine_similarity(vectors[0], vector, dim=0)) for vector in vectors[1:]]


def test_the_example_ranks_as_people_would(starter_folder):
    scores = answer(TASK, starter_folder, TASKS[TASK].card.example)
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.7
    assert scores[-1] < 0.1


def test_scores_are_cosines_of_the_mean_vectors(starter_folder):
    fields = TASKS[TASK].card.example
    expected = by_hand(starter_folder, [fields["source_sentence"], *fields["sentences"]])
    assert answer(TASK, starter_folder, fields) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_every_family_and_script(tiny, family):
    folder = tiny(family, "FeatureExtraction")
    fields = {"source_sentence": TEXTS[0], "sentences": list(TEXTS)}
    scores = answer(TASK, folder, fields)
    assert scores == pytest.approx(by_hand(folder, [TEXTS[0], *TEXTS]), abs=1e-4)
    assert scores[0] == pytest.approx(1, abs=1e-5)


def test_many_sentences_keep_their_order(tiny):
    folder = tiny("bert", "FeatureExtraction")
    sentences = ["the cat sat " * (1 + number * 7 % 11) + str(number) for number in range(70)]
    made, _, result = asked(TASK, folder, {"source_sentence": sentences[5], "sentences": sentences})
    assert [len(batch["input_ids"]) for batch in made.batches] == [32, 32, 7]
    assert made.inputs == 71
    assert result.value == pytest.approx(by_hand(folder, [sentences[5], *sentences]), abs=1e-4)
    assert int(np.argmax(result.value)) == 5


def test_longer_texts_are_cut_with_one_notice(starter_folder):
    fields = {"source_sentence": "music", "sentences": ["music " * 3000, "short", "music " * 600]}
    made = encoded(TASK, starter_folder, fields)
    longest = made.batches[0]["input_ids"].shape[1]
    assert [notice.text for notice in made.notices] == [
        f"2 texts were cut: {longest} of 3,002 tokens were kept of the longest."
    ]


def test_same_answer_is_the_same_ranking_at_near_scores():
    def same(one, two):
        return TASKS[TASK].same(Result(kind="scores", value=one), Result(kind="scores", value=two))

    assert same([0.9, 0.5, 0.1], [0.89, 0.51, 0.11]) == [True] * 3
    assert same([0.9, 0.5, 0.1], [0.9, 0.47, 0.1]) == [True, False, True]
    assert same([0.50, 0.51], [0.51, 0.50]) == [True, True]
    assert same([0.50, 0.53], [0.519, 0.511]) == [False, False]
    assert same([0.9, 0.5], [0.9]) == [False, False]
