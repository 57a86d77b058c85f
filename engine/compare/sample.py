"""The bundled inputs of a comparison, for whoever brings none: the task's example, then made of real texts.

None of these texts is one that a precision is calibrated on.
"""

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import msgspec

from engine.all_tasks import TASKS
from engine.wire.errors import BadInput
from engine.wire.messages import Compare

FEW = 20

_QUESTIONS = ("What happened?", "Who is it about?", "Where was it?", "When was it?")
_MASK = "[MASK]"


def completed(asked: Compare) -> Compare:
    """With inputs. Raises BadInput for an unknown task."""
    if asked.task not in TASKS:
        raise BadInput(f"There is no task named {asked.task!r}.", f"Pick one of: {', '.join(TASKS)}.")
    return asked if asked.inputs else msgspec.structs.replace(asked, inputs=inputs(asked.task))


def more(asked: Compare) -> tuple[dict[str, Any], ...]:
    """What a search holds answers against besides few inputs: one answer is no ground for a choice that is kept."""
    return inputs(asked.task) if asked.search and len(asked.inputs) < FEW else ()


def inputs(task: str) -> tuple[dict[str, Any], ...]:
    """The fields of each input; the first is the task's example."""
    example = TASKS[task].card.example
    text = resources.files("resources").joinpath("examples", "texts.txt").read_text("utf-8")
    texts = [line for line in text.splitlines() if line.strip()]
    return (dict(example), *(_fields(example, texts, number) for number in range(len(texts))))


def _fields(example: Mapping[str, Any], texts: Sequence[str], number: int) -> dict[str, Any]:
    """Shaped like the example, of the texts from ``number`` on."""
    following = [texts[(number + step) % len(texts)] for step in range(5)]
    if "question" in example:
        return {"question": _QUESTIONS[number % len(_QUESTIONS)], "context": " ".join(following[:3])}
    if "sentences" in example:
        return {"source_sentence": following[0], "sentences": following[1:]}
    if _MASK in example["inputs"]:
        return {"inputs": _masked(following[0], number)}
    return {"inputs": following[0]}


def _masked(text: str, number: int) -> str:
    words = text.split()
    words[number % (len(words) - 1)] = _MASK
    return " ".join(words)
