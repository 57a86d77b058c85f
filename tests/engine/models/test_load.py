"""Loading with PyTorch: right models load as Transformers loads them, others are refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from engine.mode import attention_of
from engine.models import load, safe
from engine.models.families import ENCODERS
from engine.models.load import load_eager
from engine.models.look import look
from engine.wire.errors import ModelBroken, NotForThisModel


def copy(folder: Path, to: Path, **config: Any) -> Path:
    """A copy of a model's folder whose configuration has these entries besides."""
    shutil.copytree(folder, to)
    content = json.loads((to / "config.json").read_text())
    (to / "config.json").write_text(json.dumps({**content, **config}))
    return to


def keep_tensors(folder: Path, wanted: Any) -> None:
    tensors = load_file(folder / "model.safetensors")
    kept = {name: tensor.clone() for name, tensor in tensors.items() if wanted(name)}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "albert", "electra", "mpnet"])
@pytest.mark.parametrize("head", ["FeatureExtraction", "SequenceClassification", "MaskedLM"])
def test_the_model_answers_as_transformers_own_loading_does(tiny, family: str, head: str):
    folder = tiny(family, head)
    facts = look(folder)
    suffix = "" if head == "FeatureExtraction" else f"For{head}"
    own = getattr(transformers, f"AutoModel{suffix}").from_pretrained(folder).eval()
    inputs = {"input_ids": torch.arange(5, 21).reshape(2, 8), "attention_mask": torch.ones(2, 8, dtype=int)}

    model = load_eager(facts, head, attention_of(facts))

    with torch.inference_mode():
        expected, actual = own(**inputs)[0], model(**inputs)[0]
    assert type(model) is type(own)
    assert not model.training
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("family", sorted(ENCODERS))
def test_every_family_loads_with_and_without_a_head(family: str, tmp_path: Path):
    config = transformers.AutoConfig.for_model(family, **SMALL.get(family, {}), **BASE)
    for head, suffix in (("FeatureExtraction", ""), ("TokenClassification", "ForTokenClassification")):
        folder = tmp_path / head
        getattr(transformers, f"AutoModel{suffix}").from_config(config).save_pretrained(folder)
        facts = look(folder)

        model = load_eager(facts, head, attention_of(facts))

        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


BASE = {
    "vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "max_position_embeddings": 80, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    "cls_token_id": 1, "sep_token_id": 2,
}  # fmt: skip
SMALL: dict[str, dict[str, Any]] = {
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
    "albert": {"embedding_size": 16},
    "electra": {"embedding_size": 16},
    "convbert": {"embedding_size": 16},
    "roformer": {"embedding_size": 16},
    "rembert": {"input_embedding_size": 16, "output_embedding_size": 16},
    "mobilebert": {"embedding_size": 16, "intra_bottleneck_size": 16, "true_hidden_size": 16},
    "squeezebert": {"embedding_size": 32},
    "longformer": {"attention_window": [8, 8]},
}


def test_weights_in_half_precision_become_full(tiny, tmp_path: Path):
    folder = copy(tiny("bert", "FeatureExtraction"), tmp_path / "m", dtype="float16", torch_dtype="float16")
    tensors = {name: tensor.half() for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})

    model = load_eager(look(folder), "FeatureExtraction", "sdpa")

    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_features_come_without_a_random_pooler(tiny):
    model = load_eager(look(tiny("bert", "SequenceClassification")), "FeatureExtraction", "sdpa")

    assert model.pooler is None


def test_a_head_that_the_weights_lack_is_refused(tiny):
    with pytest.raises(NotForThisModel, match="no weights for this task") as caught:
        load_eager(look(tiny("bert", "FeatureExtraction")), "SequenceClassification", "sdpa")

    assert "classifier.weight" in caught.value.details


def test_a_body_that_the_weights_lack_is_broken(tiny, tmp_path: Path):
    for head in ("FeatureExtraction", "SequenceClassification"):
        folder = copy(tiny("bert", head), tmp_path / head)
        keep_tensors(folder, lambda name: "layer.1" not in name)

        with pytest.raises(ModelBroken, match="not complete"):
            load_eager(look(folder), head, "sdpa")


def test_buffers_and_tied_weights_may_be_missing(tiny, tmp_path: Path):
    folder = copy(tiny("bert", "MaskedLM"), tmp_path / "m")
    keep_tensors(folder, lambda name: "position_ids" not in name and "decoder" not in name)

    model = load_eager(look(folder), "MaskedLM", "sdpa")

    assert model.cls.predictions.decoder.weight is model.bert.embeddings.word_embeddings.weight


def test_a_configuration_that_contradicts_the_weights(tiny, tmp_path: Path):
    folder = copy(tiny("bert", "FeatureExtraction"), tmp_path / "m", hidden_size=64)

    with pytest.raises(ModelBroken, match="do not fit each other"):
        load_eager(look(folder), "FeatureExtraction", "sdpa")


def test_a_configuration_of_nonsense(tiny, tmp_path: Path):
    folder = copy(tiny("bert", "FeatureExtraction"), tmp_path / "m", num_attention_heads="many")

    with pytest.raises(ModelBroken):
        load_eager(look(folder), "FeatureExtraction", "sdpa")


def test_an_attention_that_the_family_lacks_is_told(tiny):
    with pytest.raises(NotForThisModel, match="SDPA"):
        load_eager(look(tiny("electra", "FeatureExtraction")), "FeatureExtraction", "sdpa")


def test_an_onnx_graph_alone_is_not_for_pytorch(tiny, tmp_path: Path):
    folder = copy(tiny("bert", "FeatureExtraction"), tmp_path / "m")
    (folder / "model.safetensors").unlink()
    (folder / "model.onnx").touch()

    with pytest.raises(NotForThisModel, match="ONNX"):
        load_eager(look(folder), "FeatureExtraction", "sdpa")


def test_what_could_choose_code_or_change_outputs_never_reaches_transformers(tiny, tmp_path: Path):
    folder = copy(
        tiny("bert", "FeatureExtraction"),
        tmp_path / "m",
        auto_map={"AutoModel": "mine.Model"},
        return_dict=False,
        output_hidden_states=True,
        torchscript=True,
    )
    (folder / "mine.py").write_text("raise SystemExit")

    model = load_eager(look(folder), "FeatureExtraction", "sdpa")

    outputs = model(input_ids=torch.tensor([[5, 6]]))
    assert not hasattr(model.config, "auto_map")
    assert list(outputs) == ["last_hidden_state"]


def test_cleaning_goes_to_every_depth():
    dirty = {
        "a": [{"attn_implementation": "x", "b": 1, "attribute_map": {}, "_c": 2}],
        "text_config": {"auto_map": {}, "c": {"trust_remote_code": 1}},
    }

    assert safe.clean(dirty) == {"a": [{"b": 1}], "text_config": {"c": {}}}


def test_warming_up_leaves_the_collector_as_it_was():
    import gc

    load.warm_up_imports()

    assert gc.isenabled()


def test_keys_that_are_the_configuration_classs_own_are_no_settings(tiny, tmp_path: Path):
    """A method overwritten by a value would break the class; ``attribute_map`` would rename any key to another."""
    folder = copy(
        tiny("bert", "FeatureExtraction"),
        tmp_path / "m",
        to_dict="x",
        get_text_config=5,
        model_type="bert",
        keys_to_ignore_at_inference={},
        attribute_map={"seed": "_attn_implementation_internal"},
        seed="evil/repo",
        _commit_hash="x",
        _evil=1,
        name_or_path="evil/repo",
        transformers_weights="other.safetensors",
    )

    config = load_eager(look(folder), "FeatureExtraction", "eager").config

    assert config._attn_implementation == "eager"
    assert (config.seed, config.name_or_path) == ("evil/repo", str(folder))
    assert not hasattr(config, "_evil")
    assert config.to_dict()["model_type"] == "bert"


@pytest.mark.parametrize(
    ("family", "entry"),
    [
        ("bert", {"num_attention_heads": 0}),
        ("bert", {"hidden_act": "evil"}),
        ("bert", {"id2label": [1]}),
        ("bert", {"pruned_heads": {"many": 1}}),
    ],
)
def test_whatever_transformers_stumbles_over_is_told(tiny, tmp_path: Path, family: str, entry: dict[str, Any]):
    folder = copy(tiny(family, "FeatureExtraction"), tmp_path / "m", **entry)

    with pytest.raises(ModelBroken) as caught:
        load_eager(look(folder), "FeatureExtraction", "sdpa")

    assert caught.value.details
