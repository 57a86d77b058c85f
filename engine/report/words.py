"""The sentences of a report: what was found, under which conditions, and what the words mean."""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from engine.report import figures
from engine.wire.comparison import CellResult, Comparison

MACHINE = {
    "quiet": ("\N{BLACK CIRCLE}", "Quiet machine", "Nothing else was seen to disturb the figures."),
    "drifting": ("\N{BLACK UP-POINTING TRIANGLE}", "Drifting machine", "It became faster or slower meanwhile."),
    "loaded": ("\N{BLACK SQUARE}", "Loaded machine", "Other programs took a part of it."),
}
"""Of ``Comparison.machine``: shape, word, sentence."""

GLOSSARY = {
    "Cell": "One way to run the model: an acceleration at a precision, with its threads, batch size and limit.",
    "Baseline": "Plain PyTorch (eager) at full precision, with the number of threads that was fastest for it here.",
    "Speedup": "The baseline's median latency over the cell's, from calls that took turns with it.",
    "95 % interval": "Where the speedup would lie in 95 of 100 such comparisons (bootstrap over rounds of calls).",
    "No difference": "The interval spans 1, or the change is below 3 %.",
    "Different answers": "Too many answers were not those of the baseline, so no speedup is shown.",
    "Same answers": "At least 99 of 100 inputs got the baseline's answer, and raw outputs near it. Identical: all of "
    "them, within the tolerance of full precision. Close: at least 95 of 100.",
    "Latency": "The time of one call of the model. End to end: with preparing the input and reading the output.",
    "p50, p90, p99": "So many of 100 calls were at least as fast. Shown only where enough calls lie beyond.",
    "Spread": "Between the quarter of the calls that was fastest and the quarter that was slowest.",
    "Far out": "Calls slower than the edge of the slowest quarter by more than three spreads: marked, never dropped.",
    "Preparing pays": "After so many calls the time saved is more than what preparing took.",
    "Precision": "How many bits numbers have: fp32 (full), bf16 (half), int8 (a quarter).",
    "Instructions": "The instruction sets of the CPU that the computing code used, as the runtime tells it.",
    "Joined operations": "Steps that run as one pass over memory, with how often they do.",
}


def headline(comparison: Comparison) -> str:
    """The sentence a reader takes away."""
    if comparison.sentence:
        return comparison.sentence
    if comparison.winner is None:
        return "The comparison was stopped before there was a winner." if comparison.stopped else "There is no winner."
    best = comparison.cells[comparison.winner]
    if best.verdict == "baseline" or best.speedup is None:
        return f"Use {figures.name(best)}: nothing was surely faster with the same answers."
    faster = f"{figures.ratio(best.speedup)} as fast as plain PyTorch on the same CPU"
    return f"Use {figures.name(best)}: {faster}, {figures.agreement(best) or 'answers not checked'}."


def subject(comparison: Comparison) -> str:
    """Model, task and inputs in a line."""
    count = comparison.inputs.get("count")
    parts = [
        _model_name(comparison),
        figures.task_title(comparison.task),
        figures.inputs(count) if isinstance(count, int) else "",
    ]
    return ", ".join(part for part in parts if part)


def conditions(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Name and value of each condition that is known."""
    for name, value in (*_what(comparison), *_machine(comparison.environment), *_how(comparison)):
        if value not in ("", "None"):
            yield name, value


def _what(comparison: Comparison) -> Iterator[tuple[str, str]]:
    model, given = comparison.model, comparison.inputs
    yield "Model", _model_name(comparison)
    yield "Family", str(model.get("family") or "")
    yield "Commit", str(model.get("commit") or "")
    yield "Task", figures.task_title(comparison.task)
    yield "Inputs", f"{given['count']:,}" if isinstance(given.get("count"), int) else ""
    yield "Tokens in a call", f"{given['tokens']:,}" if isinstance(given.get("tokens"), int) else ""


def _machine(environment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = environment.get
    yield "CPU", str(known("cpu") or "")
    yield "Threads by default", str(known("threads") or "")
    yield "Processors allowed", str(len(known("affinity") or ()) or "")
    memory_mb = known("memory_total_mb")
    yield "Memory", f"{memory_mb / 1000:,.1f} GB" if isinstance(memory_mb, int | float) else ""
    yield "Load when it began", str(known("load_1min"))
    yield "Frequency governor", str(known("governor"))
    yield "On battery", "" if known("on_battery") is None else "yes" if known("on_battery") else "no"
    yield "Container's processors", str(known("container_cpu_max"))
    yield "Container's memory", str(known("container_memory_max"))
    yield "System", str(known("system") or "")
    yield "Python", str(known("python") or "")
    yield "Libraries", _pairs(known("versions"), " ")
    yield "Settings", _pairs(known("settings"), "=")


def _how(comparison: Comparison) -> Iterator[tuple[str, str]]:
    asked = comparison.asked
    if "calls" in asked and "seconds" in asked:
        yield "Asked for", f"at least {asked['calls']} calls and {asked['seconds']:g} s a cell"
    if asked.get("budget_s"):
        yield "Time allowed", figures.seconds(float(asked["budget_s"]))
    if comparison.started_s:
        began = datetime.datetime.fromtimestamp(comparison.started_s).astimezone()
        yield "Begun", began.strftime("%Y-%m-%d %H:%M (UTC%z)")
    yield "Took", figures.seconds(comparison.took_s) if comparison.took_s else ""
    yield "Ended", "stopped by the person; what was measured until then is kept" if comparison.stopped else ""


def _model_name(comparison: Comparison) -> str:
    return str(comparison.model.get("ref") or comparison.model.get("name") or "")


def _pairs(found: Any, between: str) -> str:
    return ", ".join(f"{name}{between}{value}" for name, value in found.items()) if isinstance(found, dict) else ""


def has_figures(cell: CellResult) -> bool:
    return cell.p50_ms is not None
