"""The short list of good first models that comes with the program (resources/models.json)."""

from importlib import resources

import msgspec

from engine.cpu import read as cpu
from engine.library import judge
from engine.models import card
from engine.models.hub.query import Entry
from engine.wire.hub import HubModel, Weights

_FILES = {
    "safetensors": frozenset({"config.json", "model.safetensors"}),
    "ONNX": frozenset({"config.json", "model.onnx"}),
    "": frozenset({"config.json"}),
    "pickle": frozenset({"config.json", "pytorch_model.bin"}),
}


class _Good(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``parameters`` and ``download_bytes`` are rounded, as people say them."""

    repo: str
    title: str
    why: str
    task: str
    model_type: str
    architecture: str
    licence: str
    parameters: int
    download_bytes: int
    weights: Weights = ""
    tokenizer: str = ""
    sentences: bool = False


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: int
    models: tuple[_Good, ...]


def listed() -> tuple[HubModel, ...]:
    """All of them, with what this computer makes of them. No request is sent."""
    text = resources.files("resources").joinpath("models.json").read_bytes()
    free_bytes = cpu.memory_free_bytes()
    return tuple(_told(one, free_bytes) for one in msgspec.json.decode(text, type=_List).models)


def _told(one: _Good, free_bytes: int) -> HubModel:
    files = _FILES[one.weights] | ({"1_Pooling/config.json"} if one.sentences else frozenset())
    config = {"model_type": one.model_type, "architectures": [one.architecture]}
    counts = {"F32": one.parameters}
    entry = Entry(repo=one.repo, task=one.task, config=config, files=frozenset(files), parameters=counts)
    facts = judge.facts_of(entry, config, one.weights)
    found = judge.judged(entry, signed_in=True, free_bytes=free_bytes)
    return msgspec.structs.replace(
        found,
        title=one.title,
        why=one.why,
        licence=one.licence,
        weights=one.weights,
        download_bytes=one.download_bytes,
        memory_needed_bytes=card.memory_needed_bytes(facts),
        reason="",
        tokenizer=one.tokenizer,
    )
