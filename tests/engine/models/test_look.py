"""Looking into folders: what is found, and what is refused with which sentence."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.models import families
from engine.models.look import look
from engine.wire.errors import (
    FastpathError,
    ModelBroken,
    ModelNotFound,
    NeedsRemoteCode,
    NotForThisModel,
    UnsafeWeights,
)
from tests.engine.models import folders
from tests.engine.models.folders import CONFIG, raw, tensor, write


def test_the_starter(starter_folder: Path):
    facts = look(starter_folder)

    assert facts.model_type == "bert"
    assert facts.tasks == ("sentence-similarity", "feature-extraction")
    assert (facts.pooling, facts.normalize, facts.max_tokens) == ("mean", True, 256)
    # 30,522 words + 512 positions + 2 types, six layers, the pooler, as the paper's 22.7 million.
    assert facts.parameters == 22_713_216
    assert facts.size_bytes == 90_868_376
    assert (facts.weights, facts.weights_files, facts.onnx_file) == (
        "safetensors",
        ("model.safetensors",),
        "",
    )


def test_looking_takes_milliseconds_and_loads_nothing_heavy(starter_folder: Path):
    look(starter_folder)
    took_s = []
    for _ in range(5):
        began = time.process_time()
        look(starter_folder)
        took_s.append(time.process_time() - began)
    code = (
        "import sys; from pathlib import Path; from engine.models.look import look; look(Path(sys.argv[1])); "
        "print({'torch', 'transformers', 'numpy', 'onnx'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code, str(starter_folder)], capture_output=True, text=True, check=True)

    assert min(took_s) < 0.05
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "albert", "electra", "mpnet"])
@pytest.mark.parametrize(
    ("head", "tasks"),
    [
        ("SequenceClassification", ("text-classification", "feature-extraction")),
        ("TokenClassification", ("token-classification", "feature-extraction")),
        ("QuestionAnswering", ("question-answering", "feature-extraction")),
        ("MaskedLM", ("fill-mask", "feature-extraction", "sentence-similarity")),
        ("FeatureExtraction", ("feature-extraction", "sentence-similarity")),
    ],
)
def test_what_transformers_saves_is_read(tiny, family: str, head: str, tasks: tuple[str, ...]):
    facts = look(tiny(family, head))

    assert facts.model_type == family
    assert facts.tasks == tasks
    assert facts.max_tokens == 512
    assert facts.parameters > 10_000


def test_electras_discriminator_has_no_words_to_fill_in(tmp_path: Path):
    config = {**CONFIG, "model_type": "electra", "architectures": ["ElectraForPreTraining"]}

    assert "fill-mask" not in look(write(tmp_path / "m", config=config)).tasks


def test_a_pretrained_bert_fills_masks(tmp_path: Path):
    config = {**CONFIG, "architectures": ["BertForPreTraining"]}

    assert look(write(tmp_path / "m", config=config)).tasks[0] == "fill-mask"


def sentence_model(folder: Path, *kinds: str, pooling: str = "mean_tokens") -> Path:
    paths = {"Transformer": "", "Pooling": "1_Pooling"}
    modules = [
        {"idx": i, "name": str(i), "path": paths.get(kind, f"{i}_{kind}"), "type": f"library.models.{kind}"}
        for i, kind in enumerate(kinds)
    ]
    write(folder, modules=modules, sentence_bert_config={"max_seq_length": 128})
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({f"pooling_mode_{pooling}": True}))
    return folder


def test_a_sentence_model_with_cls_pooling(tmp_path: Path):
    facts = look(sentence_model(tmp_path / "m", "Transformer", "Pooling", pooling="cls_token"))

    assert (facts.pooling, facts.normalize, facts.max_tokens) == ("cls", False, 128)
    assert facts.tasks[0] == "sentence-similarity"


def test_sentence_steps_that_do_not_run_here_take_the_task_away(tmp_path: Path):
    dense = look(sentence_model(tmp_path / "dense", "Transformer", "Pooling", "Dense"))
    largest = look(sentence_model(tmp_path / "max", "Transformer", "Pooling", pooling="max_tokens"))

    assert dense.tasks == largest.tasks == ("feature-extraction",)


@pytest.mark.parametrize(
    ("positions", "tokenizer", "tokens"), [(514, 512, 512), (514, 10**30, 512), (514, 128, 128), (None, 0, 0)]
)
def test_the_longest_input_of_a_roberta(tmp_path: Path, positions, tokenizer, tokens: int):
    config = {**CONFIG, "model_type": "roberta", "max_position_embeddings": positions}
    folder = write(tmp_path / "m", config=config, tokenizer_config={"model_max_length": tokenizer})

    assert look(folder).max_tokens == tokens


def test_sharded_weights_are_counted_together(tmp_path: Path):
    folder = sharded(tmp_path / "m")

    facts = look(folder)

    assert facts.weights_files == ("one.safetensors", "two.safetensors")
    assert facts.parameters == 2_000
    assert facts.size_bytes == sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def sharded(folder: Path, **places: str) -> Path:
    shards = places or {"a.weight": "one.safetensors", "b.weight": "two.safetensors"}
    write(folder, **{"model.safetensors.index": {"metadata": {}, "weight_map": shards}})
    (folder / "model.safetensors").unlink()
    folders.weights(folder / "one.safetensors", ("a.weight",))
    folders.weights(folder / "two.safetensors", ("b.weight",))
    return folder


@pytest.mark.parametrize("place", ["model.onnx", "onnx/model.onnx"])
def test_a_folder_with_an_onnx_graph_alone_is_a_model(tmp_path: Path, place: str):
    folder = write(tmp_path / "m")
    (folder / "model.safetensors").unlink()
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).write_bytes(bytes([8, 7]))  # ir_version = 7

    facts = look(folder)

    assert (facts.weights, facts.weights_files, facts.onnx_file) == ("ONNX", (place,), place)


def graph(*outputs: str) -> bytes:
    """The bytes of an ONNX model of which only the outputs' names are written."""

    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content

    return field(7, b"".join(field(12, field(1, name.encode())) for name in outputs))


@pytest.mark.parametrize(
    ("architecture", "outputs", "tasks"),
    [
        ("BertForSequenceClassification", ["logits"], ("text-classification",)),
        ("BertForTokenClassification", ["logits", "hidden_states.1"], ("token-classification",)),
        ("BertForSequenceClassification", ["last_hidden_state"], ("feature-extraction",)),
        ("BertForMaskedLM", ["last_hidden_state", "pooler_output"], ("feature-extraction", "sentence-similarity")),
        ("BertModel", ["start_logits", "end_logits"], ("question-answering",)),
        ("BertForMaskedLM", [], ("fill-mask", "feature-extraction", "sentence-similarity")),
    ],
)
def test_a_graph_alone_is_judged_by_what_it_gives(tmp_path: Path, architecture: str, outputs, tasks):
    folder = write(tmp_path / "m", config={**CONFIG, "architectures": [architecture]})
    (folder / "model.onnx").write_bytes(graph(*outputs))
    beside = look(folder).tasks
    (folder / "model.safetensors").unlink()

    assert look(folder).tasks == tasks
    assert "feature-extraction" in beside  # PyTorch's weights serve what the graph does not


@pytest.mark.parametrize(("architecture", "output"), [("BertModel", "logits"), ("BertModel", "sentence_embedding")])
def test_a_graph_alone_that_serves_no_task_is_refused(tmp_path: Path, architecture: str, output: str):
    folder = write(tmp_path / "m", config={**CONFIG, "architectures": [architecture]})
    (folder / "model.safetensors").unlink()
    (folder / "model.onnx").write_bytes(graph(output))

    assert output in refused(folder, NotForThisModel).what_happened


@pytest.mark.parametrize("family", families.ENCODERS)
def test_the_positions_of_a_family_are_what_transformers_takes(family: str):
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    known = families.ENCODERS[family]

    assert known.positions == CONFIG_MAPPING[family]().max_position_embeddings
    assert families.max_tokens_of(family, {}, 10**30) == known.positions - known.skipped_positions


def test_the_key_changes_with_what_decides_the_answers_and_with_nothing_else(tmp_path: Path):
    folder = write(tmp_path / "m", tokenizer={"vocab": ["a"]})
    before = look(folder).content_key

    (folder / "README.md").write_text("Words.")
    assert look(folder).content_key == before
    (folder / "tokenizer.json").write_text('{"vocab": ["b"]}')
    tokenizer = look(folder).content_key
    os.utime(folder / "model.safetensors", ns=(1, 1))
    weights = look(folder).content_key

    assert len({before, tokenizer, weights}) == 3


def refused(folder: Path, sort: type[FastpathError]) -> FastpathError:
    with pytest.raises(FastpathError) as caught:
        look(folder)
    assert type(caught.value) is sort
    assert caught.value.what_happened.endswith(".")
    assert caught.value.what_to_do.endswith(".")
    return caught.value


def test_no_folder_and_no_model(tmp_path: Path):
    refused(tmp_path / "nowhere", ModelNotFound)
    assert "config.json" in refused(tmp_path, ModelNotFound).what_happened


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_a_broken_configuration(tmp_path: Path, text: bytes):
    folder = write(tmp_path / "m")
    (folder / "config.json").write_bytes(text)

    refused(folder, ModelBroken)


def test_a_broken_file_beside_the_configuration_is_named(tmp_path: Path):
    folder = write(tmp_path / "m")
    (folder / "tokenizer_config.json").write_text("{")

    assert "tokenizer_config.json" in refused(folder, ModelBroken).what_happened


def test_no_weights(tmp_path: Path):
    folder = write(tmp_path / "m")
    (folder / "model.safetensors").unlink()

    assert "no weights" in refused(folder, ModelBroken).what_happened


def test_pickled_weights_alone_are_told_and_wait_for_consent(tmp_path: Path):
    folder = write(tmp_path / "m")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    facts = look(folder)

    assert (facts.weights, facts.weights_files, facts.pickle_allowed) == ("pickle", ("pytorch_model.bin",), False)
    assert look(folder, allow_pickle=True).pickle_allowed


def test_pickled_weights_beside_safe_ones_do_not_matter(tmp_path: Path):
    folder = write(tmp_path / "m")
    (folder / "pytorch_model.bin").write_bytes(b"anything")

    assert look(folder).weights_files == ("model.safetensors",)


def test_weights_that_are_cut_short(tmp_path: Path):
    folder = write(tmp_path / "m")
    content = (folder / "model.safetensors").read_bytes()
    for length in (0, 5, 40, len(content) - 1):
        (folder / "model.safetensors").write_bytes(content[:length])

        assert "cut short" in refused(folder, ModelBroken).what_happened


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ({"a": tensor(0, 8, [2]), "b": tensor(4, 12, [2])}, bytes(12)),
        ({"a": tensor(0, 8, [2]), "b": tensor(12, 20, [2])}, bytes(20)),
        ({"a": tensor(0, 8, [3])}, bytes(8)),
        ({"a": tensor(0, 8, [2])}, bytes(9)),
        ({"a": tensor(0, 8, [2], "PICKLE")}, bytes(8)),
        ({"a": tensor(-8, 0, [2])}, b""),
        ({"a": tensor(0, 8, [-2])}, bytes(8)),
        ({"a": {"dtype": "F32"}}, b""),
        ([1], b""),
        (b"\xff", b""),
    ],
)
def test_weights_whose_header_lies(tmp_path: Path, header, data: bytes):
    folder = write(tmp_path / "m")
    raw(folder / "model.safetensors", header, data)

    refused(folder, ModelBroken)


def test_a_huge_header_is_not_read(tmp_path: Path):
    folder = write(tmp_path / "m")
    with (folder / "model.safetensors").open("wb") as stream:
        stream.write((200_000_000).to_bytes(8, "little"))
        stream.truncate(300_000_000)

    assert "larger than any real one" in refused(folder, ModelBroken).what_happened


def test_a_missing_shard_is_named(tmp_path: Path):
    folder = sharded(tmp_path / "m")
    (folder / "two.safetensors").unlink()

    assert "two.safetensors is missing" in refused(folder, ModelBroken).what_happened


@pytest.mark.parametrize("name", ["../one.safetensors", "/etc/passwd", "c:one.safetensors", "one.bin", ".."])
def test_an_index_that_points_elsewhere(tmp_path: Path, name: str):
    folders.weights(tmp_path / "one.safetensors")

    folder = sharded(tmp_path / "m", **{"a.weight": name})

    assert "not a part of the model" in refused(folder, ModelBroken).what_happened


def test_an_index_that_promises_what_a_shard_lacks(tmp_path: Path):
    refused(sharded(tmp_path / "m", **{"c.weight": "one.safetensors"}), ModelBroken)


@pytest.mark.parametrize(
    "entry",
    [
        {"_attn_implementation": "evil/repo"},
        {"_attn_implementation_internal": "evil/repo"},
        {"attn_implementation": {"text": "evil/repo"}},
        {"_experts_implementation": "evil/repo"},
        {"text_config": {"deep": [{"_attn_implementation_internal": "evil/repo"}]}},
        {"trust_remote_code": True},
        {"keypoint": {"trust_remote_code": "yes"}},
    ],
)
@pytest.mark.parametrize("file", ["config", "tokenizer_config", "anything"])
def test_a_json_that_wants_foreign_code_is_refused(tmp_path: Path, entry: dict[str, object], file: str):
    content = {**CONFIG, **entry} if file == "config" else entry

    assert f"{file}.json" in refused(write(tmp_path / "m", **{file: content}), UnsafeWeights).what_happened


def test_foreign_code_is_found_in_a_subfolder_and_behind_escapes(tmp_path: Path):
    folder = write(tmp_path / "m")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(r'{"\u0061ttn_implementation": "evil/repo"}')

    refused(folder, UnsafeWeights)


def test_harmless_settings_of_attention_pass(tmp_path: Path):
    entries = {
        "_attn_implementation": "sdpa",
        "_attn_implementation_autoset": True,
        "trust_remote_code": False,
    }

    assert look(write(tmp_path / "m", config={**CONFIG, **entries})).model_type == "bert"


def test_own_code_is_ignored_for_a_known_family_and_refused_for_others(tmp_path: Path):
    own = {"auto_map": {"AutoModel": "modeling.Mine"}}

    assert look(write(tmp_path / "known", config={**CONFIG, **own})).model_type == "bert"
    refused(write(tmp_path / "unknown", config={**CONFIG, **own, "model_type": "mine"}), NeedsRemoteCode)


def test_a_family_that_nobody_knows(tmp_path: Path):
    refused(write(tmp_path / "m", config={**CONFIG, "model_type": "mine"}), NotForThisModel)
    refused(write(tmp_path / "n", config={"architectures": ["BertModel"]}), ModelBroken)


@pytest.mark.parametrize(
    ("model_type", "architecture", "kind"),
    [
        ("gpt2", "GPT2LMHeadModel", "a text generation model"),
        ("llama", "LlamaForCausalLM", "a text generation model"),
        ("bert", "BertLMHeadModel", "a text generation model"),
        ("vit", "ViTForImageClassification", "an image classification model"),
        ("whisper", "WhisperForConditionalGeneration", "a model that generates text from an input"),
        ("clip", "CLIPModel", "a model of the family “clip”"),
    ],
)
def test_other_kinds_of_models_are_named(tmp_path: Path, model_type: str, architecture: str, kind: str):
    config = {**CONFIG, "model_type": model_type, "architectures": [architecture]}

    assert kind in refused(write(tmp_path / "m", config=config), NotForThisModel).what_happened


def test_quantized_weights(tmp_path: Path):
    config = {**CONFIG, "quantization_config": {"quant_method": "gptq"}}

    assert "quantized" in refused(write(tmp_path / "m", config=config), NotForThisModel).what_happened


@pytest.mark.parametrize("path", ["../elsewhere", "/etc"])
def test_sentence_steps_outside_of_the_folder(tmp_path: Path, path: str):
    modules = [{"path": path, "type": "library.Pooling"}]

    refused(write(tmp_path / "m", modules=modules), ModelBroken)


def test_every_family_is_one_that_transformers_has():
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    assert set(families.ENCODERS) <= set(CONFIG_MAPPING_NAMES)
