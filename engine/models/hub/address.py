"""What a person types or pastes for a model on the Hub, as repository and revision."""

import dataclasses
import re
from urllib.parse import unquote, urlsplit

from engine.wire.errors import ModelNotFound

MAIN = "main"
HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co", "www.hf.co")

_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_REVISION = re.compile(r"\w[\w.+/-]{0,199}", re.ASCII)
_VIEWS = ("tree", "blob", "resolve", "raw", "commit", "commits", "blame")
"""What stands between a repository and a revision in an address."""

_OTHER_KINDS = {"datasets": "a dataset", "spaces": "a Space", "collections": "a collection", "papers": "a paper"}
_OTHER_PAGES = frozenset(
    {"api", "blog", "chat", "docs", "enterprise", "inference", "join", "learn", "login", "models", "new"}
    | {"organizations", "pricing", "search", "settings", "tasks"}
)
_CHECK = "Check it, or copy the address of the model's page at huggingface.co."


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """A model's repository (``org/name``, or one old name without an organisation) at a branch, tag or commit."""

    repo: str
    revision: str = MAIN


def parse(ref: str, endpoint: str) -> Address | None:
    """``org/name``, ``org/name@revision`` or an address of the Hub or of ``endpoint`` (a mirror); None where ``ref``
    has the form of neither. Raises ModelNotFound for an address that is not a model's.
    """
    ref = ref.strip()
    if _is_address(ref, endpoint):
        return _from_address(ref, endpoint)
    repo, at, revision = ref.partition("@")
    if not is_repo(repo):
        return None
    return Address(repo, _checked_revision(revision, ref) if at else MAIN)


def _is_address(ref: str, endpoint: str) -> bool:
    first = ref.partition("/")[0].lower()
    return "://" in ref or ("/" in ref and (first in HOSTS or first == urlsplit(endpoint).netloc.lower()))


def _from_address(ref: str, endpoint: str) -> Address:
    try:
        split = urlsplit(ref if "://" in ref else f"https://{ref}")
        host = (split.hostname or "").lower()
    except ValueError as error:
        raise ModelNotFound(f"“{ref[:200]}” is not an address.", _CHECK, str(error)) from error
    mirror = urlsplit(endpoint)
    if split.scheme not in ("http", "https") or host not in (*HOSTS, mirror.hostname):
        raise ModelNotFound(f"“{ref[:200]}” is not an address of the Hugging Face Hub.", _CHECK)
    path = split.path
    if host == mirror.hostname and mirror.path.strip("/"):
        path = path.removeprefix(mirror.path.rstrip("/"))
    parts = [unquote(part) for part in path.split("/") if part]
    first = parts[0].lower() if parts else ""
    if first in _OTHER_KINDS:
        raise ModelNotFound(f"“{ref[:200]}” is the address of {_OTHER_KINDS[first]}, not of a model.", _CHECK)
    if not parts or first in _OTHER_PAGES:
        raise ModelNotFound(f"“{ref[:200]}” is not the address of a model.", _CHECK)
    return _from_parts(parts, ref)


def _from_parts(parts: list[str], ref: str) -> Address:
    old_name = len(parts) == 1 or (len(parts) > 2 and parts[1] in _VIEWS and parts[2] not in _VIEWS)
    names, rest = (parts[:1], parts[1:]) if old_name else (parts[:2], parts[2:])
    repo = "/".join(names).removesuffix(".git")
    if not is_repo(repo):
        raise ModelNotFound(f"“{ref[:200]}” is not the address of a model.", _CHECK)
    if len(rest) < 2 or rest[0] not in _VIEWS:
        return Address(repo)
    # A branch's name may hold slashes; written plainly they cannot be told from a file's path, except for these.
    long = rest[1] == "refs" and len(rest) >= 4
    return Address(repo, _checked_revision("/".join(rest[1:4]) if long else rest[1], ref))


def is_repo(repo: str) -> bool:
    """Whether the Hub could have a repository of this name."""
    return bool(_REPO.fullmatch(repo)) and ".." not in repo and "--" not in repo


def _checked_revision(revision: str, ref: str) -> str:
    if not _REVISION.fullmatch(revision) or ".." in revision or "//" in revision or revision.endswith("/"):
        raise ModelNotFound(f"“{ref[:200]}” names no branch, tag or commit that can be.", _CHECK)
    return revision


def with_revision(address: Address, revision: str) -> Address:
    """The same repository at ``revision``, or ``address`` itself where that is empty. Raises ModelNotFound."""
    return Address(address.repo, _checked_revision(revision, f"{address.repo}@{revision}")) if revision else address
