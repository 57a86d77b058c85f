"""Asking for downloads in tests, and looking at what was asked of the Hub and left in the cache."""

from pathlib import Path
from typing import Any

import pytest

from engine.wire.errors import FastpathError
from tests.engine.models.hub.conftest import WEIGHTS, Got
from tests.hub_server import COMMIT, Hub

NEEDED = {"config.json", "tokenizer.json", "README.md", "1_Pooling/config.json", WEIGHTS}
"""The files of ``org/name`` that a download brings."""


def refused(kind: type[FastpathError], get: Got, *words: str, **more: Any) -> FastpathError:
    with pytest.raises(FastpathError) as caught:
        get(*words, **more)
    assert type(caught.value) is kind, caught.value.what_happened
    assert caught.value.what_to_do.endswith(".")
    return caught.value


def files_under(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if not file.is_dir()}


def ranges(hub: Hub, path: str = WEIGHTS) -> list[str]:
    return [one.range for one in hub.asked(f"/resolve/{COMMIT}/{path}")]
