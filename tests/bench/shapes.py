"""The models and inputs that modes are measured with: the starter, and one of BERT-base's shape with random weights."""

import shutil
from pathlib import Path

import torch
import transformers

from engine.models import starter

MODELS = ("minilm", "bert-base")
SEED = 20

_LENGTHS = {
    "1x128": (128,),
    "1x16": (16,),
    "ragged": tuple(16 + text * 16 for text in range(8)),
    "8x128": (128,) * 8,
}


def model(name: str, place: Path) -> Path:
    """The folder of a model; BERT-base's shape (438 MB) is written into ``place`` at first."""
    if name == "minilm":
        return starter.folder()
    folder = place / name
    if not folder.exists():
        state = torch.get_rng_state()
        torch.manual_seed(SEED)
        made = transformers.BertModel(transformers.BertConfig(), add_pooling_layer=False)
        torch.set_rng_state(state)
        made.save_pretrained(folder, safe_serialization=True)
        for file in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
            shutil.copy(starter.folder() / file, folder / file)
    return folder


def inputs(shape: str) -> dict[str, torch.Tensor]:
    """Random tokens of BERT's vocabulary [texts, tokens], padded on the right."""
    lengths = _LENGTHS[shape]
    generator = torch.Generator().manual_seed(SEED)
    ids = torch.randint(1000, 20000, (len(lengths), max(lengths)), generator=generator)
    mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long()
    return {"input_ids": ids * mask, "attention_mask": mask, "token_type_ids": torch.zeros_like(ids)}
