"""What ``--input`` is taken for."""

import json

import pytest

from engine import task as shared
from engine.all_tasks import TASKS
from engine.cli.run_command import read_fields
from engine.wire.errors import BadInput

ONE_FIELD, TWO_FIELDS = TASKS["text-classification"].card, TASKS["question-answering"].card


@pytest.mark.parametrize(
    "given",
    ["plain", "[1]", "{", "5", "{}", json.dumps({"text": "John"}), json.dumps({"Inputs": "John", "top_k": 2})],
)
def test_a_text_that_does_not_name_the_one_field_is_a_text(given: str) -> None:
    assert read_fields(given, ONE_FIELD) == {"inputs": given}


@pytest.mark.parametrize(
    ("given", "unknown"),
    [
        ({"inputs": "John works in Paris.", "parameters": {}}, "parameters"),
        ({"top_k": 2, "inputs": "the [MASK] sat"}, "top_k"),
    ],
)
def test_an_object_that_names_the_one_field_may_name_nothing_else(given: dict[str, object], unknown: str) -> None:
    with pytest.raises(BadInput, match=f"no field named '{unknown}'"):
        shared.read_fields(ONE_FIELD, read_fields(json.dumps(given), ONE_FIELD))


def test_a_byte_order_mark_is_no_part_of_the_input() -> None:
    fields = {"question": "Who?", "context": "John."}

    assert read_fields("\ufeffplain", ONE_FIELD) == {"inputs": "plain"}
    assert read_fields("\ufeff" + json.dumps({"inputs": "x"}), ONE_FIELD) == {"inputs": "x"}
    assert read_fields("\ufeff" + json.dumps(fields), TWO_FIELDS) == fields
