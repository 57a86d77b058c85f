"""What a person is told of a model before it is loaded."""

import datetime
from typing import Any

import psutil

from engine.models import families, pickled, readme, resolve
from engine.models.facts import ModelFacts
from engine.wire.values import ModelCard

_LIBRARIES_BYTES = 330 * 1024 * 1024
"""Python with torch and Transformers imported, as measured here."""

_TYPICAL_TOKENS = 8 * 128
"""Working memory is estimated for a batch of eight texts of 128 tokens."""


def card(ref: str, facts: ModelFacts, memory_free_bytes: int | None = None) -> ModelCard:
    """``memory_free_bytes``: what may be used where a container sets a limit; None asks the system."""
    free = psutil.virtual_memory().available if memory_free_bytes is None else memory_free_bytes
    name, commit = resolve.named(ref, facts.folder)
    return ModelCard(
        ref=ref,
        name=name,
        folder=str(facts.folder),
        family=families.ENCODERS[facts.model_type].title,
        architecture=facts.architecture,
        tasks=facts.tasks,
        parameters=facts.parameters,
        size_bytes=facts.size_bytes,
        memory_needed_bytes=memory_needed_bytes(facts),
        memory_free_bytes=free,
        weights=facts.weights,
        licence=readme.licence(facts.folder),
        changed=_changed(facts),
        commit=commit,
        max_tokens=facts.max_tokens,
        consent=pickled.CONSENT if facts.weights == "pickle" else "",
    )


def memory_needed_bytes(facts: ModelFacts) -> int:
    """An estimate: the libraries, the weights in fp32, and one layer's activations for a typical batch.

    A layer holds at once about the queries, keys, values, output and residual (5 x hidden), the inner layer
    before and after its activation (2 x intermediate) and the attention scores (heads x 128), in fp32 for
    each token.
    """
    # Of pickles and ONNX graphs only the size is known; half precision becomes full when it is loaded.
    half = facts.config.get("torch_dtype", facts.config.get("dtype")) in ("float16", "bfloat16")
    weights = facts.parameters * 4 or facts.size_bytes * (2 if half else 1)
    hidden = _number(facts.config, "hidden_size", "dim")
    inner = _number(facts.config, "intermediate_size", "hidden_dim")
    heads = _number(facts.config, "num_attention_heads", "n_heads")
    return _LIBRARIES_BYTES + weights + 4 * _TYPICAL_TOKENS * (5 * hidden + 2 * inner + 128 * heads)


def _changed(facts: ModelFacts) -> str:
    newest = max((facts.folder / name).stat().st_mtime for name in facts.weights_files)
    try:
        return datetime.date.fromtimestamp(newest).isoformat()
    except (OSError, OverflowError, ValueError):  # a file system may hold any number
        return ""


def _number(config: dict[str, Any], *keys: str) -> int:
    values = (config.get(key) for key in keys)
    return next((value for value in values if isinstance(value, int)), 0)
