"""Inputs to compare on: the person's file; and prompts for the presentation."""

import contextlib
import itertools
import json
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from engine.wire.values import TaskCard

MOST_BYTES = 20_000_000
MOST_INPUTS = 1_000
MOST_PROMPTS = 9
SENTENCES = 4
"""So many texts fill a field that takes a list."""

_QUESTIONS = ("What happened?", "Who is it about?", "Where was it?", "When was it?")
_CONTEXT = 3
"""So many texts hold the answer to a question."""
_MASK = "[MASK]"


class Unreadable(Exception):
    """Why a file gives no inputs, in a sentence."""


def prompts(task: TaskCard) -> tuple[dict[str, Any], ...]:
    """The task's own example first, then others like it."""
    lines = resources.files("resources").joinpath("examples", "texts.txt").read_text("utf-8").splitlines()
    texts = itertools.cycle(line for line in lines if line)
    return (dict(task.example), *(_filled(task, texts, number) for number in range(MOST_PROMPTS - 1)))


def _filled(task: TaskCard, texts: Iterator[str], number: int) -> dict[str, Any]:
    if task.output == "answer":
        question, context = (field.id for field in task.fields)
        asked = _QUESTIONS[number % len(_QUESTIONS)]
        return {question: asked, context: " ".join(itertools.islice(texts, _CONTEXT))}
    if task.output == "mask":
        words = next(texts).split()
        words[number % (len(words) - 1)] = _MASK
        return {task.fields[0].id: " ".join(words)}
    return {
        field.id: list(itertools.islice(texts, SENTENCES)) if field.kind == "lines" else next(texts)
        for field in task.fields
    }


def of_file(file: str, task: TaskCard) -> tuple[dict[str, Any], ...]:
    """One input a line: a text, or a JSON object of the task's fields. Raises Unreadable."""
    try:
        if Path(file).stat().st_size > MOST_BYTES:
            raise Unreadable("The file is too large: 20 MB are the most.")
        lines = [line for line in Path(file).read_text("utf-8-sig").splitlines() if line.strip()]
    except OSError as error:
        raise Unreadable(f"The file cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise Unreadable("The file is not UTF-8 text.") from error
    if not lines:
        raise Unreadable("There is nothing in the file. Write one input a line.")
    if len(lines) > MOST_INPUTS:
        raise Unreadable(f"The file has {len(lines):,} lines; {MOST_INPUTS:,} are the most.")
    return tuple(_fields(line, place, task) for place, line in enumerate(lines, start=1))


def _fields(line: str, place: int, task: TaskCard) -> dict[str, Any]:
    """As the command line reads one."""
    names: Sequence[str] = [field.id for field in task.fields]
    with contextlib.suppress(ValueError, RecursionError):
        document = json.loads(line)
        if isinstance(document, dict) and (len(names) > 1 or names[0] in document):
            return document
    if len(names) == 1:
        return {names[0]: line}
    raise Unreadable(f"Line {place} is no JSON object with the fields {', '.join(names)}.")
