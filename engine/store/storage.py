"""What lies in the data folder, and freeing what can be made again."""

import os
from pathlib import Path

from engine import folders
from engine.store import artefacts, whole
from engine.wire.values import StoredPart

_MADE_AGAIN = (
    ("artefacts", "Prepared models", "Models that a mode has exported; each is made again at its next run."),
    ("inductor", "Compiled code", "What torch.compile has made; compiling takes its time again."),
    ("code", "Generated code for reading", "The C++ that torch.compile wrote; compiling writes it again."),
    ("openvino", "Graphs that OpenVINO compiled", "Kept beside the prepared models; compiling takes its time again."),
    ("outputs", "Plain PyTorch's answers", "What answers are compared with; the next check computes them again."),
    ("results", "Large results", "Numbers of results too large to show, of the last days. Running again makes them."),
    ("times", "Times of former runs", "How long each stage took last time."),
)
"""Folder, title, plain line."""


def parts() -> tuple[StoredPart, ...]:
    """Each kind of thing with its size; runtimes, history and settings stay. Raises DataFolder."""
    found = tuple(
        StoredPart(id=name, title=title, plain=plain, size_bytes=_size_bytes(folders.part(name)), goes=True)
        for name, title, plain in _MADE_AGAIN
    )
    runtimes = StoredPart(
        id="runtimes",
        title="Runtimes",
        plain="Environments of their own that modes need. They stay until you remove them.",
        size_bytes=_size_bytes(folders.part("runtimes")),
    )
    history = StoredPart(
        id="history",
        title="History",
        plain="Every run and comparison. It stays until you delete entries on the page History.",
        size_bytes=_size_bytes(folders.part("history")),
    )
    told = (*found, runtimes, history)
    rest_bytes = max(0, _size_bytes(folders.home()) - sum(part.size_bytes for part in told))
    settings = "What you chose and typed. It stays."
    return (*told, StoredPart(id="rest", title="Settings", plain=settings, size_bytes=rest_bytes))


def free_up() -> None:
    """Removes what can be made again. What another program holds open may stay, on Windows. Raises DataFolder."""
    artefacts.free_up(0)
    for name, _, _ in _MADE_AGAIN:
        folder = folders.part(name)
        for inside in folder.iterdir():
            whole.remove(inside)


def _size_bytes(folder: Path) -> int:
    """All files below; what goes away meanwhile counts for nothing."""
    total = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total
