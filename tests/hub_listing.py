"""What the stand-in of the Hub says of its models in lists, in the form of huggingface.co's ``GET /api/models``.

Kept apart from ``hub_server``, which serves; the fields are those that ``huggingface_hub.ModelInfo`` reads.
"""

import json
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.hub_server import Repo

TOLD = {
    "gated": False,
    "private": False,
    "downloads": 100,
    "likes": 10,
    "lastModified": "2025-02-19T11:06:12.000Z",
    "pipeline_tag": "feature-extraction",
    "library_name": "transformers",
    "tags": ["transformers", "safetensors", "bert", "feature-extraction", "license:mit", "region:us"],
    "cardData": {"license": "mit", "language": "en"},
}
"""What a repository says of itself unless ``Repo.told`` says otherwise."""


def entry(name: str, repo: "Repo", expanded: list[str]) -> dict[str, Any]:
    """One model: its id, and the fields that were asked for."""
    known = {**TOLD, **repo.told}
    known.setdefault("sha", next(iter(repo.refs.values())))
    known.setdefault("siblings", [{"rfilename": path} for path in sorted(repo.files)])
    known.setdefault("config", _config(repo))
    if "safetensors" in expanded and (found := _safetensors(repo)) is not None:
        known.setdefault("safetensors", found)
    return {"_id": "621ffdc036468d709f17434d", "id": name, **{key: known[key] for key in expanded if key in known}}


def page(repos: Mapping[str, "Repo"], query: dict[str, list[str]]) -> tuple[list[dict[str, Any]], int | None]:
    """The models of one page, and where the next begins."""
    wanted = query.get("search", [""])[0].lower()
    found = [(name, repo) for name, repo in repos.items() if _fits(name, repo, wanted, query)]
    field = {"likes": "likes", "lastModified": "lastModified"}.get(query.get("sort", [""])[0], "downloads")
    found.sort(key=lambda one: {**TOLD, **one[1].told}[field], reverse=True)
    start, limit = int(query.get("cursor", ["0"])[0]), int(query.get("limit", ["1000"])[0])
    end = start + limit
    told = [entry(name, repo, query.get("expand[]", [])) for name, repo in found[start:end]]
    return told, end if end < len(found) else None


def _fits(name: str, repo: "Repo", words: str, query: dict[str, list[str]]) -> bool:
    known = {**TOLD, **repo.told}
    author = query.get("author", [""])[0]
    tag = query.get("pipeline_tag", [""])[0]
    tags = [*known["tags"], known["pipeline_tag"], known["library_name"]]
    return (
        all(word in name.lower() for word in words.split())
        and (not author or name.startswith(f"{author}/"))
        and (not tag or known["pipeline_tag"] == tag)
        and all(wanted in tags for wanted in query.get("filter", []))
    )


def _config(repo: "Repo") -> dict[str, Any]:
    """The few fields of config.json that the Hub tells in lists."""
    try:
        config = json.loads(repo.content("config.json"))
        return {
            key: config[key]
            for key in ("architectures", "model_type", "auto_map", "quantization_config")
            if key in config
        }
    except (KeyError, ValueError, TypeError):
        return {}


def _safetensors(repo: "Repo") -> dict[str, Any] | None:
    """What the Hub reads in the header of the weights."""
    try:
        content = repo.content("model.safetensors")
        length = struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8 : 8 + length])
    except (KeyError, ValueError, struct.error):
        return None
    if not isinstance(header, dict) or any(len(one.get("shape", ())) > 16 for one in header.values()):
        return None
    counts: dict[str, int] = {}
    for name, tensor in header.items():
        if name != "__metadata__":
            size = 1
            for one in tensor["shape"]:
                size *= one
            counts[tensor["dtype"]] = counts.get(tensor["dtype"], 0) + size
    return {"parameters": counts, "total": sum(counts.values())}
