"""A model is input: what its JSON files may not say, checked before Transformers sees any of them.

A check is a function of (model's name, file's name, parsed JSON, every key with its value at any depth) that raises; a
new one is added to ``CHECKS``.
"""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from engine.models import template
from engine.models.families import ENCODERS
from engine.models.plain import quoted
from engine.wire.errors import ModelBroken, NeedsRemoteCode, NotForThisModel, UnsafeWeights

CONFIG = "config.json"
TOKENIZER = "tokenizer_config.json"

_JSON_LIMIT_BYTES = 16 * 1024 * 1024
_OTHER_LIMIT_BYTES = 1024 * 1024
_TABLE_LIMIT_BYTES = 256 * 1024 * 1024
_DEEPEST = 64
_DATA_FILES = frozenset(
    {"tokenizer.json", "vocab.json", "model.safetensors.index.json", "pytorch_model.bin.index.json"}
)
"""Tables that no configuration class reads; they are large, and others check them."""

_READ_FILES = frozenset(
    {
        *(CONFIG, TOKENIZER, "special_tokens_map.json", "added_tokens.json", "chat_template.json"),
        *("generation_config.json", "preprocessor_config.json", "processor_config.json", "adapter_config.json"),
        *("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"),
    }
)
"""What Transformers or Fastpath opens by its name. Any other JSON is somebody's data: it may be broken."""

_TABLES = ("tokenizer.json", "vocab.json", "vocab.txt", "merges.txt", "*.model")

_ATTENTION = re.compile(r"(attn|attention|experts)_implementation")
_ATTENTION_KNOWN = re.compile(
    r"(paged\|)?(eager|sdpa|flash_attention(_\d)?|flex_attention|paged_attention)(_paged)?|grouped_mm|batched_mm"
)
_TAKE_OUT = "Pick another model, or take that line out of the file if you trust where the model comes from."

_OUTPUT_SWITCHES = frozenset(
    {"return_dict", "output_attentions", "output_hidden_states", "torchscript", "use_bfloat16"}
)
"""They change what a model returns, which is the task's to say."""

_CHOOSERS = frozenset(
    {
        *("auto_map", "trust_remote_code", "quantization_config", "compression_config", "use_kernels"),
        *("kernel_config", "transformers_weights", "gguf_file", "attribute_map", "dtype", "torch_dtype"),
    }
)
"""They choose code, another weights file or a number format; ``attribute_map`` renames any other key to one."""

_FILE_KEYS = re.compile(r"(?!special_tokens_map_file|added_tokens_file)\w+_files?")


Entries = list[tuple[str, Any]]
_NESTING = (dict, list)


def read_json(file: Path) -> Any:
    """The parsed content of a JSON file of a model. Raises ModelBroken."""
    try:
        if file.stat().st_size > _JSON_LIMIT_BYTES:
            raise ModelBroken(f"The file {file.name} of {file.parent.name} is far larger than a real one.")
        return msgspec.json.decode(file.read_bytes())
    except (OSError, msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ModelBroken(f"The file {file.name} of {file.parent.name} cannot be read.", details=str(error)) from error


def read_object(file: Path) -> dict[str, Any]:
    """Like ``read_json``, and the content is an object; empty where there is no such file. Raises
    ModelBroken.
    """
    content = read_json(file) if file.is_file() else {}
    if not isinstance(content, dict):
        raise ModelBroken(f"The file {file.name} of {file.parent.name} is not what its name says.")
    return content


def check(folder: Path) -> None:
    """Looks through every JSON file of a model or a tokenizer, and at the size of their tables. Raises
    ModelBroken, UnsafeWeights, NeedsRemoteCode, NotForThisModel.
    """
    for pattern in _TABLES:
        for file in folder.glob(pattern):
            if file.is_file() and file.stat().st_size > _TABLE_LIMIT_BYTES:
                raise ModelBroken(f"The file {file.name} of {folder.name} is far larger than a real one.")
    for file in _json_files(folder):
        try:
            content = read_json(file)
            entries = _entries(file, content)
        except ModelBroken:
            if file.name in _READ_FILES:
                raise
            continue
        for one in CHECKS:
            one(folder.name, file.relative_to(folder).as_posix(), content, entries)
    template.check(folder)


def check_config(model: str, config: dict[str, Any]) -> None:
    """As ``check``, for a config.json that lies in no folder yet."""
    entries = _entries(Path(model) / CONFIG, config)
    for one in CHECKS:
        one(model, CONFIG, config, entries)


def _json_files(folder: Path) -> Iterator[Path]:
    """In the folder and its direct subfolders (1_Pooling, onnx): Transformers reads none that lie deeper."""
    for file in sorted(folder.glob("*.json")) + sorted(folder.glob("*/*.json")):
        if not file.is_file() or file.name in _DATA_FILES:
            continue
        if file.name in _READ_FILES or file.stat().st_size <= _OTHER_LIMIT_BYTES:
            yield file


def _entries(file: Path, content: Any) -> Entries:
    """Every key with its value, at every depth. No recursion, as depth is the file's choice: raises ModelBroken."""
    found: Entries = []
    level = [content]
    for _ in range(_DEEPEST):
        level = [one for one in level if one.__class__ in _NESTING]
        if not level:
            return found
        found += [entry for one in level if one.__class__ is dict for entry in one.items()]
        level = [inner for one in level for inner in (one.values() if one.__class__ is dict else one)]
    raise ModelBroken(f"The file {file.name} of {file.parent.name} is nested deeper than any real one.")


def _no_foreign_attention(model: str, file: str, content: Any, entries: Entries) -> None:
    """Transformers 4.57 takes a repository's name there for code to fetch and run (CVE-2026-4372).

    An implementation by its name is only a wish, which is stripped: Fastpath chooses.
    """
    for key, value in entries:
        if _ATTENTION.search(key):
            for name in _strings(value):
                if not _ATTENTION_KNOWN.fullmatch(name):
                    raise UnsafeWeights(
                        f"{file} of {model} asks for the attention {quoted(name)}, which is not one of Transformers'.",
                        _TAKE_OUT,
                    )


def _no_kernels(model: str, file: str, content: Any, entries: Entries) -> None:
    """Newer versions of Transformers fetch kernels from repositories that a configuration names."""
    for key, value in entries:
        if "kernel" in key.lower():
            for name in _strings(value):
                if "/" in name:
                    raise UnsafeWeights(
                        f"{file} of {model} asks for code from the repository {quoted(name)}.", _TAKE_OUT
                    )


def _no_trust(model: str, file: str, content: Any, entries: Entries) -> None:
    """A model that sets the switch itself would be believed by some classes (CVE-2026-5241)."""
    if any(key == "trust_remote_code" and value not in (False, None) for key, value in entries):
        raise UnsafeWeights(f"{file} of {model} turns on trust in code from the model's own repository.", _TAKE_OUT)


def _no_own_code(model: str, file: str, content: Any, entries: Entries) -> None:
    """``auto_map`` only matters, and is else stripped, where Transformers does not know the family itself."""
    if file != CONFIG or not isinstance(content, dict):
        return
    model_type = content.get("model_type")
    if content.get("auto_map") and not (isinstance(model_type, str) and known_to_transformers(model_type)):
        raise NeedsRemoteCode(f"{model} wants code from its own repository to be run, which Fastpath does not do.")


def _not_quantized(model: str, file: str, content: Any, entries: Entries) -> None:
    if file == CONFIG and any(value for key, value in entries if key == "quantization_config"):
        raise NotForThisModel(
            f"The weights of {model} are already quantized; Fastpath starts from weights in full precision.",
            "Pick the model that it was made from.",
        )


def _tokenizer_of_transformers(model: str, file: str, content: Any, entries: Entries) -> None:
    """AutoTokenizer takes any name out of Transformers for a tokenizer's class, AutoModel too."""
    if file not in (CONFIG, TOKENIZER) or not isinstance(content, dict):
        return
    name = content.get("tokenizer_class")
    if name is None or (isinstance(name, str) and _is_tokenizer(name)):
        return
    if content.get("auto_map"):
        raise NeedsRemoteCode(f"The tokenizer of {model} wants code of its own to be run, which Fastpath does not do.")
    raise NotForThisModel(
        f"{file} of {model} names a tokenizer that this Transformers does not have ({quoted(str(name))}).",
        "Pick another model, or another model's tokenizer.",
    )


def _tokenizer_files_inside(model: str, file: str, content: Any, entries: Entries) -> None:
    """Transformers opens the files that tokenizer_config.json names, wherever they are."""
    if file != TOKENIZER or not isinstance(content, dict):
        return
    for key, value in content.items():
        if _FILE_KEYS.fullmatch(key):
            for name in _strings(value):
                if "/" in name or "\\" in name or ":" in name or name == "..":
                    raise UnsafeWeights(
                        f"{file} of {model} names a file outside of the model's folder ({quoted(name)}).", _TAKE_OUT
                    )


CHECKS = (
    _no_foreign_attention,
    _no_kernels,
    _no_trust,
    _no_own_code,
    _not_quantized,
    _tokenizer_of_transformers,
    _tokenizer_files_inside,
)


def clean(config: dict[str, Any]) -> dict[str, Any]:
    """``config`` without what could choose code or change the form of outputs, at every depth."""
    return {key: _clean_value(value) for key, value in config.items() if not _is_stripped(key)}


def _clean_value(value: Any) -> Any:
    if isinstance(value, dict):
        return clean(value)
    return [_clean_value(item) for item in value] if isinstance(value, list) else value


def _is_stripped(key: str) -> bool:
    """Keys with an underscore before are Transformers' own notes."""
    if key.startswith("_") or key in _CHOOSERS or key in _OUTPUT_SWITCHES:
        return True
    return _ATTENTION.search(key) is not None


def known_to_transformers(model_type: str) -> bool:
    """Whether the installed Transformers has the family. Reads its source as text: importing it takes
    seconds.
    """
    return model_type in ENCODERS or f'("{model_type}", "' in _source("configuration_auto.py")


def _is_tokenizer(name: str) -> bool:
    """Whether Transformers has a class of this name, in a form that runs on the Rust backend."""
    plain = name.removesuffix("Fast")
    if plain == "PreTrainedTokenizer":
        return True
    return re.fullmatch(r"\w{1,60}Tokenizer", plain) is not None and f'"{plain}Fast"' in _source("tokenization_auto.py")


def _source(name: str) -> str:
    spec = find_spec("transformers")
    if spec is None or spec.origin is None:
        return ""
    source = Path(spec.origin).parent / "models" / "auto" / name
    return source.read_text("utf-8") if source.is_file() else ""


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
