"""A model compiled by ``torch.compile``: ``engine.mode.Prepared`` with two graphs, for one text and for batches."""

from typing import Any

from engine.evidence import inductor, torch_kernels
from engine.evidence.told import Told
from engine.mode import Events, Job, refusing, stage, tensors
from engine.models.tensors import Inputs, Outputs
from engine.modes.torch_compile import compiler
from engine.modes.torch_compile.generated import Generated

_Inputs = tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]
"""Names, shapes and strides of a call's inputs."""

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
        self._called: set[_Inputs] = set()
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
        elif _described(inputs) not in self._called:
            self._compile(inputs)

    def __call__(self, **inputs: Any) -> Outputs:
        import torch

        # What Dynamo asks before each call (is it still this model, with such inputs?) took 0.4 to 0.7 of 5 ms for 16
        # tokens. Inputs that were called before need only what tells this model's graphs from each other.
        known = _described(inputs) in self._called
        with torch.no_grad(), torch.compiler.set_stance(skip_guard_eval_unsafe=known):  # compiled without gradients
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
        self._called.add(_described(inputs))

    def _keep_code(self) -> None:
        if self._generated.modules:
            title = f"{self._facts.folder.name}, {self.precision}: what torch.compile made of it for this CPU."
            self._code_file = self._generated.keep(self._named, title)


def _described(inputs: Inputs) -> _Inputs:
    return tuple(sorted((name, tuple(value.shape), value.stride()) for name, value in inputs.items()))
