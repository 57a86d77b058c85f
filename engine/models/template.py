"""Chat templates: programs in Jinja that come with a tokenizer.

Fastpath renders none. One that would go on for very long is refused all the same, since it has no honest use and
whoever opens the tokenizer next may render it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from engine.wire.errors import ModelBroken, UnsafeWeights

_LIMIT_BYTES = 1024 * 1024
_DEEPEST_LOOP = 6
_MOST_ROUNDS = 100_000
_TAG = re.compile(r"\{%[-+]?\s*(for|endfor|macro)\b(.*?)%\}", re.DOTALL)
_RANGE = re.compile(r"range\s*\(([^()]*)\)")
_POWER_OR_PRODUCT = re.compile(r"\d\s*\*")


def check(folder: Path) -> None:
    """Raises UnsafeWeights, ModelBroken."""
    for name, text in _templates(folder):
        if len(text) > _LIMIT_BYTES:
            raise ModelBroken(f"The chat template in {name} of {folder.name} is far larger than a real one.")
        if is_endless(text):
            raise UnsafeWeights(f"The chat template in {name} of {folder.name} would go on for very long.")


def is_endless(text: str) -> bool:
    """Whether its loops over numbers alone, one in another, make too many rounds, or lie too deep.

    ``range`` over anything but a plain number counts as a short one, unless it is computed by multiplying.
    """
    rounds = [1]
    for tag in _TAG.finditer(text):
        kind, rest = tag[1], tag[2]
        if kind == "for":
            rounds.append(rounds[-1] * _rounds(rest))
        elif kind == "endfor" and len(rounds) > 1:
            rounds.pop()
        if rounds[-1] > _MOST_ROUNDS or len(rounds) - 1 > _DEEPEST_LOOP:
            return True
    return False


def _rounds(loop: str) -> int:
    """How often the head of a loop goes round, as far as it says."""
    most = 1
    for span in _RANGE.finditer(loop):
        if _POWER_OR_PRODUCT.search(span[1]):
            return _MOST_ROUNDS + 1
        most = max([most, *(int(number[:12]) for number in re.findall(r"\d+", span[1]))])
    return most


def _templates(folder: Path) -> Iterator[tuple[str, str]]:
    for file in (*folder.glob("*.jinja"), *folder.glob("*/*.jinja")):
        if file.is_file():
            with file.open("rb") as stream:
                yield file.name, stream.read(_LIMIT_BYTES + 1).decode("utf-8", "replace")
    for name in ("tokenizer_config.json", "chat_template.json"):
        if (folder / name).is_file():
            content = msgspec.json.decode((folder / name).read_bytes())
            for text in _texts(content.get("chat_template") if isinstance(content, dict) else None):
                yield name, text


def _texts(value: Any) -> Iterator[str]:
    """One template, or a list of named ones."""
    if isinstance(value, str):
        yield value
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict) and isinstance(one.get("template"), str):
            yield one["template"]
