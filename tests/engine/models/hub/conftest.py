"""A stand-in of the Hub, and a cache of its own for each test."""

import dataclasses
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.models.hub.address import Address
from engine.models.hub.download import download
from engine.models.hub.halt import Halt
from engine.models.hub.patience import Limits
from engine.wire.messages import Downloading, Notice
from tests.engine.models.folders import CONFIG, weights
from tests.hub_server import Hub, Repo, serving

QUICK = Limits(connect_s=2, stall_s=2, gain_bytes=1000, first_wait_s=0.01, longest_wait_s=0.05, longest_asked_s=3)
IMPATIENT = dataclasses.replace(QUICK, stall_s=0.8)
"""Only where a test stalls on purpose: a machine may well be held up for as long."""
WEIGHTS = "model.safetensors"
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty shared cache, the network on, nobody signed in."""
    for name in (*PROXIES, "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    return tmp_path / "hf" / "hub"


@pytest.fixture
def hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def repo(hub: Hub, tmp_path: Path) -> Repo:
    """``org/name``: a whole model, and files beside it that nobody should fetch."""
    weights(tmp_path / WEIGHTS)
    hub.repos["org/name"] = Repo(
        {
            "config.json": json.dumps(CONFIG).encode(),
            "tokenizer.json": b'{"version": "1.0"}',
            "README.md": b"---\nlicense: mit\npipeline_tag: feature-extraction\n---\n",
            "1_Pooling/config.json": b'{"pooling_mode_mean_tokens": true}',
            WEIGHTS: (tmp_path / WEIGHTS).read_bytes() + random.Random(1).randbytes(1_000_000),
            "pytorch_model.bin": b"pickle",
            "model.py": b"import os",
            ".gitattributes": b"*",
            "onnx/model.onnx": b"graph",
        }
    )
    return hub.repos["org/name"]


Got = Callable[..., Path]


@pytest.fixture
def told() -> list[Downloading | Notice]:
    return []


@pytest.fixture
def get(told: list[Downloading | Notice]) -> Got:
    """Downloads ``org/name`` with short waits."""

    def got(repo: str = "org/name", revision: str = "main", halt: Halt | None = None, **more: Any) -> Path:
        return download(Address(repo, revision), halt or Halt(), told.append, **{"limits": QUICK, **more})

    return got
