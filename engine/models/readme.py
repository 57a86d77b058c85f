"""What a model's README.md says in its front matter (the Hub's model card)."""

import re
from pathlib import Path

_README_BYTES = 64 * 1024
_LISTED_BYTES = 4 * 1024


def licence_and_task(folder: str) -> tuple[str, str]:
    """``licence`` and ``pipeline_tag``, with one short look into the file: for lists of thousands."""
    try:
        with open(f"{folder}/README.md", "rb", buffering=0) as stream:  # noqa: PTH123 - a Path takes as long again
            text = stream.read(_LISTED_BYTES).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return "", ""
    front = _front_of(text)
    return _licence(front), _entry("pipeline_tag", front)


def licence(folder: Path) -> str:
    """The licence that is named, or empty."""
    return _licence(_front_matter(folder))


def _licence(front: str) -> str:
    named = _entry("license", front)
    return _entry("license_name", front) or named if named == "other" else named


def pipeline_tag(folder: Path) -> str:
    """The task that the model is for, by the Hub's names, or empty."""
    return _entry("pipeline_tag", _front_matter(folder))


def _front_matter(folder: Path) -> str:
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as stream:
            text = stream.read(_README_BYTES)
    except OSError:  # it is not there or may not be read: no answer depends on it
        return ""
    return _front_of(text)


def _front_of(text: str) -> str:
    front = re.match(r"\ufeff?---[ \t]*\n(.*?)\n---", text, re.DOTALL)
    return front[1] if front else ""


def _entry(key: str, front: str) -> str:
    """A scalar, or the items of a list, of the top level of a YAML front matter."""
    found = re.search(rf"^{key}:[ \t]*(.*(?:\n[ \t]*- .*)*)", front, re.MULTILINE)
    if not found:
        return ""
    items = re.findall(r"[^\s\[\],'\"]+", re.sub(r"\s#.*", "", re.sub(r"(?m)^[ \t]*- ", "", found[1])))
    return ", ".join(items)[:80]
