"""A model is input: what its JSON files may not say, checked before Transformers sees any of them.

A check is a function of (model's name, file's name, parsed JSON) that raises; a new one is added to
``CHECKS``.
"""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from engine.models.families import ENCODERS
from engine.wire.errors import ModelBroken, NeedsRemoteCode, NotForThisModel, UnsafeWeights

CONFIG = "config.json"

_JSON_LIMIT_BYTES = 16 * 1024 * 1024
_DATA_FILES = frozenset({"tokenizer.json", "vocab.json", "model.safetensors.index.json"})
"""Tables that no configuration class reads; they are large, and others check them."""

_ATTENTION = re.compile(r"_?(attn|experts)_implementation")
_ATTENTION_ALLOWED = ("eager", "sdpa")
_TAKE_OUT = "Pick another model, or take that line out of the file if you trust where the model comes from."

_OUTPUT_SWITCHES = frozenset(
    {"return_dict", "output_attentions", "output_hidden_states", "torchscript", "use_bfloat16"}
)
"""They change what a model returns, which is the task's to say."""


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
    """Looks through every JSON file of a model. Raises ModelBroken, UnsafeWeights, NeedsRemoteCode,
    NotForThisModel.
    """
    for file in _json_files(folder):
        content = read_json(file)
        for one in CHECKS:
            one(folder.name, file.relative_to(folder).as_posix(), content)


def _json_files(folder: Path) -> Iterator[Path]:
    """In the folder and its direct subfolders (1_Pooling, onnx): Transformers reads none that lie deeper."""
    for file in sorted(folder.glob("*.json")) + sorted(folder.glob("*/*.json")):
        if file.is_file() and file.name not in _DATA_FILES:
            yield file


def _no_foreign_attention(model: str, file: str, content: Any) -> None:
    """Transformers 4.57 takes a repository's name there for code to fetch and run (CVE-2026-4372)."""
    for key, value in _entries(content):
        if _ATTENTION.match(key):
            for name in _strings(value):
                if name not in _ATTENTION_ALLOWED:
                    raise UnsafeWeights(
                        f"{file} of {model} asks for the attention “{name[:80]}”, not eager or sdpa.",
                        _TAKE_OUT,
                    )


def _no_trust(model: str, file: str, content: Any) -> None:
    """A model that sets the switch itself would be believed by some classes (CVE-2026-5241)."""
    if any(key == "trust_remote_code" and value not in (False, None) for key, value in _entries(content)):
        raise UnsafeWeights(f"{file} of {model} turns on trust in code from the model's own repository.", _TAKE_OUT)


def _no_own_code(model: str, file: str, content: Any) -> None:
    """``auto_map`` only matters, and is else stripped, where Transformers does not know the family itself."""
    if file != CONFIG or not isinstance(content, dict):
        return
    model_type = content.get("model_type")
    if content.get("auto_map") and not (isinstance(model_type, str) and known_to_transformers(model_type)):
        raise NeedsRemoteCode(f"{model} wants code from its own repository to be run, which Fastpath does not do.")


def _not_quantized(model: str, file: str, content: Any) -> None:
    if file == CONFIG and isinstance(content, dict) and content.get("quantization_config"):
        raise NotForThisModel(
            f"The weights of {model} are already quantized; Fastpath starts from weights in full precision.",
            "Pick the model that it was made from.",
        )


CHECKS = (_no_foreign_attention, _no_trust, _no_own_code, _not_quantized)


def clean(config: dict[str, Any]) -> dict[str, Any]:
    """``config`` without what could choose code or change the form of outputs, at every depth."""
    return {key: _clean_value(value) for key, value in config.items() if not _is_stripped(key)}


def _clean_value(value: Any) -> Any:
    if isinstance(value, dict):
        return clean(value)
    return [_clean_value(item) for item in value] if isinstance(value, list) else value


def _is_stripped(key: str) -> bool:
    if key in ("auto_map", "trust_remote_code") or key in _OUTPUT_SWITCHES:
        return True
    return _ATTENTION.match(key) is not None


def known_to_transformers(model_type: str) -> bool:
    """Whether the installed Transformers has the family. Reads its source as text: importing it takes
    seconds.
    """
    if model_type in ENCODERS:
        return True
    spec = find_spec("transformers")
    if spec is None or spec.origin is None:
        return False
    source = Path(spec.origin).parent / "models" / "auto" / "configuration_auto.py"
    return source.is_file() and f'("{model_type}", "' in source.read_text("utf-8")


def _entries(content: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, at every depth; no recursion, as depth is the file's choice."""
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from one.items()
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for _, inner in _entries(value):
        if isinstance(inner, str):
            yield inner
