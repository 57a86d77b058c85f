"""What the Hub's list of models says: many by words and filters, or one by its name.

The names are those of ``GET /api/models`` as ``huggingface_hub.HfApi.list_models`` speaks it. A field of another form
than usual counts as not told, and an entry without a usable name as not there: nothing here is believed further.
"""

import dataclasses
import re
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from engine.models.hub import address
from engine.models.hub.asking import asked, not_the_hub
from engine.models.hub.exchange import Exchange
from engine.models.hub.patience import Limits, Patience
from engine.wire.errors import BadInput

PAGE = 30
QUICK = Limits(connect_s=6, stall_s=10, slow_bytes_per_s=4000, tries=2, first_wait_s=0.3, longest_wait_s=2)
"""For questions that somebody waits for."""

_EXPAND = (
    *("cardData", "config", "downloads", "gated", "lastModified", "library_name", "likes", "pipeline_tag"),
    *("private", "safetensors", "siblings", "tags"),
)
_SORTS = {"downloads": "downloads", "likes": "likes", "newest": "lastModified"}
_TAGS = {"safetensors": "safetensors", "ONNX": "onnx", "pickle": "pytorch"}
"""Of kinds of weights, as the Hub tags models."""

_LONGEST_WORDS = 200
_LONGEST_TEXT = 200
_MOST_FILES = 20_000
_CURSOR = "/api/models?"


@dataclasses.dataclass(frozen=True, slots=True)
class Query:
    """As ``engine.wire.messages.SearchHub``, without what the Hub cannot judge."""

    words: str = ""
    author: str = ""
    task: str = ""
    licence: str = ""
    weights: str = ""
    sort: str = "downloads"


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A model as the Hub lists it. ``parameters``: counts by number format, from the header of its safetensors.

    ``config``: the few fields of config.json that the Hub tells. ``sha``: told of one model alone.
    """

    repo: str
    sha: str = ""
    task: str = ""
    licence: str = ""
    library: str = ""
    changed: str = ""
    gated: bool = False
    private: bool = False
    downloads: int | None = None
    likes: int | None = None
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    files: frozenset[str] = frozenset()
    parameters: dict[str, int] = dataclasses.field(default_factory=dict)


def first_page(endpoint: str, query: Query) -> str:
    """The address of a search's first answer."""
    pairs = [("search", cleaned(query.words)), ("author", cleaned(query.author)), ("pipeline_tag", cleaned(query.task))]
    pairs.append(("filter", f"license:{cleaned(query.licence).lower()}" if query.licence else ""))
    pairs.append(("filter", _TAGS.get(query.weights, "")))
    pairs += [("sort", _SORTS.get(query.sort, "downloads")), ("direction", "-1"), ("limit", str(PAGE))]
    return f"{endpoint}{_CURSOR}{urlencode([pair for pair in pairs if pair[1]])}&{_expanded(_EXPAND)}"


def page_of(endpoint: str, cursor: str) -> str:
    """The address that ``cursor_of`` made a cursor of. Raises BadInput for anything else."""
    if not cursor.startswith(_CURSOR) or not cursor.isascii() or not cursor.isprintable() or " " in cursor:
        raise BadInput("This search cannot go on from there.", "Search again.")
    return endpoint + cursor


def cursor_of(endpoint: str, following: str) -> str:
    """What a window keeps of the next page's address; the endpoint is the desk's own matter."""
    return following.removeprefix(endpoint) if following.startswith(endpoint + _CURSOR) else ""


def search(exchange: Exchange, url: str, patience: Patience) -> tuple[list[Entry], str]:
    """The models of one page, and the address of the next or empty. Raises as ``asking.asked``."""
    listed, following = asked(exchange, url, list[Any], patience)
    found = [entry for one in listed if (entry := read(one)) is not None]
    if listed and not found:
        raise not_the_hub("no model has a name")
    return found, following


def one(exchange: Exchange, revision: str, patience: Patience) -> Entry:
    """The exchange's own model at ``revision``. Raises as ``asking.asked``."""
    expanded = _expanded((*_EXPAND, "sha"))
    told, _ = asked(exchange, f"{exchange.about('revision', revision)}?{expanded}", dict[str, Any], patience)
    found = read(told)
    if found is None:
        raise not_the_hub("a model without a name")
    return found


def cleaned(text: str) -> str:
    """What a person typed, fit for an address: no control characters, single spaces, not endless."""
    kept = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * _LONGEST_WORDS])
    return " ".join(kept.split())[:_LONGEST_WORDS].strip()


def read(told: Any) -> Entry | None:
    """One entry of the list."""
    if not isinstance(told, dict) or not address.is_repo(repo := _text(told, "id") or _text(told, "modelId")):
        return None
    card = told.get("cardData")
    return Entry(
        repo=repo,
        sha=_text(told, "sha"),
        task=_text(told, "pipeline_tag"),
        licence=_licence(card if isinstance(card, dict) else {}, told.get("tags")),
        library=_text(told, "library_name"),
        changed=date if re.fullmatch(r"\d{4}-\d\d-\d\d", date := _text(told, "lastModified")[:10]) else "",
        gated=told.get("gated") not in (None, False),
        private=told.get("private") is True,
        downloads=_count(told.get("downloads")),
        likes=_count(told.get("likes")),
        config=told["config"] if isinstance(told.get("config"), dict) else {},
        files=_files(told.get("siblings")),
        parameters=_parameters(told.get("safetensors")),
    )


def _expanded(names: tuple[str, ...]) -> str:
    return "&".join(f"{quote('expand[]')}={name}" for name in names)


def _text(told: dict[str, Any], key: str) -> str:
    value = told.get(key)
    return value[:_LONGEST_TEXT] if isinstance(value, str) and value.isprintable() else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def _licence(card: dict[str, Any], tags: Any) -> str:
    named = card.get("license")
    named = named[0] if isinstance(named, list) and named else named
    if named == "other":
        named = card.get("license_name") or named
    if not isinstance(named, str):
        of_tags = (tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
        named = next((tag.removeprefix("license:") for tag in of_tags if tag.startswith("license:")), "")
    return named[:80] if named.isprintable() else ""


def _files(siblings: Any) -> frozenset[str]:
    try:
        listed = msgspec.convert(siblings or [], list[dict[str, Any]])
    except msgspec.ValidationError:
        return frozenset()
    return frozenset(name for one in listed[:_MOST_FILES] if isinstance(name := one.get("rfilename"), str))


def _parameters(told: Any) -> dict[str, int]:
    counts = told.get("parameters") if isinstance(told, dict) else None
    if not isinstance(counts, dict):
        return {}
    return {kind: count for kind, number in counts.items() if isinstance(kind, str) and (count := _count(number))}
