"""What the Hub says of a repository: the commit of a revision, and its files with sizes and hashes."""

import dataclasses
import re

import msgspec

from engine.models.hub.asking import asked, not_the_hub
from engine.models.hub.cache import COMMIT
from engine.models.hub.exchange import Exchange
from engine.models.hub.patience import Patience
from engine.wire.errors import ModelBroken

_PAGES = 100
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """A file as the tree interface lists it.

    ``etag``, its name in the cache: the SHA-256 where it ``is_large`` (Git LFS), else the SHA-1 of its Git blob.
    """

    path: str
    size_bytes: int
    etag: str
    is_large: bool


class _Large(msgspec.Struct, frozen=True):
    oid: str
    size: int


class _Entry(msgspec.Struct, frozen=True):
    type: str
    path: str
    oid: str = ""
    size: int = 0
    lfs: _Large | None = None


class _Revision(msgspec.Struct, frozen=True):
    sha: str


def commit(exchange: Exchange, revision: str, patience: Patience) -> str:
    """The commit that a branch, tag or commit is at. Raises what ``Exchange.get`` names, and Offline."""
    url = exchange.about("revision", revision)
    found, _ = asked(exchange, url, _Revision, patience)
    if not COMMIT.fullmatch(found.sha):
        raise not_the_hub("no commit")
    return str(found.sha)


def files(exchange: Exchange, at_commit: str, patience: Patience) -> list[Listed]:
    """Every file of the repository at that commit. Raises as ``commit``, and ModelBroken."""
    url = exchange.about("tree", at_commit) + "?recursive=true"
    found: list[Listed] = []
    for _ in range(_PAGES):
        entries, following = asked(exchange, url, list[_Entry], patience)
        found += [_listed(entry) for entry in entries if entry.type == "file"]
        if not following:
            return found
        url = following
    raise ModelBroken(f"The repository {exchange.repo} has more files than any model.", "Pick another model.")


def _listed(entry: _Entry) -> Listed:
    file = Listed(
        path=entry.path,
        size_bytes=entry.lfs.size if entry.lfs else entry.size,
        etag=entry.lfs.oid if entry.lfs else entry.oid,
        is_large=entry.lfs is not None,
    )
    # The etag becomes a file's name, so that its form is more than a formality.
    if file.size_bytes < 0 or not (_SHA256 if file.is_large else COMMIT).fullmatch(file.etag):
        raise not_the_hub("a file without a hash or a size")
    return file
