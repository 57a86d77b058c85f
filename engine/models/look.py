"""Looking into a model's folder: all that is known from its files, in milliseconds, without torch or
Transformers.
"""

import hashlib
import re
from pathlib import Path
from typing import Any

from engine.models import families, links, readme, safe, sentence, sizes, unreadable, weights
from engine.models.facts import ModelFacts
from engine.models.plain import quoted
from engine.wire.errors import ModelBroken, ModelNotFound, NotForThisModel

_ANSWERING_ENDINGS = (".json", ".txt", ".model", ".jinja")
"""Endings of the small files that decide the answers: configuration, tokenizer, pooling."""

_HASHED_BYTES = 32 * 1024 * 1024
_MODEL_TYPE = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")
_ARCHITECTURE = re.compile(r"\w{1,100}")


@unreadable.told()
def look(folder: Path, allow_pickle: bool = False) -> ModelFacts:
    """Reads and judges the model in ``folder``. ``allow_pickle``: the person consented to pickled weights.

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
    links.check(folder)
    config = safe.read_object(folder / safe.CONFIG)
    safe.check(folder)
    model_type, architecture = _named(folder, config)
    families.require_encoder(folder.name, model_type, architecture)
    found = weights.read(folder, allow_pickle)
    sizes.check(folder.name, config, found)
    steps = sentence.read(folder)
    tokenizer = safe.read_object(folder / "tokenizer_config.json")
    return ModelFacts(
        folder=folder,
        config=config,
        model_type=model_type,
        architecture=architecture,
        tasks=_proposed(_tasks(folder, model_type, architecture, steps.known, found), readme.pipeline_tag(folder)),
        weights_files=found.files,
        weights=found.kind,
        onnx_file=found.onnx_file,
        pooling=steps.pooling,
        normalize=steps.normalize,
        max_tokens=families.max_tokens_of(model_type, config, tokenizer.get("model_max_length"), steps.max_tokens),
        parameters=found.parameters,
        size_bytes=sum((folder / name).stat().st_size for name in found.files),
        content_key=_content_key(folder, found.files, found.onnx_file),
        pickle_allowed=allow_pickle,
    )


@unreadable.told()
def look_at_tokenizer(folder: Path) -> None:
    """Judges another model's folder of which only the tokenizer is used. Raises as ``look``."""
    links.check(folder)
    safe.check(folder)


def require_unchanged(facts: ModelFacts) -> None:
    """Raises ModelBroken where a file that decides the answers is not what it was when ``facts`` were read."""
    try:
        same = _content_key(facts.folder, facts.weights_files, facts.onnx_file) == facts.content_key
    except OSError:
        same = False
    if not same:
        raise ModelBroken(f"The files of {facts.folder.name} changed while they were read.", "Run again.")


def _named(folder: Path, config: dict[str, Any]) -> tuple[str, str]:
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or not _MODEL_TYPE.fullmatch(model_type):
        raise ModelBroken(f"The config.json of {folder.name} does not say which family the model is of (model_type).")
    if not safe.known_to_transformers(model_type):
        raise NotForThisModel(
            f"{folder.name} is of a family that this Transformers does not know ({quoted(model_type)}).",
            "Pick another model.",
        )
    architectures = config.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else ""
    return model_type, first if isinstance(first, str) and _ARCHITECTURE.fullmatch(first) else ""


def _tasks(
    folder: Path, model_type: str, architecture: str, sentences: bool | None, found: weights.Weights
) -> tuple[str, ...]:
    tasks = families.tasks_of(model_type, architecture, sentences)
    if found.kind != "ONNX":
        return tasks
    served = families.tasks_of_graph(tasks, found.outputs)
    if not served:
        given = ", ".join(quoted(name) for name in found.outputs[:5])
        raise NotForThisModel(
            f"The ONNX graph of {folder.name} gives {given}, which serves no task that Fastpath knows of it.",
            "Pick a version of the model in the safetensors format, or another export.",
        )
    return served


def _proposed(tasks: tuple[str, ...], tag: str) -> tuple[str, ...]:
    """The same tasks, the one that the model's card names first where the architecture can do it."""
    return tuple(sorted(tasks, key=lambda task: task != tag))


def _content_key(folder: Path, weights_files: tuple[str, ...], onnx_file: str) -> str:
    """SHA-256 over what decides the answers; large files by name, size and time (see ModelFacts)."""
    digest = hashlib.sha256()
    beside = _beside_onnx(folder, onnx_file)
    for name in sorted({*weights_files, onnx_file, *beside} - {""}):
        digest.update(_state(folder, folder / name))
    small = (file for file in (*folder.glob("*"), *folder.glob("*/*.json")) if file.suffix in _ANSWERING_ENDINGS)
    for file in sorted(file for file in small if file.is_file()):
        digest.update(_state(folder, file) if file.stat().st_size > _HASHED_BYTES else _content(folder, file))
    return digest.hexdigest()


def _state(folder: Path, file: Path) -> bytes:
    status = file.stat()
    return f"{file.relative_to(folder).as_posix()}\0{status.st_size}\0{status.st_mtime_ns}\0".encode(errors="replace")


def _content(folder: Path, file: Path) -> bytes:
    content = file.read_bytes()
    return f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode(errors="replace") + content


def _beside_onnx(folder: Path, onnx_file: str) -> list[str]:
    """The data of a graph that lies beside whole weights; that of a graph alone is among the weights' files."""
    names = (f"{onnx_file}_data", f"{onnx_file}.data")
    return [name for name in names if onnx_file and (folder / name).is_file()]
