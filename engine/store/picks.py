"""What a search found fastest, by model, task and CPU: small files that stay until another search."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine import folders
from engine.store import versions, whole
from engine.wire.errors import FastpathError
from engine.wire.values import Pick

log = logging.getLogger(__name__)


def model_key(content_key: str, tokenizer: str) -> str:
    """Of a model with the tokenizer of the folder ``tokenizer``, or its own where empty."""
    return f"{content_key} {tokenizer}"


def keep(key: str, cpu_signature: str, pick: Pick) -> None:
    """Where it cannot be written, that is logged: the search told it already."""
    try:
        whole.write(_file(key, cpu_signature, pick.task), msgspec.json.encode(pick))
    except (FastpathError, OSError) as error:
        log.warning("A pick could not be kept: %s", error)


def find(key: str, cpu_signature: str, tasks: Sequence[str]) -> tuple[Pick, ...]:
    """Those that are known with the libraries that are installed now."""
    found = []
    for task in tasks:
        file = _file(key, cpu_signature, task)
        try:
            found.append(msgspec.json.decode(file.read_bytes(), type=Pick))
        except FileNotFoundError:
            continue
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("The pick in %s cannot be read: %s", file, error)
    return tuple(found)


def _file(key: str, cpu_signature: str, task: str) -> Path:
    text = f"{key} {cpu_signature} {task} {sorted(versions.installed().items())}"
    return folders.part("times") / f"pick-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
