"""Folders of models, made by hand from small files: what is looked into, without torch."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy
from safetensors.numpy import save_file

CONFIG = {
    "model_type": "bert",
    "architectures": ["BertModel"],
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "max_position_embeddings": 512,
}


def write(folder: Path, **files: Any) -> Path:
    """A model's folder with weights of 1,000 numbers; ``files``: JSON by name without its ending."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {"config": CONFIG, **files}.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    weights(folder / "model.safetensors")
    return folder


def weights(file: Path, names: tuple[str, ...] = ("a.weight",)) -> None:
    tensors = {name: numpy.ones((10, 100), numpy.float32) for name in names}
    save_file({**tensors, "position_ids": numpy.arange(512)}, file)


def raw(file: Path, header: Any, data: bytes = b"") -> None:
    """A safetensors file with exactly this header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


def tensor(begin: int, end: int, shape: list[int], dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
