"""``fastpath cpu``, ``modes``, ``tasks``: what there is."""

import json
from typing import Any

from engine.cli import documents, tables
from engine.cli.command import Json, talking
from engine.cli.output import print_json
from engine.wire.values import MachinePeaks


def cpu_command(as_json: Json = False) -> None:
    """What this computer's processor offers for models."""
    with talking(as_json) as talk:
        facts, peaks = talk.catalogue.cpu, talk.catalogue.peaks
    if as_json:
        whole: dict[str, Any] = documents.complete(facts)
        print_json({"schema": documents.SCHEMA} | whole | {"peaks": documents.complete(peaks)})
        return
    tables.show(tables.processor(facts))
    states = ["usable" if feature.usable else feature.reason or "not there" for feature in facts.features]
    rows = [(f.title, state, f.explains) for f, state in zip(facts.features, states, strict=True)]
    tables.show_table(("feature", "state", "what it is for"), rows)
    for one in peaks:
        tables.show(_measured(one))


def _measured(peaks: MachinePeaks) -> str:
    rates = ", ".join(f"{name} {tables.number(value)} GFLOP/s" for name, value in sorted(peaks.gflops.items()))
    threads = f"{peaks.threads} thread{'s' if peaks.threads != 1 else ''}"
    return f"Measured with {threads}: {rates}, memory {tables.number(peaks.bandwidth_gb_s)} GB/s"


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
