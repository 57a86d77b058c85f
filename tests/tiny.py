"""Tiny random models with working tokenizers: the real classes of Transformers, made from configurations.

``make("bert", "QuestionAnswering", folder)`` writes config.json, model.safetensors and the tokenizer of the
family. The answers of such a model mean nothing, but they are the same each time and differ from input to
input.
"""

from pathlib import Path
from typing import Any

import torch
import transformers

from tests.tiny_tokenizers import TOKENIZERS

FAMILIES = ("bert", "roberta", "distilbert", "albert", "electra", "mpnet")
ALL_FAMILIES = (
    *("bert", "roberta", "xlm-roberta", "camembert", "distilbert", "albert", "electra", "mpnet"),
    *("deberta-v2", "modernbert", "big_bird", "longformer"),
)
"""Those of the matrix in README.md; ``FAMILIES``: those that each task and mode is tried on."""
HEADS = (
    "FeatureExtraction",
    "SequenceClassification",
    "TokenClassification",
    "QuestionAnswering",
    "MaskedLM",
)

_LABELS = {
    "SequenceClassification": ("NEGATIVE", "POSITIVE"),
    "TokenClassification": ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"),
}


def make(family: str, head: str, folder: Path, **settings: Any) -> Path:
    """Writes a tiny model of ``family`` with ``head`` into ``folder`` and returns it.

    ``settings`` go into the model's configuration, over what is set here (``problem_type``, ``id2label``...).
    """
    tokenizer = TOKENIZERS[family]()
    config = transformers.AutoConfig.for_model(
        family,
        **{**_configuration(family, head), "vocab_size": len(tokenizer), **_ids(tokenizer), **settings},
    )
    suffix = "" if head == "FeatureExtraction" else f"For{head}"
    generator_state = torch.get_rng_state()
    torch.manual_seed(20)
    model = getattr(transformers, f"AutoModel{suffix}").from_config(config)
    torch.set_rng_state(generator_state)
    if head == "TokenClassification":
        with torch.no_grad():
            model.classifier.bias[0] = -2.0  # a random model may call every token "O", and show nothing at all
    model.eval().save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder


_OWN: dict[str, dict[str, Any]] = {
    "bert": {"type_vocab_size": 2},
    "roberta": {"type_vocab_size": 1, "max_position_embeddings": 514},
    "xlm-roberta": {"type_vocab_size": 1, "max_position_embeddings": 514},
    "camembert": {"type_vocab_size": 1, "max_position_embeddings": 514},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64},
    "albert": {"type_vocab_size": 2, "embedding_size": 16},
    "electra": {"type_vocab_size": 2, "embedding_size": 16},
    "mpnet": {"max_position_embeddings": 514},
    # As DeBERTa-v3 has it: no positions but those between tokens.
    "deberta-v2": {
        "type_vocab_size": 0,
        "relative_attention": True,
        "pos_att_type": ["p2c", "c2p"],
        "position_biased_input": False,
        "norm_rel_ebd": "layer_norm",
        "share_att_key": True,
        "position_buckets": 32,
    },
    # One layer looks at the whole text, the next at near tokens; windows so small that a test's text is longer.
    "modernbert": {"local_attention": 16, "global_attn_every_n_layers": 2, "reference_compile": False},
    "big_bird": {"type_vocab_size": 2, "attention_type": "original_full"},
    "longformer": {"type_vocab_size": 1, "max_position_embeddings": 514, "attention_window": 16},
}
"""What a family's configuration has beyond, or other than, BERT's sizes."""


def _configuration(family: str, head: str) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 512,
        "initializer_range": 0.3,
        **_OWN[family],
    }
    if head in _LABELS:
        labels = _LABELS[head]
        settings |= {
            "id2label": dict(enumerate(labels)),
            "label2id": {label: i for i, label in enumerate(labels)},
        }
    return settings


def _ids(tokenizer: Any) -> dict[str, int]:
    return {
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
    }
