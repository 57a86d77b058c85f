"""Opening a tokenizer from a folder: lightly where that gives the same as Transformers does, else through it.

Importing Transformers' AutoTokenizer takes 1.7 s beside PyTorch (3.6 s alone), reading tokenizer.json with
the tokenizers library 0.02 s.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.models.facts import ModelFacts
from engine.models.tokenizer import Tokenizer
from engine.models.tokenizer_families import (
    CHANGES_LOADING,
    CLASS_OF_MODEL,
    FAMILIES,
    SPECIAL_NAMES,
    changes_steps,
    changes_tokens,
    content_of,
)
from engine.wire.errors import FastpathError, ModelBroken, ModelNotFound, NeedsRemoteCode, NotForThisModel

UNLIMITED = 1_000_000
"""Transformers writes 10^30 and the like as ``model_max_length`` where a tokenizer has no limit."""

WITHOUT_TYPE_IDS = frozenset({"distilbert", "mpnet", "modernbert"})
"""Families whose forward has no ``token_type_ids``, whatever their tokenizer names."""


def open_tokenizer(facts: ModelFacts, tokenizer: str) -> Tokenizer:
    """The tokenizer in the folder ``tokenizer``, or the model's own where empty. Runs no code of others.

    Raises ModelNotFound, ModelBroken, NeedsRemoteCode, and NotForThisModel where it has no fast form.
    """
    folder = Path(tokenizer) if tokenizer else facts.folder
    if not folder.is_dir():
        raise ModelNotFound(f"There is no tokenizer in {folder}.", "Pick the folder that holds the tokenizer's files.")
    return open_lightly(facts, folder) or open_through_transformers(facts, folder)


def open_lightly(facts: ModelFacts, folder: Path) -> Tokenizer | None:
    """The tokenizer of tokenizer.json, or None where Transformers would change it. Raises ModelBroken."""
    if not (folder / "tokenizer.json").is_file():
        return None
    settings = _settings(folder)
    name = settings.get("tokenizer_class") or _read_json(folder / "config.json").get("tokenizer_class")
    name = name or CLASS_OF_MODEL.get(str(_read_json(folder / "config.json").get("model_type")), "")
    family = FAMILIES.get(str(name).removesuffix("Fast"))
    if family is None or any(settings.get(key) for key in CHANGES_LOADING):
        return None
    from tokenizers import Tokenizer as Backend

    try:
        backend = Backend.from_file(str(folder / "tokenizer.json"))
    except Exception as error:
        raise ModelBroken(f"The tokenizer in {folder} cannot be read.", details=str(error)) from error
    try:
        specials = {
            **family.specials,
            **{k: content_of(settings[k]) for k in SPECIAL_NAMES if settings.get(k)},
        }
        if changes_tokens(backend, settings, specials, family) or changes_steps(backend, settings, family):
            return None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # settings of another form than Transformers writes: what it makes of them decides
    truncation = backend.truncation or {}
    if backend.padding:
        specials.setdefault("pad_token", backend.padding["pad_token"])
    return _tokenizer(
        facts,
        backend,
        specials,
        length=settings.get("model_max_length", settings.get("max_len")),
        inputs=settings.get("model_input_names") or (("token_type_ids",) if family.type_ids else ()),
        side=settings.get("truncation_side", truncation.get("direction", "right")),
        cleans_up=bool(settings.get("clean_up_tokenization_spaces", False)),
    )


def open_through_transformers(facts: ModelFacts, folder: Path) -> Tokenizer:
    """The tokenizer as AutoTokenizer makes it, converted where it has no tokenizer.json. Errors:
    ``open_tokenizer``.
    """
    from transformers import AutoTokenizer

    try:
        wrapper = AutoTokenizer.from_pretrained(
            str(folder), use_fast=True, trust_remote_code=False, local_files_only=True
        )
    except Exception as error:
        raise _translated(error, folder) from error
    if not wrapper.is_fast:
        raise NotForThisModel(
            f"The tokenizer in {folder} ({type(wrapper).__name__}) has no fast form.",
            "Pick a tokenizer with a tokenizer.json file.",
        )
    return _tokenizer(
        facts,
        wrapper.backend_tokenizer,
        {name: token for name in SPECIAL_NAMES if (token := wrapper.special_tokens_map.get(name))},
        length=wrapper.model_max_length,
        inputs=wrapper.model_input_names,
        side=wrapper.truncation_side,
        cleans_up=bool(wrapper.clean_up_tokenization_spaces),
    )


def _tokenizer(
    facts: ModelFacts,
    backend: Any,
    specials: Mapping[str, str],
    *,
    length: Any,
    inputs: Any,
    side: str,
    cleans_up: bool,
) -> Tokenizer:
    backend.no_padding()
    backend.no_truncation()
    limits = [
        int(limit) for limit in (facts.max_tokens, length) if isinstance(limit, int | float) and 0 < limit < UNLIMITED
    ]

    def id_of(name: str) -> int:
        token_id = backend.token_to_id(specials[name]) if name in specials else None
        return -1 if token_id is None else int(token_id)

    return Tokenizer(
        backend=backend,
        max_tokens=min(limits, default=0),
        pad_id=id_of("pad_token"),
        cls_id=id_of("cls_token"),
        unk_id=id_of("unk_token"),
        mask_id=id_of("mask_token"),
        mask_token=specials.get("mask_token", ""),
        uses_type_ids="token_type_ids" in inputs and _has_type_ids(facts),
        truncation_side=side,
        cleans_up_spaces=cleans_up,
    )


def _has_type_ids(facts: ModelFacts) -> bool:
    """Whether the model tells two kinds of tokens apart; with one kind, leaving the ids out is the same."""
    return facts.model_type not in WITHOUT_TYPE_IDS and facts.config.get("type_vocab_size", 2) not in (0, 1)


def _settings(folder: Path) -> dict[str, Any]:
    """tokenizer_config.json, with special_tokens_map.json over it where it is of the older kind."""
    settings = _read_json(folder / "tokenizer_config.json")
    if "added_tokens_decoder" not in settings:
        settings |= _read_json(folder / "special_tokens_map.json")
        if (folder / "added_tokens.json").is_file():
            settings["from_slow"] = True
    return settings


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelBroken(f"The file {path.name} of the tokenizer cannot be read.", details=str(error)) from error
    if not isinstance(value, dict):
        raise ModelBroken(f"The file {path.name} of the tokenizer does not hold what it should.")
    return value


def _translated(error: Exception, folder: Path) -> FastpathError:
    text = str(error)
    if "trust_remote_code" in text:
        return NeedsRemoteCode(f"The tokenizer in {folder} wants code of its own to be run.", details=text)
    if "sentencepiece" in text or "tiktoken" in text:
        return NotForThisModel(
            f"The tokenizer in {folder} has no tokenizer.json file and cannot be converted here.",
            "Pick a version of the model with a tokenizer.json file.",
            text,
        )
    return ModelBroken(f"The tokenizer in {folder} cannot be read.", details=text)
