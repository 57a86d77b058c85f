"""What is said of models."""

import dataclasses
import datetime
import time
from collections.abc import Callable, Sequence

from engine.wire.hub import HubModel, LocalModel
from engine.wire.messages import HubLooked
from gui.widgets import figures

Titles = Callable[[str], str]
"""The title of a task or mode by its id."""

Fact = tuple[str, str]
PLACES = {"starter": "came with Fastpath", "cache": "shared cache", "folder": "folder of yours"}


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A model in a list. ``figure`` stands right; ``note`` below the line, as a doubt (``warns``) or quiet; ``here``:
    with a tick.
    """

    key: str
    title: str
    figure: str = ""
    line: str = ""
    note: str = ""
    warns: bool = False
    here: bool = False

    def said(self) -> str:
        """For a screen reader."""
        here = "on this computer" if self.here else ""
        return ", ".join(part for part in (self.title, self.figure, here, self.line, self.note) if part)


def found(model: HubModel, titles: Titles, *, here: bool) -> Row:
    """A model of the Hub."""
    parts = (
        access(model),
        titles(model.task) if model.task else "",
        f"{figures.count(model.parameters)} parameters" if model.parameters else "",
        model.licence,
        f"{figures.count(model.downloads)} downloads" if model.downloads is not None and not model.why else "",
    )
    size = figures.size(model.download_bytes) if model.download_bytes else ""
    note = model.reason or model.why
    line = ", ".join(part for part in parts if part)
    return Row(model.repo, model.title or model.repo, size, line, note, warns=bool(model.reason), here=here)


def access(model: HubModel) -> str:
    """Who gets it, where not everybody does."""
    return "private" if model.private else "needs consent (gated)" if model.gated else ""


def local(model: LocalModel, titles: Titles, now_s: float | None = None) -> Row:
    """A model on this computer."""
    parts = (
        titles(model.task) if model.task else model.family,
        PLACES[model.place],
        f"prepared {figures.size(model.prepared_bytes)}" if model.prepared_bytes else "",
        f"used {day(model.last_used_s, now_s)}" if model.last_used_s else "",
    )
    note = model.reason or ("" if model.whole else "Not all of its files are here.")
    size = figures.size(model.size_bytes) if model.size_bytes else ""
    return Row(key(model), model.name, size, ", ".join(part for part in parts if part), note, warns=bool(note))


def key(model: LocalModel) -> str:
    """What a row of this computer is known by."""
    return model.folder or model.ref


def day(moment_s: float, now_s: float | None = None) -> str:
    """A day as people name it."""
    now_s = time.time() if now_s is None else now_s
    date, today = (datetime.datetime.fromtimestamp(one).date() for one in (moment_s, now_s))
    days = (today - date).days
    if 0 <= days < 2:
        return ("today", "yesterday")[days]
    return date.isoformat()


def facts_found(model: HubModel, looked: HubLooked | None, titles: Titles, mode_titles: Titles) -> list[Fact]:
    """What is known of a model of the Hub; what nobody told is left out."""
    tasks = ", ".join(titles(task) for task in looked.tasks) if looked is not None else ""
    facts = [
        ("Task", tasks or (titles(model.task) if model.task else "")),
        ("Family", model.family),
        ("Parameters", figures.count(model.parameters) if model.parameters else ""),
        ("Download", _download(model, looked)),
        ("Memory", memory(model)),
        ("Weights", model.weights),
        ("Runs with", ", ".join(mode_titles(mode) for mode in model.modes)),
        ("Licence", model.licence),
        ("Access", access(model)),
        ("Changed", model.changed),
        ("Tokenizer", f"from {model.tokenizer}" if model.tokenizer else ""),
        ("Popular", _popular(model)),
    ]
    return [fact for fact in facts if fact[1]]


def _download(model: HubModel, looked: HubLooked | None) -> str:
    size = figures.size(model.download_bytes) if model.download_bytes else ""
    if looked is None or not looked.files:
        return size
    files = f"{looked.files} {'file' if looked.files == 1 else 'files'}"
    return f"{size} in {files}" if size else files


def _popular(model: HubModel) -> str:
    parts = [f"{figures.count(model.downloads)} downloads"] if model.downloads is not None else []
    parts += [f"{figures.count(model.likes)} likes"] if model.likes is not None else []
    return ", ".join(parts)


def memory(model: HubModel) -> str:
    """What it needs against what is free."""
    if not model.memory_needed_bytes:
        return ""
    needs = f"about {figures.size(model.memory_needed_bytes)}"
    if not model.memory_free_bytes:
        return needs
    free = figures.size(model.memory_free_bytes)
    return f"{needs}, {free} is free" if model.fits else f"{needs}, but only {free} is free"


def facts_local(model: LocalModel, titles: Titles) -> list[Fact]:
    """What is known of a model on this computer."""
    facts = [
        ("Task", titles(model.task) if model.task else ""),
        ("Family", model.family),
        ("Size", figures.size(model.size_bytes) if model.size_bytes else ""),
        ("Prepared", figures.size(model.prepared_bytes) if model.prepared_bytes else ""),
        ("Last used", day(model.last_used_s) if model.last_used_s else ""),
        ("Licence", model.licence),
        ("Version", model.commit[:12]),
        ("Place", PLACES[model.place]),
        ("Folder", model.folder),
    ]
    return [fact for fact in facts if fact[1]]


def as_text(title: str, facts: Sequence[Fact], sentences: Sequence[str]) -> str:
    """To be copied."""
    return "\n".join((title, *(f"{name}: {value}" for name, value in facts), *(one for one in sentences if one)))
