"""Whether a model of the Hub could run here, from what is known before anything of it is downloaded."""

from pathlib import Path
from typing import Any

from engine.all_modes import MODES
from engine.cpu import read as cpu
from engine.mode import Mode
from engine.models import card, families, safe, weights
from engine.models.facts import ModelFacts
from engine.models.hub import cache
from engine.models.hub.address import Address
from engine.models.hub.query import Entry
from engine.wire.errors import FastpathError, ModelBroken
from engine.wire.hub import HubModel, Weights

MOST = 2**53
"""No figure of a real model is near; what a hostile one claims must still fit into a message."""

_LONGEST_NAME = 100

_NEEDS_SIGN_IN = "It is given only to those who signed in and accepted its conditions."


def judged(entry: Entry, *, signed_in: bool, free_bytes: int | None = None) -> HubModel:
    """``signed_in``: there is an access token, so that a gated model may be open to this person."""
    kind = kind_of(entry.files)
    facts = facts_of(entry, entry.config, kind)
    learned = weights.learned(entry.parameters)
    return HubModel(
        repo=entry.repo,
        task=entry.task,
        family=_family(facts.model_type),
        licence=entry.licence,
        gated=entry.gated,
        private=entry.private,
        weights=kind,
        parameters=min(learned, MOST) or None,
        download_bytes=min(weights.stored_bytes(entry.parameters), MOST) or None,
        memory_needed_bytes=min(card.memory_needed_bytes(facts), MOST) if learned else None,
        memory_free_bytes=cpu.memory_free_bytes() if free_bytes is None else free_bytes,
        downloads=entry.downloads,
        likes=entry.likes,
        changed=entry.changed,
        modes=modes_of(facts),
        reason=reason_against(entry, entry.config, kind) or (_NEEDS_SIGN_IN if entry.gated and not signed_in else ""),
        here=is_here(entry.repo),
    )


def kind_of(files: frozenset[str]) -> Weights:
    """The kind of weights that would be fetched of these files."""
    if weights.SINGLE in files or weights.INDEX in files:
        return "safetensors"
    if files.intersection(weights.ONNX_PLACES):
        return "ONNX"
    return "pickle" if any(name.endswith(cache.PICKLES) for name in files) else ""


def facts_of(entry: Entry, config: dict[str, Any], kind: str) -> ModelFacts:
    """What a mode judges, as far as the Hub tells it."""
    model_type, architecture = named(config)
    onnx = next((name for name in weights.ONNX_PLACES if name in entry.files), "")
    return ModelFacts(
        folder=Path(entry.repo),
        config=config,
        model_type=model_type,
        architecture=architecture,
        tasks=tasks_of(entry, model_type, architecture),
        weights_files=(),
        weights=kind or "safetensors",
        onnx_file=onnx,
        pooling="",
        normalize=False,
        max_tokens=0,
        parameters=weights.learned(entry.parameters),
        size_bytes=weights.stored_bytes(entry.parameters),
        content_key="",
    )


def named(config: dict[str, Any]) -> tuple[str, str]:
    """Family and architecture that a configuration names, each empty where it does not."""
    model_type, listed = config.get("model_type"), config.get("architectures")
    first = listed[0] if isinstance(listed, list) and listed else ""
    return _name(model_type), _name(first)


def _name(value: object) -> str:
    """Where it has the form of one: an answer may hold anything, of any length."""
    return value if isinstance(value, str) and len(value) <= _LONGEST_NAME and value.isprintable() else ""


def tasks_of(entry: Entry, model_type: str, architecture: str) -> tuple[str, ...]:
    """Task ids that the model can do here, the one that its card names first."""
    if model_type not in families.ENCODERS:
        return ()
    sentences = "1_Pooling/config.json" in entry.files
    tasks = families.tasks_of(model_type, architecture, sentences)
    return tuple(sorted(tasks, key=lambda task: task != entry.task))


def modes_of(facts: ModelFacts) -> tuple[str, ...]:
    """Ids of the modes that take the model in some precision, by their own judgement."""
    if facts.model_type not in families.ENCODERS:
        return ()
    return tuple(mode_id for mode_id, mode in MODES.items() if _takes(mode, facts))


def _takes(mode: Mode, facts: ModelFacts) -> bool:
    precisions = [precision.id for precision in mode.card.precisions if precision.available]
    try:
        return any(mode.fits(facts, precision).verdict != "no" for precision in precisions)
    except (TypeError, ValueError):  # a configuration whose entries are of forms that no model's have
        return False


def reason_against(entry: Entry, config: dict[str, Any], kind: str) -> str:
    """Why the model cannot run here, by the rules for what is downloaded; empty where none speaks against it."""
    name = entry.repo.rpartition("/")[2]
    model_type, architecture = named(config)
    try:
        safe.check_config(name, config)
        if model_type:
            families.require_encoder(name, model_type, architecture)
    except FastpathError as error:
        return error.what_happened
    if not entry.files:
        return ""
    if "config.json" not in entry.files:
        return f"{name} holds no model: it has no config.json."
    if kind == "pickle":
        return f"The weights of {name} are only in files that can run code (pickle or Keras)."
    return "" if kind else f"{name} has no weights as safetensors or ONNX."


def is_here(repo: str) -> bool:
    """Whether the model is whole in the shared cache, as far as that may be read."""
    try:
        folder = cache.snapshot(Address(repo))
        return folder is not None and cache.is_model(folder)
    except ModelBroken:
        return False


def _family(model_type: str) -> str:
    family = families.ENCODERS.get(model_type)
    return family.title if family else model_type
