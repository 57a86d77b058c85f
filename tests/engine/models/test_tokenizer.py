"""Tokenizing on the bare backend against Transformers' AutoTokenizer."""

import dataclasses
import json
import shutil
import subprocess
import sys
import time
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer as Backend
from transformers import AutoTokenizer

from engine.models import tokenizer as tokenizing
from engine.models.look import look
from engine.models.tokenizer_loading import open_lightly, open_through_transformers, open_tokenizer
from engine.wire.errors import ModelBroken, ModelNotFound, NeedsRemoteCode
from tests import tiny
from tests.engine.tasks.asking import TEXTS


@pytest.fixture
def copy(tiny, tmp_path):
    """``copy(family)``: a folder of one's own with a tiny model, to be changed."""

    def copied(family):
        return shutil.copytree(tiny(family, "FeatureExtraction"), tmp_path / family)

    return copied


def change(folder, name, **changes):
    file = folder / name
    settings = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: value for key, value in settings.items() if value is not None}))


def settings_of(opened):
    fields = {f.name: getattr(opened, f.name) for f in dataclasses.fields(opened) if f.name != "backend"}
    return fields, json.loads(opened.backend.to_str())


def ids_agree(opened, folder):
    auto = AutoTokenizer.from_pretrained(folder)
    for text in (*TEXTS, f"a {auto.mask_token} b", "[MASK] <mask> </s> [SEP]", "I'm  Naïve ÉCOLE 北京"):
        assert tokenizing.encode(opened, text).ids == auto(text)["input_ids"]
        pair = tokenizing.encode_in_windows(opened, text, TEXTS[0], 200, 20)
        assert pair[0].ids == auto(text, TEXTS[0])["input_ids"]
        for skip in (True, False):
            assert tokenizing.decode(opened, pair[0].ids, skip) == auto.decode(pair[0].ids, skip_special_tokens=skip)


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_the_light_way_is_the_same(tiny, family):
    folder = tiny(family, "FeatureExtraction")
    light, through = open_lightly(look(folder), folder), open_through_transformers(look(folder), folder)
    assert light is not None
    assert settings_of(light) == settings_of(through)
    ids_agree(light, folder)


def test_the_light_way_is_the_same_for_the_starter(starter_folder):
    facts = look(starter_folder)
    light = open_lightly(facts, starter_folder)
    assert light is not None
    assert settings_of(light) == settings_of(open_through_transformers(facts, starter_folder))
    ids_agree(light, starter_folder)


CHANGED: dict[str, tuple[str, str, dict[str, Any], bool]] = {
    "another case": ("bert", "tokenizer_config.json", {"do_lower_case": False}, False),
    "case not named": ("electra", "tokenizer_config.json", {"do_lower_case": None}, True),
    "accents kept": ("distilbert", "tokenizer_config.json", {"strip_accents": False}, False),
    "Chinese not split": ("electra", "tokenizer_config.json", {"tokenize_chinese_chars": False}, False),
    "a space before": ("roberta", "tokenizer_config.json", {"add_prefix_space": True}, False),
    "offsets not trimmed": ("roberta", "tokenizer_config.json", {"trim_offsets": False}, False),
    "an extra token": ("bert", "tokenizer_config.json", {"additional_special_tokens": ["cat"]}, False),
    "another mask": ("bert", "tokenizer_config.json", {"mask_token": "the"}, False),
    "another class": ("bert", "tokenizer_config.json", {"tokenizer_class": "FunnelTokenizer"}, False),
    "the general class": (
        "albert",
        "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast"},
        True,
    ),
    "class of the model": ("bert", "tokenizer_config.json", {"tokenizer_class": None}, True),
    "no list of added tokens": ("mpnet", "tokenizer_config.json", {"added_tokens_decoder": None}, True),
    "a shorter model": ("bert", "tokenizer_config.json", {"model_max_length": 20}, True),
    "names of inputs": ("bert", "tokenizer_config.json", {"model_input_names": ["input_ids"]}, True),
    "cut on the left": ("bert", "tokenizer_config.json", {"truncation_side": "left"}, True),
    "spaces cleaned up": ("albert", "tokenizer_config.json", {"clean_up_tokenization_spaces": True}, True),
}


@pytest.mark.parametrize("case", CHANGED)
def test_changed_settings_do_what_they_do_in_transformers(copy, case):
    family, name, changes, light = CHANGED[case]
    folder = copy(family)
    change(folder, name, **changes)
    facts = look(folder)
    assert (open_lightly(facts, folder) is not None) == light
    assert settings_of(open_tokenizer(facts, "")) == settings_of(open_through_transformers(facts, folder))
    if case != "a shorter model":
        ids_agree(open_tokenizer(facts, ""), folder)


@pytest.mark.parametrize("family", ["bert", "roberta", "albert", "mpnet"])
@pytest.mark.parametrize("kept", ["nothing", "special tokens map"])
def test_old_folders_without_settings(copy, family, kept):
    folder = copy(family)
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 512}')
    if kept == "nothing":
        (folder / "special_tokens_map.json").unlink()
    facts = look(folder)
    assert settings_of(open_tokenizer(facts, "")) == settings_of(open_through_transformers(facts, folder))
    ids_agree(open_tokenizer(facts, ""), folder)


def test_a_token_with_other_properties_is_left_to_transformers(copy):
    folder = copy("bert")
    tokens = json.loads((folder / "tokenizer_config.json").read_text())["added_tokens_decoder"]
    tokens["4"]["lstrip"] = True
    change(folder, "tokenizer_config.json", added_tokens_decoder=tokens)
    assert open_lightly(look(folder), folder) is None
    ids_agree(open_tokenizer(look(folder), ""), folder)


@pytest.mark.parametrize(("family", "changes"), [("bert", {"special": False}), ("roberta", {"lstrip": False})])
def test_a_mask_that_its_class_would_change_is_left_to_transformers(copy, family, changes):
    folder = copy(family)
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 512}')
    (folder / "special_tokens_map.json").unlink()
    content = json.loads((folder / "tokenizer.json").read_text())
    for token in content["added_tokens"]:
        if token["content"] in ("[MASK]", "<mask>"):
            token.update(changes)
    (folder / "tokenizer.json").write_text(json.dumps(content))
    facts = look(folder)
    assert open_lightly(facts, folder) is None
    assert settings_of(open_tokenizer(facts, "")) == settings_of(open_through_transformers(facts, folder))
    ids_agree(open_tokenizer(facts, ""), folder)


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_without_tokenizer_json_transformers_makes_it(copy, family):
    folder = copy(family)
    (folder / "tokenizer.json").unlink()
    ids_agree(open_tokenizer(look(folder), ""), folder)


def test_truncation_and_padding_saved_in_the_file_are_not_kept(copy):
    folder = copy("bert")
    backend = Backend.from_file(str(folder / "tokenizer.json"))
    backend.enable_truncation(7)
    backend.enable_padding(length=9)
    backend.save(str(folder / "tokenizer.json"))
    opened = open_tokenizer(look(folder), "")
    assert len(tokenizing.encode(opened, "the")) == 3
    assert len(tokenizing.encode(opened, "the " * 50)) == 52


def test_tokenizer_of_another_folder(tiny):
    facts = look(tiny("bert", "FeatureExtraction"))
    other = tiny("roberta", "FeatureExtraction")
    assert open_tokenizer(facts, str(other)).mask_token == "<mask>"
    assert open_tokenizer(facts, "").mask_token == "[MASK]"


def test_folder_that_is_not_there(tiny, tmp_path):
    with pytest.raises(ModelNotFound):
        open_tokenizer(look(tiny("bert", "FeatureExtraction")), str(tmp_path / "none"))
    with pytest.raises(ModelBroken):
        open_tokenizer(look(tiny("bert", "FeatureExtraction")), str(tmp_path))


@pytest.mark.parametrize("content", ["{", "[]", '{"model": 3}', ""])
def test_damaged_tokenizer(copy, content):
    folder = copy("bert")
    facts = look(folder)
    (folder / "tokenizer.json").write_text(content)
    with pytest.raises(ModelBroken) as refused:
        open_tokenizer(facts, "")
    assert refused.value.details


@pytest.mark.parametrize("settings", ["{", "[]", '{"added_tokens_decoder": 3}', '{"added_tokens_decoder": {"x": 1}}'])
def test_damaged_settings(copy, settings):
    folder = copy("bert")
    facts = look(folder)
    (folder / "tokenizer_config.json").write_text(settings)
    with pytest.raises(ModelBroken):
        open_tokenizer(facts, "")


def test_code_of_others_is_not_run(copy):
    folder = copy("bert")
    facts = look(folder)
    (folder / "mine.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    change(
        folder,
        "tokenizer_config.json",
        tokenizer_class="Mine",
        auto_map={"AutoTokenizer": ["mine.Mine", "mine.Mine"]},
    )
    with pytest.raises(NeedsRemoteCode):
        open_tokenizer(facts, "")
    assert not (folder / "ran").exists()


@pytest.mark.parametrize(
    ("family", "changes", "expected"),
    [
        ("bert", {}, True),
        ("bert", {"type_vocab_size": 1}, False),
        ("distilbert", {}, False),
        ("mpnet", {}, False),
    ],
)
def test_type_ids_are_there_only_where_the_model_tells_them_apart(tiny, family, changes, expected):
    facts = look(tiny(family, "FeatureExtraction"))
    facts = type(facts)(**{name: getattr(facts, name) for name in facts.__struct_fields__} | {
        "config": facts.config | changes
    })  # fmt: skip
    opened = open_tokenizer(facts, str(tiny("bert", "FeatureExtraction")))
    assert opened.uses_type_ids == expected
    batch = tokenizing.as_batch(opened, [tokenizing.encode(opened, "the cat")])
    assert ("token_type_ids" in batch) == expected


def test_batches_are_padded_to_their_longest_row(tiny):
    folder = tiny("roberta", "FeatureExtraction")
    opened, auto = open_tokenizer(look(folder), ""), AutoTokenizer.from_pretrained(folder)
    batch = tokenizing.as_batch(opened, [tokenizing.encode(opened, text) for text in TEXTS])
    expected = auto(list(TEXTS), padding=True, return_tensors="pt")
    assert set(batch) == set(expected)
    for name, value in expected.items():
        assert torch.equal(batch[name], value)
        assert batch[name].dtype == torch.int64


@pytest.mark.parametrize("side", ["right", "left"])
def test_cut_texts_tell_how_long_they_were(copy, side):
    folder = copy("bert")
    change(folder, "tokenizer_config.json", truncation_side=side)
    opened, auto = open_tokenizer(look(folder), ""), AutoTokenizer.from_pretrained(folder)
    text = "one two three four five " * 300
    cut = tokenizing.encode(opened, text)
    assert cut.ids == auto(text, truncation=True)["input_ids"]
    assert (len(cut), tokenizing.all_tokens(cut)) == (512, 1502)
    short = tokenizing.encode(opened, "one two")
    assert (len(short), tokenizing.all_tokens(short)) == (4, 4)


@pytest.mark.parametrize("family", ["bert", "roberta", "albert"])
def test_a_megabyte_takes_seconds_at_most_and_says_nothing(tiny, family, capfd, recwarn):
    opened = open_tokenizer(look(tiny(family, "FeatureExtraction")), "")
    text = ("The cat sat on the mat, and then it went away again. " * 20_000)[:1_000_000]
    began = time.process_time()
    cut = tokenizing.encode(opened, text)
    kept, total = len(cut), tokenizing.all_tokens(cut)
    assert time.process_time() - began < 2
    assert kept == 512
    assert total > 200_000
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_a_short_text_takes_well_below_a_millisecond(starter_folder):
    opened = open_tokenizer(look(starter_folder), "")
    took = []
    for _ in range(200):
        began = time.perf_counter()
        tokenizing.as_batch(opened, [tokenizing.encode(opened, "A man is playing a guitar on the street.")])
        took.append(time.perf_counter() - began)
    assert min(took) < 0.0005


def test_the_starter_answers_without_transformers(starter_folder):
    code = (
        "import sys; from pathlib import Path\n"
        "from engine.all_tasks import TASKS; from engine.models.look import look\n"
        "for name in ('sentence-similarity', 'feature-extraction'):\n"
        "    task = TASKS[name]; reader = task.open(look(Path(sys.argv[1])), '')\n"
        "    task.encode(reader, task.card.example)\n"
        "print('torch' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(starter_folder)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
