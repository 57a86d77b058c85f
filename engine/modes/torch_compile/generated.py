"""The code that Inductor generates for a model: met while it compiles, kept for viewing, let go with the model."""

import contextlib
import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from engine import folders
from engine.evidence import inductor
from engine.store import whole
from engine.wire.errors import DataFolder, DiskFull

FOLDER = "code"
"""In the data folder: one file for each compiled model."""


class Generated:
    """The modules of one model. ``own`` hold its weights; ``shared`` serve every model that fits, and stay."""

    def __init__(self) -> None:
        self._own: list[ModuleType] = []
        self._shared: list[ModuleType] = []

    @property
    def modules(self) -> tuple[ModuleType, ...]:
        return (*self._own, *self._shared)

    @contextlib.contextmanager
    def met(self) -> Iterator[None]:
        """Around compiling: what is generated meanwhile belongs to the model."""
        from torch._inductor.codecache import PyCodeCache

        before = len(PyCodeCache.modules)
        try:
            yield
        finally:
            shared = list(PyCodeCache.modules_no_attr.values())
            for module in PyCodeCache.modules[before:]:
                (self._shared if module in shared else self._own).append(module)

    def keep(self, name: str, title: str) -> str:
        """Writes the C++ of all graphs into one file for reading; returns its place, or empty where there is no room.

        ``name`` tells it from others'; ``title`` is its first line.
        """
        with contextlib.suppress(DiskFull, DataFolder, OSError):
            text = _text(title, [inductor.source_of(module) for module in self.modules])
            place = Path(folders.part(FOLDER)) / f"torch-compile-{hashlib.sha256(name.encode()).hexdigest()[:16]}.cpp"
            whole.write(place, text.encode())
            return str(place)
        return ""

    def let_go(self) -> None:
        """Empties what Inductor would keep for good: a packed copy of the weights lies in each module of the model's
        own.
        """
        for module in self._own:
            name = module.__name__
            if sys.modules.get(name) is module:
                del sys.modules[name]
            vars(module).clear()
        self._own.clear()
        self._shared.clear()


def _text(title: str, sources: list[str]) -> str:
    parts = [f"// {title}\n"]
    for number, source in enumerate(sources, 1):
        parts.append(f"// Graph {number} of {len(sources)}. It runs, in this order:\n{_order(source)}")
        for kernel in inductor.kernels(source):
            joined = f"joins {kernel.fused}" if kernel.fused else "one operator, or a change of shape or type"
            parts.append(f"// {kernel.name}\n// {joined}\n{readable(kernel.code, kernel.name)}\n")
    return "\n".join(parts)


def _order(source: str) -> str:
    """The calls of a graph as comments, equal ones after each other counted."""
    lines: list[tuple[str, int]] = []
    for name in inductor.calls(source):
        if lines and lines[-1][0] == name:
            lines[-1] = (name, lines[-1][1] + 1)
        else:
            lines.append((name, 1))
    return "".join(f"//   {often} x {name}\n" for name, often in lines)


def readable(code: str, name: str) -> str:
    """A kernel without the line that includes Inductor's own header, named as in its graph."""
    body = re.sub(r"^#include .*\n", "", code.strip("\n") + "\n", flags=re.MULTILINE)
    return re.sub(r"\bkernel\(", f"{name}(", body, count=1).strip("\n")
