"""A model compiled by ``torch.compile``: ``engine.mode.Prepared`` with two graphs, for one text and for batches."""

from typing import Any

from engine.evidence import inductor, torch_kernels
from engine.evidence.told import Told
from engine.mode import Events, Job, refusing, stage, tensors
from engine.models.tensors import Inputs, Outputs
from engine.modes.torch_compile import compiler
from engine.modes.torch_compile.generated import Generated

_MOST_GRAPHS = 8
"""Two are needed; more would mean that Inductor compiles anew for each length."""


class Compiled:
    """``title``: the mode's, for sentences. ``settings``: for ``torch.compile``, the backend and its options."""

    def __init__(self, job: Job, mode: str, title: str, model: Any, settings: dict[str, Any]) -> None:
        import torch

        compiler.configure()
        self.mode = mode
        self.precision = job.precision
        self._facts = job.facts
        self._title = title
        self._named = f"{job.facts.content_key} {job.auto_class} {job.precision} {sorted(job.options.items())}"
        self._called: set[tuple[int, ...]] = set()
        self._graphs: set[tuple[bool, tuple[str, ...]]] = set()
        self._generated = Generated()
        self._code_file = ""
        # fullgraph: what can't be compiled is an error, never run by plain PyTorch without a word.
        self._model = torch.compile(
            model, dynamic=True, fullgraph=True, recompile_limit=_MOST_GRAPHS, isolate_recompiles=True, **settings
        )

    def adapt(self, inputs: Inputs) -> Events:
        """Calls once for each new shape, so that whatever must be compiled is compiled now."""
        graph = (inputs["input_ids"].shape[0] > 1, tuple(sorted(inputs)))
        if graph not in self._graphs:
            yield from stage("prepare", lambda: self._compile(inputs))
            self._graphs.add(graph)
            self._keep_code()
        elif tuple(inputs["input_ids"].shape) not in self._called:
            self._compile(inputs)

    def __call__(self, **inputs: Any) -> Outputs:
        import torch

        with torch.no_grad():  # the graphs are compiled for it
            return tensors(self._model(**inputs))

    def explain(self, inputs: Inputs) -> Told:
        if not self._generated.modules:  # a backend that generates none
            return torch_kernels.observe(lambda: self(**inputs))
        return inductor.observe(lambda: self(**inputs), self._generated.modules, self._code_file)

    def close(self) -> None:
        """Empties what Dynamo and Inductor would keep for good: the weights, and a packed copy in generated code."""
        for tensor in (*self._model.parameters(), *self._model.buffers()):
            tensor.data = tensor.new_empty(0)
        self._model = None
        self._generated.let_go()

    def _compile(self, inputs: Inputs) -> None:
        """Raises ModeUnavailable where the compiler failed, NotForThisModel where the model cannot be compiled."""
        with compiler.translated("the model"), refusing(self._title, self._facts), self._generated.met():
            self(**inputs)
        self._called.add(tuple(inputs["input_ids"].shape))

    def _keep_code(self) -> None:
        if self._generated.modules:
            title = f"{self._facts.folder.name}, {self.precision}: what torch.compile made of it for this CPU."
            self._code_file = self._generated.keep(self._named, title)
