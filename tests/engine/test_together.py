"""Several inputs in one call give each the answer that it gets alone."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.all_tasks import TASKS
from engine.mode import attention_of, tensors
from engine.models.load import load_eager
from engine.models.look import look
from engine.run.together import Together

SHORT, MIDDLE = "A cat sat.", "Anna Schmidt lives in Berlin and works for a small company there."
LONG = " ".join([MIDDLE] * 60)
"""More than one window of question answering, and more than a tiny model takes at once."""

INPUTS: dict[str, list[dict[str, Any]]] = {
    "feature-extraction": [{"inputs": text} for text in (MIDDLE, SHORT, LONG)],
    "text-classification": [{"inputs": text} for text in (MIDDLE, SHORT, LONG)],
    "token-classification": [{"inputs": text} for text in (MIDDLE, SHORT, LONG)],
    "question-answering": [{"question": "Where?", "context": text} for text in (MIDDLE, LONG, SHORT)],
    "sentence-similarity": [
        {"source_sentence": SHORT, "sentences": [MIDDLE]},
        {"source_sentence": MIDDLE, "sentences": [SHORT, LONG, MIDDLE]},
    ],
}


@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize("task", INPUTS)
@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_each_gets_its_own_answer(tiny: Callable[[str, str], Path], family: str, task: str, batch: int) -> None:
    alone = TASKS[task]
    together = Together(alone, batch)
    facts = look(tiny(family, alone.auto_class))
    model = load_eager(facts, alone.auto_class, attention_of(facts))
    reader = together.open(facts, "")
    encoded = together.encode(reader, {"inputs": INPUTS[task]})
    result = together.decode(reader, encoded, [tensors(model(**call)) for call in encoded.batches])

    assert encoded.inputs == len(INPUTS[task])
    whole = alone.encode(reader, INPUTS[task][0])
    if batch == 1:
        assert [call["input_ids"].tolist() for call in encoded.batches[: len(whole.batches)]] == [
            call["input_ids"].tolist() for call in whole.batches
        ]
    else:
        assert len(encoded.batches) == math.ceil(len(INPUTS[task]) / batch)
    expected = []
    for fields in INPUTS[task]:
        one = alone.encode(reader, fields)
        expected.append(alone.decode(reader, one, [tensors(model(**call)) for call in one.batches]))
    assert len(result.value) == len(expected)
    for given, wanted in zip(result.value, expected, strict=True):
        assert all(alone.same(wanted, given))
        assert given.shape == wanted.shape
    other = together.decode(reader, encoded, [tensors(model(**call)) for call in encoded.batches])
    assert list(together.same(result, other)) == [True] * len(INPUTS[task])
