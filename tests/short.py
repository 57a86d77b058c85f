"""The starter's first layers alone: real weights and sizes, for what is tried on a model and takes long."""

import shutil
from pathlib import Path

from engine.models import starter

LAYERS = 2
"""They are all alike: what is true of two is true of six, which take three times as long."""


def make(folder: Path) -> Path:
    """Into ``folder``, which must not be there."""
    import transformers

    shutil.copytree(starter.folder(), folder, ignore=shutil.ignore_patterns("model.safetensors"))
    before = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()  # it would name all weights of the other layers
    try:
        model = transformers.BertModel.from_pretrained(starter.folder(), num_hidden_layers=LAYERS)
    finally:
        transformers.logging.set_verbosity(before)
    model.save_pretrained(folder, safe_serialization=True)
    return folder
