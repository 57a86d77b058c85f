"""What the environment says of the Hub, by the names that its own client reads: endpoint, token, network off."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from engine.wire.errors import Offline
from engine.wire.hub import TokenPlace

_TRUE = frozenset({"1", "ON", "YES", "TRUE"})
_TOKEN = re.compile(r"[\x21-\x7e]+")


def endpoint() -> str:
    """The Hub's address without a slash at its end; HF_ENDPOINT names a mirror. Raises Offline where that is none."""
    named = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").strip().rstrip("/")
    try:
        split = urlsplit(named)
        usable = split.scheme in ("http", "https") and bool(split.hostname) and split.port != 0
    except ValueError:  # brackets or a port that are none
        usable = False
    if not usable:
        raise Offline(f"HF_ENDPOINT is not the address of a Hub: “{named[:200]}”.", "Correct or unset it.")
    return named


def token() -> tuple[TokenPlace, str]:
    """An access token from HF_TOKEN, else from the file that ``hf auth login`` writes, and which of them it was."""
    place: TokenPlace = "environment"
    named = os.environ.get("HF_TOKEN", "").strip()
    if not named:
        place = "file"
        try:
            named = _token_file().read_text("utf-8", errors="replace").strip()
        except OSError:
            return "none", ""
    return (place, named) if _TOKEN.fullmatch(named) else ("none", "")


def _token_file() -> Path:
    return Path(os.environ.get("HF_TOKEN_PATH") or home() / "token").expanduser()


def home() -> Path:
    """The folder of all that the Hugging Face libraries keep."""
    if named := os.environ.get("HF_HOME"):
        return Path(os.path.expandvars(named)).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(caches).expanduser() / "huggingface"


def cache() -> Path:
    """Where the Hugging Face libraries keep what they download."""
    if named := os.environ.get("HF_HUB_CACHE"):
        return Path(os.path.expandvars(named)).expanduser()
    return home() / "hub"


def require_network() -> None:
    """Raises Offline where the person turned the network off."""
    if os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in _TRUE:
        raise Offline(
            "The network is turned off for Fastpath.",
            "Turn it on in Settings (or unset HF_HUB_OFFLINE) to download, or pick a model that is on this computer.",
        )
