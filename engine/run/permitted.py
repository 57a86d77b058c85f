"""What a run needs the person's word for: opening pickled weights, and more memory than is free."""

from pathlib import Path

from engine.cpu import read as cpu
from engine.models import pickled
from engine.models.card import memory_needed_bytes
from engine.models.facts import ModelFacts
from engine.models.look import look, look_at_tokenizer
from engine.run.session import Workbench
from engine.store import consents
from engine.wire.errors import NotEnoughMemory
from engine.wire.messages import Compare, Run

_IMPORTED_BYTES = 300 * 1024 * 1024
"""Of what the estimate counts for the libraries: this process has them by now."""


def model_of(run: Run | Compare) -> ModelFacts:
    """The model of a run, looked into, and the folder that lends its tokenizer. Pickled weights need consent: this
    run's, or one that is kept. Raises as ``look``; UnsafeWeights without consent.
    """
    if run.tokenizer:
        look_at_tokenizer(Path(run.tokenizer))
    facts = look(Path(run.folder), run.allow_pickle)
    if facts.weights != "pickle" or facts.pickle_allowed:
        return facts
    if not consents.is_allowed(pickled.digest(facts.folder, facts.weights_files)):
        raise pickled.consent_remedy(facts.folder.name)
    return look(Path(run.folder), allow_pickle=True)


def require_memory(run: Run, facts: ModelFacts, bench: Workbench) -> None:
    """Told before anything is loaded. What is kept ready of other models gives way first. Raises NotEnoughMemory."""
    if run.ignore_memory:
        return
    held = bench.kept.held()
    wanted = (str(facts.folder), facts.content_key, run.mode, run.precision)
    if any((key.folder, key.content_key, key.mode, key.precision) == wanted for key in held):
        return
    needed_bytes = memory_needed_bytes(facts) - _IMPORTED_BYTES
    for key in held:
        if needed_bytes <= cpu.memory_free_bytes():
            return
        bench.kept.drop(key)
    require_free(facts.folder.name, needed_bytes, cpu.memory_free_bytes())


def require_free(name: str, needed_bytes: int, free_bytes: int) -> None:
    """Raises NotEnoughMemory with both figures."""
    if needed_bytes > free_bytes:
        raise NotEnoughMemory(
            f"{name} needs about {needed_bytes / 1e9:.1f} GB of memory, and {free_bytes / 1e9:.1f} GB are free.",
            "Close other programs or pick a smaller model; to try all the same, run without this check "
            "(--ignore-memory on the command line).",
        )
