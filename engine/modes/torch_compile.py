"""torch.compile: the model made into C++ by Inductor and compiled on this computer.

``freezing`` makes the weights constants, so that oneDNN gets them packed; ``dynamic=True`` gives one graph
for all lengths, and in fp32 a faster one, because with fixed shapes Inductor packs for MKL instead. There are
two graphs: for one input and for batches. Inductor keeps no frozen graph on disk, only the compiled C++.
"""

import contextlib
import os
import shutil
import sys
import sysconfig
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from engine.evidence import torch_kernels
from engine.evidence.told import Told
from engine.mode import (
    FP32,
    Events,
    Fit,
    Job,
    Prepared,
    Unavailable,
    attention_of,
    fits_graph,
    refusing,
    stage,
    tensors,
)
from engine.models.facts import ModelFacts
from engine.models.load import load_eager
from engine.models.tensors import Inputs, Outputs
from engine.wire.errors import ModeUnavailable
from engine.wire.messages import Event
from engine.wire.values import ModeCard

card = ModeCard(
    id="torch-compile",
    title="Compiled (torch.compile)",
    plain="Translates the model to C++ and compiles it for this CPU, which takes its time at every start.",
    precisions=(FP32,),
    offers=("show_compiler",),
)

_REMEDIES = {
    "linux": "Install one, for example with: sudo apt install g++ python3-dev",
    "darwin": "Install Apple's command line tools with: xcode-select --install",
    "win32": "Install Visual Studio's Build Tools with C++, and start Fastpath from their command prompt.",
}
_MOST_GRAPHS = 8
"""Two are needed; more would mean that Inductor compiles anew for each length."""


def available() -> Unavailable | None:
    """Needs a C++ compiler and the header files of Python, which the compiled code includes."""
    remedy = _REMEDIES.get(sys.platform, _REMEDIES["linux"])
    if not _compiler():
        return Unavailable("There is no C++ compiler on this computer.", remedy)
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return Unavailable("The header files of Python are not on this computer.", remedy)
    return None


def fits(facts: ModelFacts, precision: str) -> Fit:
    """Every model with PyTorch weights that can be made one graph."""
    return fits_graph(facts)


def prepare(job: Job) -> Generator[Event, None, Prepared]:
    """Loads, and compiles for the sample. Raises NotForThisModel, ModeUnavailable."""
    attention = attention_of(job.facts)
    model = yield from stage("load", lambda: load_eager(job.facts, job.auto_class, attention))
    prepared = _Compiled(job.facts, model)
    yield from prepared.adapt(job.sample)
    return prepared


class _Compiled:
    mode = card.id
    precision = FP32.id

    def __init__(self, facts: ModelFacts, model: Any) -> None:
        import torch

        _configure()
        self._facts = facts
        self._called: set[tuple[int, ...]] = set()
        self._graphs: set[tuple[bool, tuple[str, ...]]] = set()
        self._code: list[Any] = []
        # fullgraph: what can't be compiled is an error, never run by plain PyTorch without a word.
        self._model = torch.compile(
            model, dynamic=True, fullgraph=True, recompile_limit=_MOST_GRAPHS, isolate_recompiles=True
        )

    def adapt(self, inputs: Inputs) -> Events:
        """Calls once for each new shape, so that whatever must be compiled is compiled now."""
        graph = (inputs["input_ids"].shape[0] > 1, tuple(sorted(inputs)))
        if graph not in self._graphs:
            yield from stage("prepare", lambda: self._compile(inputs))
            self._graphs.add(graph)
        elif tuple(inputs["input_ids"].shape) not in self._called:
            self._compile(inputs)

    def __call__(self, **inputs: Any) -> Outputs:
        import torch

        with torch.no_grad():  # the graphs are compiled for it
            return tensors(self._model(**inputs))

    def explain(self, inputs: Inputs) -> Told:
        return torch_kernels.observe(lambda: self(**inputs))

    def close(self) -> None:
        """Empties what Dynamo and Inductor would keep for good: the weights, and a packed copy in generated code."""
        for tensor in (*self._model.parameters(), *self._model.buffers()):
            tensor.data = tensor.new_empty(0)
        self._model = None
        for module in self._code:
            name = module.__name__
            if sys.modules.get(name) is module:
                del sys.modules[name]
            vars(module).clear()
        self._code.clear()

    def _compile(self, inputs: Inputs) -> None:
        with _compiling(self._facts, self._code):
            self(**inputs)
        self._called.add(tuple(inputs["input_ids"].shape))


def _compiler() -> str:
    """The path of the first C++ compiler there is, or empty."""
    usual = {"win32": ("cl",), "darwin": ("clang++", "g++", "c++")}.get(sys.platform, ("g++", "clang++", "c++"))
    named = os.environ.get("CXX")
    return next(filter(None, map(shutil.which, (named, *usual) if named else usual)), "")


def _configure() -> None:
    """Settings of the whole process; nothing else in it compiles."""
    import torch._dynamo.config
    import torch._inductor.config

    torch._inductor.config.freezing = True
    torch._inductor.config.compile_threads = 1  # pool workers outlive their parent by a minute
    torch._inductor.config.cpp.cxx = (_compiler(),)
    torch._dynamo.config.suppress_errors = False
    torch._dynamo.config.fail_on_recompile_limit_hit = True


@contextlib.contextmanager
def _compiling(facts: ModelFacts, code: list[Any]) -> Iterator[None]:
    """Adds the modules that Inductor generates to ``code``. Raises NotForThisModel, ModeUnavailable."""
    from torch._inductor.codecache import PyCodeCache
    from torch._inductor.exc import CppCompileError, InvalidCxxCompiler

    before = len(PyCodeCache.modules)
    try:
        with refusing(card.title, facts):
            yield
    except Exception as error:
        if any(isinstance(cause, CppCompileError | InvalidCxxCompiler) for cause in _causes(error)):
            raise ModeUnavailable(
                "The C++ compiler of this computer could not compile the model.",
                _REMEDIES.get(sys.platform, _REMEDIES["linux"]),
                str(error.__cause__),
            ) from error
        raise
    finally:
        shared = list(PyCodeCache.modules_no_attr.values())  # without weights, and used by every model that fits
        code.extend(module for module in PyCodeCache.modules[before:] if module not in shared)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = getattr(error, "inner_exception", None) or error.__cause__
