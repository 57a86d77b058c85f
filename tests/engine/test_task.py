"""What tasks share: the fields of a form, the check of outputs, and the judgement of agreement."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from engine.all_tasks import TASKS
from engine.models.look import look
from engine.task import agreement, check_outputs, example, read_fields
from engine.wire.errors import BadInput, NotForThisModel

CARDS = [task.card for task in TASKS.values()]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_each_card_has_an_example_that_fills_its_form(card):
    assert TASKS[card.id].card is card
    assert card.example == example(card.id)
    assert set(read_fields(card, card.example)) == {field.id for field in card.fields}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
@pytest.mark.parametrize("value", [None, 3, {}, "", " \n\t", b"text", [], [""], ["fine", " "], ["fine", 3], [None]])
def test_each_field_of_each_task_refuses_what_is_no_text(card, value):
    for field in card.fields:
        with pytest.raises(BadInput) as refused:
            read_fields(card, {**card.example, field.id: value})
        assert field.title in refused.value.what_happened
        assert refused.value.what_to_do


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_missing_and_unknown_fields_are_named(card):
    for field in card.fields:
        with pytest.raises(BadInput, match=f"{field.title} is missing"):
            read_fields(card, {name: value for name, value in card.example.items() if name != field.id})
    with pytest.raises(BadInput, match="no field named 'colour'"):
        read_fields(card, {**card.example, "colour": "red"})


def test_a_list_is_no_single_text_and_a_text_is_no_list():
    similarity, mask = TASKS["sentence-similarity"].card, TASKS["fill-mask"].card
    with pytest.raises(BadInput, match="Sentences is not a list"):
        read_fields(similarity, {**similarity.example, "sentences": "one text"})
    with pytest.raises(BadInput, match="Line 2 of Sentences is empty"):
        read_fields(similarity, {**similarity.example, "sentences": ["one", " "]})
    with pytest.raises(BadInput, match="Text is not a text"):
        read_fields(mask, {"inputs": ["[MASK]"]})


@pytest.mark.parametrize("task_id", TASKS)
def test_lone_surrogates_and_nul_can_be_encoded(tiny, task_id):
    task = TASKS[task_id]
    reader = task.open(look(tiny("roberta", task.auto_class)), "")
    odd = {
        name: [f"{text} \udc80\x00" for text in value] if isinstance(value, list) else f"\ud83d\x00 {value}"
        for name, value in task.card.example.items()
    }
    for batch in task.encode(reader, odd).batches:
        assert batch["input_ids"].shape == batch["attention_mask"].shape


def test_listing_the_tasks_imports_nothing_heavy():
    code = "import sys, engine.all_tasks; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"torch", "transformers", "tokenizers", "numpy"}.isdisjoint(done.stdout.split())


def inputs(*masks):
    mask = torch.tensor(masks)
    return {"input_ids": torch.ones_like(mask), "attention_mask": mask}


def test_outputs_of_the_right_batch_pass():
    batch = inputs([1, 1, 1], [1, 1, 0])
    check_outputs({"logits": torch.ones(2, 3, 4), "hidden_states": (torch.ones(9),), "loss": None}, batch)
    check_outputs({"logits": np.ones((2, 5), dtype=np.float32)}, batch)
    check_outputs({"logits": torch.ones(2, 5, dtype=torch.bfloat16)}, batch)


@pytest.mark.parametrize(
    ("outputs", "why"),
    [
        ({}, "no output"),
        ({"loss": None}, "no output"),
        ({"logits": torch.ones(1, 3)}, "wrong shape"),
        ({"logits": torch.ones(3, 2)}, "wrong shape"),
        ({"logits": torch.tensor(1.0)}, "wrong shape"),
        ({"logits": torch.ones(2, 0)}, "empty"),
        ({"logits": torch.ones(0)}, "empty"),
        ({"logits": torch.tensor([[1.0], [float("nan")]])}, "not finite"),
        ({"logits": torch.tensor([[1.0], [float("inf")]])}, "not finite"),
        ({"fine": torch.ones(2, 1), "logits": torch.tensor([[-float("inf")], [1.0]])}, "not finite"),
    ],
)
def test_outputs_that_cannot_be_right_are_refused(outputs, why):
    with pytest.raises(NotForThisModel, match=why):
        check_outputs(outputs, inputs([1, 1, 1], [1, 1, 0]))


SOME = torch.linspace(-3, 3, 2 * 3 * 4).reshape(2, 3, 4)
BATCH, WHOLE = inputs([1, 1, 1], [1, 1, 0]), inputs([1, 1, 1], [1, 1, 1])


def judged(precision, reference, other, same=(True, True), batch=BATCH):
    return agreement(precision, [{"out": reference}], [{"out": other}], [batch], same)


def test_equal_outputs_and_answers_are_identical():
    found = judged("fp32", SOME, SOME.clone())
    assert (found.verdict, found.share, found.max_abs_diff, found.n) == ("identical", 1, 0, 2)
    assert found.cosine_worst == pytest.approx(1)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8-dynamic"])
def test_another_answer_is_another_answer_however_near_the_outputs(precision):
    found = judged(precision, SOME, SOME, same=(True, False))
    assert (found.verdict, found.share) == ("different answers", 0.5)


def test_fp32_tolerance_is_a_thousandth_of_the_largest_value():
    assert judged("fp32", SOME, SOME + 0.0029, batch=WHOLE).verdict == "identical"
    assert judged("fp32", SOME, SOME + 0.0031, batch=WHOLE).verdict == "different answers"
    assert judged("fp32", SOME / 100, SOME / 100 + 0.0009, batch=WHOLE).verdict == "identical"
    assert judged("fp32", SOME / 100, SOME / 100 + 0.0011, batch=WHOLE).verdict == "different answers"
    assert judged("fp32", SOME, SOME + 0.0031, batch=WHOLE).max_abs_diff == pytest.approx(0.0031, rel=1e-3)


def test_each_output_is_held_to_its_own_largest_value():
    large, small = torch.full((2, 3), 5000.0), torch.ones(2, 3)
    found = agreement("fp32", [{"a": large, "b": small}], [{"a": large, "b": small + 1}], [BATCH], [True, True])
    assert found.verdict == "different answers"


def turned(cosine):
    """SOME turned so that each row has this cosine to it."""
    rows = SOME.reshape(2, -1).double()
    aside = torch.randn(rows.shape, generator=torch.Generator().manual_seed(1), dtype=torch.double)
    aside -= rows * ((aside * rows).sum(1) / (rows * rows).sum(1))[:, None]
    aside *= (rows.norm(dim=1) / aside.norm(dim=1))[:, None]
    return (rows * cosine + aside * (1 - cosine**2) ** 0.5).reshape(SOME.shape).float()


@pytest.mark.parametrize(
    ("precision", "cosine", "verdict"),
    [
        ("bf16", 0.9992, "same answers"),
        ("bf16", 0.9988, "different answers"),
        ("bf16-autocast", 0.9988, "different answers"),
        ("int8-dynamic", 0.9988, "same answers"),
        ("int8-dynamic", 0.991, "same answers"),
        ("int8-dynamic", 0.989, "different answers"),
        ("int4-weights", 0.989, "different answers"),
        ("fp32", 0.9992, "different answers"),
    ],
)
def test_low_precisions_are_held_to_a_cosine(precision, cosine, verdict):
    found = judged(precision, SOME, turned(cosine), batch=WHOLE)
    assert found.verdict == verdict
    assert found.cosine_worst == pytest.approx(cosine, abs=1e-5)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8-dynamic"])
def test_a_flipped_sign_is_caught_in_one_row_of_many(precision):
    flipped = SOME.clone()
    flipped[1] = -flipped[1]
    found = judged(precision, SOME, flipped)
    assert (found.verdict, found.share) == ("different answers", 0.5)
    assert found.cosine_worst == pytest.approx(-1)


def test_padding_does_not_count_but_tokens_do():
    padded, touched = SOME.clone(), SOME.clone()
    padded[1, 2] = 99
    touched[1, 1] = 99
    assert judged("fp32", SOME, padded).verdict == "identical"
    assert judged("fp32", SOME, touched).verdict == "different answers"


def test_labels_are_not_taken_for_tokens():
    logits = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    changed = logits.clone()
    changed[1, 2] = 9
    assert judged("fp32", logits, changed).verdict == "different answers"


def test_padding_of_starts_and_ends_does_not_count():
    logits = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, -90.0]])
    changed = logits.clone()
    changed[1, 2] = 9
    found = agreement("fp32", [{"start_logits": logits}], [{"start_logits": changed}], [BATCH], [True, True])
    assert found.verdict == "identical"


def test_outputs_of_one_side_alone_are_left_out():
    reference = {"last_hidden_state": SOME, "pooler_output": torch.ones(2, 4)}
    assert agreement("fp32", [reference], [{"last_hidden_state": SOME}], [BATCH], [True]).verdict == "identical"
    with pytest.raises(NotForThisModel, match="other names"):
        agreement("fp32", [reference], [{"logits": SOME}], [BATCH], [True])


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (SOME[:1], "wrong shape"),
        (SOME[:, :2], "wrong shape"),
        (SOME[..., :3], "wrong shape"),
        (SOME[:, :0], "empty"),
        (SOME * float("nan"), "not finite"),
    ],
)
def test_outputs_that_cannot_be_compared_are_refused(other, why):
    with pytest.raises(NotForThisModel, match=why):
        judged("int8-dynamic", SOME, other)


def test_one_answer_of_many_rows_is_held_to_the_worst_row():
    other = SOME.clone()
    other[1, 0] += 1
    assert judged("fp32", SOME, other, same=(True,)).share == 0
    assert judged("fp32", SOME, other, same=(True, True, True)).share == 0
    assert judged("fp32", SOME, other, same=(True, True)).share == 0.5


@pytest.mark.parametrize(
    ("wrong", "verdict"), [(1, "same answers"), (2, "close"), (5, "close"), (6, "different answers")]
)
def test_many_inputs_are_judged_by_their_share(wrong, verdict):
    outputs, batch = torch.ones(100, 2), inputs(*[[1, 1]] * 100)
    found = judged("int8-dynamic", outputs, outputs, [number >= wrong for number in range(100)], batch)
    assert (found.verdict, found.share, found.n) == (verdict, (100 - wrong) / 100, 100)


def test_batches_are_judged_together():
    first, second = SOME[:1], SOME[1:]
    batches = [inputs([1, 1, 1]), inputs([1, 1, 1])]
    found = agreement(
        "int8-dynamic", [{"o": first}, {"o": second}], [{"o": first}, {"o": -second}], batches, [True, True]
    )
    assert (found.share, found.verdict) == (0.5, "different answers")
    assert found.cosine_worst == pytest.approx(-1)


def test_zeros_agree_with_zeros_alone():
    zeros, ones = torch.zeros(2, 2), torch.ones(2, 2)
    assert judged("int8-dynamic", zeros, zeros).verdict == "identical"
    assert judged("int8-dynamic", zeros, ones).verdict == "different answers"
    assert judged("int8-dynamic", ones, zeros).verdict == "different answers"


def test_a_drift_that_grows_in_steps_is_seen_in_the_numbers():
    seen = [judged("fp32", SOME, SOME * (1 + step)).max_abs_diff for step in (0.0, 1e-6, 1e-4, 1e-2)]
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(0.03, rel=1e-3)
