"""Fill mask against Transformers' pipeline."""

import pytest

from engine.all_tasks import TASKS
from engine.wire.errors import BadInput
from engine.wire.values import Result
from tests import tiny
from tests.engine.tasks.asking import TEXTS, answer, asked, encoded, pipeline

TASK = "fill-mask"


def near(found, expected):
    assert len(found) == 5
    for one, two in zip(found, expected, strict=True):
        assert one == {**two, "score": pytest.approx(two["score"], abs=1e-4)}


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_same_as_the_pipeline(tiny, family):
    folder = tiny(family, "MaskedLM")
    reference = pipeline(TASK, folder)
    mask = reference.tokenizer.mask_token
    for text in TEXTS:
        near(
            answer(TASK, folder, {"inputs": f"{text} The [MASK] is here."}),
            reference(f"{text} The {mask} is here."),
        )


@pytest.mark.parametrize("family", ["bert", "roberta", "albert"])
def test_several_masks_as_the_pipeline(tiny, family):
    folder = tiny(family, "MaskedLM")
    reference = pipeline(TASK, folder)
    mask = reference.tokenizer.mask_token
    found = answer(TASK, folder, {"inputs": "The [MASK] sat on the <mask>."})
    expected = reference(f"The {mask} sat on the {mask}.")
    assert len(found) == 2
    for one, two in zip(found, expected, strict=True):
        near(one, two)


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_the_example_suits_each_family(tiny, family):
    assert len(answer(TASK, tiny(family, "MaskedLM"), TASKS[TASK].card.example)) == 5


@pytest.mark.parametrize(("family", "mask"), [("bert", r"\[MASK\]"), ("roberta", "<mask>")])
def test_missing_mask_is_named(tiny, family, mask):
    with pytest.raises(BadInput, match=mask):
        encoded(TASK, tiny(family, "MaskedLM"), {"inputs": "There is no gap here."})


def test_mask_beyond_what_the_model_reads_is_told(tiny):
    with pytest.raises(BadInput, match="beyond the 512 tokens"):
        encoded(TASK, tiny("bert", "MaskedLM"), {"inputs": "the " * 600 + "[MASK]"})


def test_long_text_is_cut_with_a_notice(tiny):
    made = encoded(TASK, tiny("bert", "MaskedLM"), {"inputs": "[MASK] " + "the " * 600})
    assert made.batches[0]["input_ids"].shape == (1, 512)
    assert made.notices[0].text == "The text was cut: 512 of its 603 tokens were kept."


def test_same_answer_is_the_same_likeliest_token(tiny):
    folder = tiny("bert", "MaskedLM")
    same = TASKS[TASK].same
    _, _, one = asked(TASK, folder, {"inputs": "The [MASK] sat."})
    swapped = Result(kind="mask", value=[one.value[1], one.value[0], *one.value[2:]])
    fewer = Result(kind="mask", value=one.value[:1])
    assert same(one, one) == [True]
    assert same(one, swapped) == [False]
    assert same(one, fewer) == [True]
    _, _, two = asked(TASK, folder, {"inputs": "The [MASK] sat on the [MASK]."})
    assert same(two, two) == [True]
    assert same(two, Result(kind="mask", value=[two.value[0], two.value[1][::-1]])) == [False]
