"""What the Models page shows: models of the Hub, models on this computer, downloads, a model's card."""

from typing import Literal

from engine.wire.values import Value

Sort = Literal["downloads", "likes", "newest"]
Weights = Literal["", "safetensors", "ONNX", "pickle"]
TokenPlace = Literal["none", "keyring", "session", "environment", "file"]
DownloadState = Literal["waiting", "running", "paused", "failed"]


RELEASES_PAGE = "https://github.com/fastpath-dev/fastpath/releases"
"""Where a person finds the newest version."""


class HubModel(Value, frozen=True, kw_only=True):
    """One model of the Hub, as a list shows it. A figure that nobody told is None.

    ``task``: the Hub's pipeline tag. ``gated``: the Hub gives it only to those who accepted its conditions.
    ``download_bytes``: of the files that would be fetched. ``memory_needed_bytes``: an estimate, as in ``ModelCard``.
    ``modes``: ids of the modes that take its family. ``reason``: in plain words, why it cannot run here; empty where
    nothing speaks against it. ``why``: of a model that comes with the program's own list, why this one. ``here``: it is
    whole on this computer. ``changed``: a date.
    """

    repo: str
    title: str = ""
    task: str = ""
    family: str = ""
    licence: str = ""
    gated: bool = False
    private: bool = False
    weights: Weights = ""
    parameters: int | None = None
    download_bytes: int | None = None
    memory_needed_bytes: int | None = None
    memory_free_bytes: int = 0
    downloads: int | None = None
    likes: int | None = None
    changed: str = ""
    modes: tuple[str, ...] = ()
    reason: str = ""
    why: str = ""
    tokenizer: str = ""
    """Of a model without a tokenizer of its own: the model that lends it."""
    here: bool = False

    @property
    def fits(self) -> bool:
        """Whether the memory that it needs is free, as far as is known."""
        return self.memory_needed_bytes is None or self.memory_needed_bytes <= self.memory_free_bytes


class LocalModel(Value, frozen=True, kw_only=True):
    """A model on this computer. ``ref``: what a person names it by (``starter``, a folder, a Hub id, or
    ``id@commit`` where it is not the newest there).

    ``place``: ``cache`` is the one that is shared with other programs, ``folder`` a person's own, which is never
    deleted. ``frees_bytes``: what deleting it gives back; files that other versions share stay. ``last_used_s``:
    seconds since 1970. ``prepared_bytes``: of what modes have prepared of it. ``reason``: why it cannot run here, or
    what is missing of it.
    """

    ref: str
    name: str
    place: Literal["starter", "cache", "folder"]
    folder: str
    commit: str = ""
    family: str = ""
    task: str = ""
    licence: str = ""
    size_bytes: int = 0
    frees_bytes: int = 0
    last_used_s: float = 0.0
    prepared_bytes: int = 0
    content_key: str = ""
    whole: bool = True
    reason: str = ""


class PendingDownload(Value, frozen=True, kw_only=True):
    """A download that is not over, also of an earlier start of the program. ``failure``: why it failed, or was paused
    by itself, in a sentence.
    """

    ref: str
    revision: str = ""
    part: Literal["model", "tokenizer"] = "model"
    state: DownloadState
    done_bytes: int = 0
    total_bytes: int = 0
    failure: str = ""


class Span(Value, frozen=True, kw_only=True):
    """A piece of a card's text. ``link``: where it leads, an http or https address; nothing else is a link."""

    text: str
    strong: bool = False
    code: bool = False
    link: str = ""


class Block(Value, frozen=True, kw_only=True):
    """One part of a card. ``level``: of a heading 1 to 6, of a list's item its depth from 0. ``rows``: of a table, its
    head first.
    """

    kind: Literal["heading", "paragraph", "item", "code", "table", "rule"]
    spans: tuple[Span, ...] = ()
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
