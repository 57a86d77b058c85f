"""``fastpath cpu``, ``modes``, ``tasks``: what there is."""

import json

from engine.cli import documents, tables
from engine.cli.command import Json, talking
from engine.cli.output import print_json


def cpu_command(as_json: Json = False) -> None:
    """What this computer's processor offers for models."""
    with talking(as_json) as talk:
        facts = talk.catalogue.cpu
    if as_json:
        print_json({"schema": documents.SCHEMA} | documents.complete(facts))
        return
    tables.show(tables.processor(facts))
    states = ["usable" if feature.usable else feature.reason or "not there" for feature in facts.features]
    rows = [(f.title, state, f.explains) for f, state in zip(facts.features, states, strict=True)]
    tables.show_table(("feature", "state", "what it is for"), rows)


def modes_command(as_json: Json = False) -> None:
    """The accelerations, and which can run here."""
    with talking(as_json) as talk:
        modes = talk.catalogue.modes
    if as_json:
        print_json({"schema": documents.SCHEMA, "modes": [documents.complete(mode) for mode in modes]})
        return
    rows = []
    for mode in modes:
        precisions = " ".join(card.id for card in mode.precisions if card.available)
        state = "ready" if mode.available else f"{mode.reason} {mode.remedy}".strip()
        rows.append((mode.id, mode.title, precisions, state))
    tables.show_table(("id", "name", "precisions", "state"), rows)


def tasks_command(as_json: Json = False) -> None:
    """What a model can be asked to do, and an example of each."""
    with talking(as_json) as talk:
        tasks = talk.catalogue.tasks
    if as_json:
        print_json({"schema": documents.SCHEMA, "tasks": [documents.complete(task) for task in tasks]})
        return
    rows = [(task.id, task.title, json.dumps(task.example, ensure_ascii=False)) for task in tasks]
    tables.show_table(("id", "name", "example"), rows)
