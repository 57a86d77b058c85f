"""What is known of a model from its files alone, without torch or Transformers."""

from pathlib import Path
from typing import Any

import msgspec


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A model's folder, read. ``weights``: ``safetensors``, ``ONNX`` (a graph alone) or ``pickle``.

    ``config`` is the parsed config.json. ``tasks``: task ids it can do, its own first. ``onnx_file`` is the name of
    the folder's own ONNX graph, or empty. ``content_key`` is a SHA-256 over what decides the answers (weights,
    configuration, tokenizer), by name, size and time of change where hashing the content would take seconds.
    """

    folder: Path
    config: dict[str, Any]
    model_type: str
    architecture: str
    tasks: tuple[str, ...]
    weights_files: tuple[str, ...]
    weights: str
    onnx_file: str
    pooling: str
    """``mean`` or ``cls`` for a sentence model (1_Pooling/config.json), else empty."""
    normalize: bool
    """Whether the sentence model's last step scales its vectors to length one."""
    max_tokens: int
    parameters: int
    size_bytes: int
    content_key: str
    pickle_allowed: bool = False
    """Whether the person consented to opening pickled weights (``weights`` is ``pickle``)."""
