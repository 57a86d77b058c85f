"""Which files of a repository are fetched: an allow-list, so that nothing comes along that could run."""

import re
from pathlib import PurePosixPath

from engine.models import weights
from engine.models.hub.cache import PICKLES
from engine.models.hub.listing import Listed
from engine.wire.errors import ModelBroken, ModelNotFound, NotForThisModel, UnsafeWeights

SMALL_LIMIT_BYTES = 128 * 1024 * 1024
"""No real tokenizer or configuration comes near; the largest known tokenizer.json has 35 MB."""

_README_LIMIT_BYTES = 4 * 1024 * 1024
_FILES_LIMIT = 1000

_JSON = frozenset(
    {"config.json", "generation_config.json", "modules.json", "sentence_bert_config.json"}
    | {"config_sentence_transformers.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"}
    | {"vocab.json", "preprocessor_config.json", "processor_config.json", "chat_template.json", weights.INDEX}
)
_TOKENIZER_JSON = re.compile(r"tokenizer(\.\d+(\.\d+)*)?\.json")
_TEXTS = (".txt", ".model", ".jinja")
_STEP = re.compile(r"\d+_[A-Za-z]+/config\.json")
"""Of a step of sentence-transformers: 1_Pooling, 2_Normalize."""
_SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_UNSPEAKABLE = re.compile(r"[\\\x00-\x1f\x7f]")
_DRIVE_OR_STREAM = re.compile(r'[:<>"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def choose(model: str, listed: list[Listed], with_weights: bool) -> list[Listed]:
    """The files to fetch, small ones first. Raises UnsafeWeights, NotForThisModel, ModelBroken, ModelNotFound."""
    for file in listed:
        _require_plain(model, file.path)
    chosen = [file for file in listed if _is_small(file)]
    if with_weights:
        if not any(file.path == "config.json" for file in chosen):
            raise ModelNotFound(f"{model} holds no model: it has no config.json.", "Pick another model.")
        chosen += _weights(model, listed)
    elif not chosen:
        raise ModelNotFound(f"{model} holds no tokenizer.", "Pick another model's tokenizer.")
    for file in chosen:
        _require_same_everywhere(model, file.path)
        if not file.path.endswith((".safetensors", ".onnx")) and not _is_onnx_data(file.path):
            _require_small(model, file)
    if len({file.path.casefold() for file in chosen}) != len(chosen) or len(chosen) > _FILES_LIMIT:
        raise ModelBroken(f"The files of {model} are not those of a model.", "Pick another model.")
    return sorted(chosen, key=lambda file: (file.size_bytes, file.path))


def _require_plain(model: str, path: str) -> None:
    """A path becomes a file's name in the cache: it must be relative and go down only."""
    if any(part in ("", ".", "..") for part in path.split("/")) or _UNSPEAKABLE.search(path) or len(path) > 500:
        raise _leads_out(model, path)


def _require_same_everywhere(model: str, path: str) -> None:
    """Windows takes some names for a drive, a stream or a device, and cuts dots and spaces at the end."""
    if _DRIVE_OR_STREAM.search(path) or any(part[-1] in " ." or _DEVICE.fullmatch(part) for part in path.split("/")):
        raise _leads_out(model, path)


def _leads_out(model: str, path: str) -> UnsafeWeights:
    return UnsafeWeights(
        f"{model} lists a file whose name could lead out of its folder ({path[:80]!a}).", "Pick another model."
    )


def _require_small(model: str, file: Listed) -> None:
    if file.size_bytes > SMALL_LIMIT_BYTES:
        raise ModelBroken(
            f"The file {file.path} of {model} is far larger than a real one ({file.size_bytes:,} bytes).",
            "Pick another model.",
        )


def _is_small(file: Listed) -> bool:
    path = PurePosixPath(file.path)
    if len(path.parts) > 1:
        return _STEP.fullmatch(file.path) is not None
    if path.name == "README.md":
        return file.size_bytes <= _README_LIMIT_BYTES
    return path.name in _JSON or _TOKENIZER_JSON.fullmatch(path.name) is not None or path.suffix in _TEXTS


def _weights(model: str, listed: list[Listed]) -> list[Listed]:
    """safetensors where there are, as one file or in shards; else an ONNX graph with its data."""
    by_path = {file.path: file for file in listed}
    if weights.SINGLE in by_path:
        return [by_path[weights.SINGLE]]
    shards = [file for file in listed if _SHARD.fullmatch(file.path)]
    if weights.INDEX in by_path and shards:
        return shards
    graph = next((name for name in weights.ONNX_PLACES if name in by_path), "")
    if graph:
        return [by_path[graph], *(file for file in listed if _is_onnx_data(file.path) and file.path.startswith(graph))]
    if any(file.path.endswith(PICKLES) for file in listed):
        raise UnsafeWeights(f"The weights of {model} are only in files that can run code (pickle or Keras).")
    raise NotForThisModel(f"{model} has no weights as safetensors or ONNX.", "Pick another version of the model.")


def _is_onnx_data(path: str) -> bool:
    return re.fullmatch(r"(onnx/)?model\.onnx[._]data(_\d+)?", path) is not None
