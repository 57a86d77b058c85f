"""Looking into a model's folder: all that is known from its files, in milliseconds, without torch or
Transformers.
"""

import hashlib
from pathlib import Path
from typing import Any

from engine.models import families, safe, sentence, weights
from engine.models.facts import ModelFacts
from engine.wire.errors import ModelBroken, ModelNotFound, NotForThisModel

_ANSWERING_ENDINGS = (".json", ".txt", ".model", ".jinja")
"""Endings of the small files that decide the answers: configuration, tokenizer, pooling."""


def look(folder: Path) -> ModelFacts:
    """Reads and judges the model in ``folder``.

    Raises ModelNotFound, ModelBroken, UnsafeWeights, NeedsRemoteCode, NotForThisModel.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise ModelNotFound(f"The folder {folder} does not exist.")
    if not (folder / safe.CONFIG).is_file():
        raise ModelNotFound(
            f"The folder {folder} holds no model: it has no {safe.CONFIG}.",
            "Pick the folder in which config.json and the weights are.",
        )
    config = safe.read_object(folder / safe.CONFIG)
    safe.check(folder)
    model_type, architecture = _named(folder, config)
    families.require_encoder(folder.name, model_type, architecture)
    found = weights.read(folder)
    steps = sentence.read(folder)
    tokenizer = safe.read_object(folder / "tokenizer_config.json")
    return ModelFacts(
        folder=folder,
        config=config,
        model_type=model_type,
        architecture=architecture,
        tasks=families.tasks_of(model_type, architecture, steps.known),
        weights_files=found.files,
        weights=found.kind,
        onnx_file=found.onnx_file,
        pooling=steps.pooling,
        normalize=steps.normalize,
        max_tokens=families.max_tokens_of(model_type, config, tokenizer.get("model_max_length"), steps.max_tokens),
        parameters=found.parameters,
        size_bytes=sum((folder / name).stat().st_size for name in found.files),
        content_key=_content_key(folder, found),
    )


def _named(folder: Path, config: dict[str, Any]) -> tuple[str, str]:
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or not model_type:
        raise ModelBroken(f"The config.json of {folder.name} does not say which family the model is of (model_type).")
    if not safe.known_to_transformers(model_type):
        raise NotForThisModel(
            f"{folder.name} is of a family that this Transformers does not know (“{model_type[:80]}”).",
            "Pick another model.",
        )
    architectures = config.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else ""
    return model_type, first if isinstance(first, str) else ""


def _content_key(folder: Path, found: weights.Weights) -> str:
    """SHA-256 over what decides the answers; large files by name, size and time (see ModelFacts)."""
    digest = hashlib.sha256()
    large = sorted({*found.files, found.onnx_file, *_beside_onnx(folder, found.onnx_file)} - {""})
    for name in large:
        status = (folder / name).stat()
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    small = (file for file in (*folder.glob("*"), *folder.glob("*/*.json")) if file.suffix in _ANSWERING_ENDINGS)
    for file in sorted(file for file in small if file.is_file()):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _beside_onnx(folder: Path, onnx_file: str) -> list[str]:
    """An ONNX graph's external data commonly lies beside it as ``model.onnx_data`` or ``model.onnx.data``."""
    names = (f"{onnx_file}_data", f"{onnx_file}.data")
    return [name for name in names if onnx_file and (folder / name).is_file()]
