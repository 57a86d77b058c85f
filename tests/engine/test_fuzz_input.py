"""``--input`` and the fields of a form, whatever they are: an encoded input, or BadInput."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.all_tasks import TASKS
from engine.cli.run_command import read_fields
from engine.models.look import look
from engine.task import Encoded
from engine.wire import codec
from engine.wire.errors import BadInput, FastpathError
from engine.wire.messages import Run

HEADS = {
    "feature-extraction": "FeatureExtraction",
    "sentence-similarity": "FeatureExtraction",
    "text-classification": "SequenceClassification",
    "token-classification": "TokenClassification",
    "question-answering": "QuestionAnswering",
    "fill-mask": "MaskedLM",
}
FAMILIES = ("bert", "roberta")

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
"""Half characters too."""

PIECES = st.sampled_from(
    ["[MASK]", "<mask>", "[SEP]", "</s>", "\0", "\u202e", "👩‍👩‍👧", "שלום", "\n", " ", "word", "\ud800", "''", "``"]
)
TEXTS = ANY_TEXT | st.lists(PIECES, max_size=12).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(sorted({field.id for task in TASKS.values() for field in task.card.fields}))

often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fields_of(task_id: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any fields, and oftener such as the task has."""
    lines = st.lists(TEXTS, max_size=4)
    fitting = {field.id: lines if field.kind == "lines" else TEXTS for field in TASKS[task_id].card.fields}
    return st.fixed_dictionaries(fitting) | st.dictionaries(NAMES | ANY_TEXT, VALUES, max_size=4)


@pytest.fixture(scope="module")
def readers(tiny: Callable[[str, str], Path]) -> dict[tuple[str, str], Any]:
    return {
        (task_id, family): TASKS[task_id].open(look(tiny(family, head)), "")
        for task_id, head in HEADS.items()
        for family in FAMILIES
    }


def check_sentence(error: FastpathError) -> None:
    assert error.what_happened.endswith(".")
    assert error.what_happened.isprintable()
    assert error.what_to_do


def test_every_task_is_tried():
    assert set(HEADS) == set(TASKS)


@pytest.mark.parametrize("task_id", HEADS)
@given(data=st.data())
@often
def test_what_a_terminal_gives_becomes_fields_or_is_bad_input(task_id: str, data: st.DataObject):
    given_text = data.draw(TEXTS | VALUES.map(json.dumps) | fields_of(task_id).map(json.dumps))
    try:
        fields = read_fields(given_text, TASKS[task_id].card)
    except BadInput as error:
        check_sentence(error)
        return
    assert isinstance(fields, dict)
    try:  # and crosses to the engine whole, or is told to be unreadable
        line = codec.encode(Run(id="r", folder="/m", task=task_id, mode="eager", fields=fields))
    except codec.Unwritable:
        return
    request = codec.decode_request(line)
    assert isinstance(request, Run)
    assert request.fields == json.loads(json.dumps(fields))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("task_id", HEADS)
@given(data=st.data())
@often
def test_any_fields_are_encoded_or_are_bad_input(
    readers: dict[tuple[str, str], Any], task_id: str, family: str, data: st.DataObject
):
    fields = data.draw(fields_of(task_id))
    try:
        encoded = TASKS[task_id].encode(readers[task_id, family], fields)
    except BadInput as error:
        check_sentence(error)
        return
    assert isinstance(encoded, Encoded)
    for batch in encoded.batches:
        rows, tokens = batch["input_ids"].shape
        assert rows >= 1
        assert 1 <= tokens <= 512


CONFIG_KEYS = st.sampled_from(
    [
        *("model_type", "architectures", "hidden_size", "id2label", "max_position_embeddings", "tokenizer_class"),
        *("attn_implementation", "auto_map", "num_hidden_layers", "quantization_config", "chat_template", "dtype"),
    ]
)
CONFIGS = st.dictionaries(CONFIG_KEYS | ANY_TEXT, VALUES, max_size=5)


@given(config=CONFIGS, tokenizer=CONFIGS)
@often
def test_any_configuration_is_looked_into_or_refused(
    tmp_path_factory: pytest.TempPathFactory, config: dict[str, Any], tokenizer: dict[str, Any]
):
    from tests.engine.models.folders import CONFIG, write

    folder = write(tmp_path_factory.mktemp("m"), config={**CONFIG, **config}, tokenizer_config=tokenizer)
    try:
        facts = look(folder)
    except FastpathError as error:
        check_sentence(error)
    else:
        assert facts.model_type in (CONFIG["model_type"], config.get("model_type"))
