"""A model traced with IPEX that is called like the model. One trace serves all shapes: each is checked once."""

from typing import Any

from engine.evidence import ipex_graph
from engine.evidence.told import Told
from engine.mode import BF16, FP32, Events, Job, refusing, stage, tensors, tracing_quietly
from engine.models.tensors import Inputs, Outputs
from engine.modes.ipex.recipes import TITLE
from engine.ragged.parts import TOKEN_OUTPUTS
from engine.wire.errors import NotForThisModel

WARM_CALLS = 4
"""The first is profiled, the second makes the fused graph; then weights are packed, once."""

_TOLERANCE = 1e-3
_LEAST_COSINE = {BF16.id: 0.995}
_LEAST_COSINE_INT8 = 0.9
"""A trace that keeps a number of the sample's shape answers far from it; how near int8 comes on real text is measured
with the run.
"""

_Shape = tuple[int, int, tuple[str, ...]]


class Traced:
    """``engine.mode.Prepared``. ``model`` is what IPEX made ready; ``expected``: the plain model's answer to the
    sample. Raises NotForThisModel where the trace answers otherwise.
    """

    mode = "ipex"

    def __init__(self, job: Job, model: Any, expected: Outputs) -> None:
        self.precision = job.precision
        self._facts = job.facts
        self._model = model
        self._token_outputs = TOKEN_OUTPUTS.get(job.auto_class, ())
        self._traces: dict[tuple[str, ...], Any] = {}
        self._checked: set[_Shape] = set()
        self._make(job.sample, expected)

    def adapt(self, inputs: Inputs) -> Events:
        """The shape's first calls, whose answer is compared with the model's own. Raises NotForThisModel."""
        if _shape(inputs) not in self._checked:
            yield from stage("prepare", lambda: self._check(inputs))

    def __call__(self, **inputs: Any) -> Outputs:
        import torch

        names = tuple(sorted(inputs))
        with torch.no_grad():
            trace = self._traces.get(names)
            return tensors(self._called(self._model, inputs) if trace is None else trace(**inputs))

    def explain(self, inputs: Inputs) -> Told:
        return ipex_graph.observe(lambda: self(**inputs))

    def close(self) -> None:
        self._traces.clear()
        self._model = None

    def _check(self, inputs: Inputs) -> None:
        import torch

        with torch.no_grad(), refusing(TITLE, self._facts):
            expected = tensors(self._called(self._model, inputs))
        if tuple(sorted(inputs)) not in self._traces or not self._warms(inputs, expected):
            self._make(inputs, expected)  # a trace may hold a number of the shape it was made for

    def _make(self, inputs: Inputs, expected: Outputs) -> None:
        import torch

        with torch.no_grad(), refusing(TITLE, self._facts), tracing_quietly(), self._autocast():
            trace = torch.jit.trace(self._model, example_kwarg_inputs=dict(inputs), strict=False, check_trace=False)
            self._traces[tuple(sorted(inputs))] = torch.jit.freeze(trace)
        self._checked.clear()
        if not self._warms(inputs, expected):
            raise NotForThisModel(f"IPEX's graph of {self._facts.folder.name} answers differently.")

    def _warms(self, inputs: Inputs, expected: Outputs) -> bool:
        """Calls until nothing is made any more; whether the answer is right."""
        with refusing(TITLE, self._facts):
            for _ in range(WARM_CALLS):
                got = self(**inputs)
        right = self._alike(expected, got, inputs.get("attention_mask"))
        if right:
            self._checked.add(_shape(inputs))
        return right

    def _called(self, model: Any, inputs: Inputs) -> Any:
        with self._autocast():
            return model(**inputs)

    def _autocast(self) -> Any:
        import torch

        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.precision == BF16.id, cache_enabled=False)

    def _alike(self, expected: Outputs, got: Outputs, mask: Any) -> bool:
        for name, value in expected.items():
            if name not in got or got[name].shape != value.shape:
                return False
            kept = mask.bool() if mask is not None and name in self._token_outputs else slice(None)
            if not _near(self.precision, value[kept].float(), got[name][kept].float()):
                return False
        return True


def _near(precision: str, one: Any, other: Any) -> bool:
    """NaN is never near."""
    if precision == FP32.id:
        return float((other - one).abs().max()) <= _TOLERANCE * max(1.0, float(one.abs().max()))
    lengths = float(one.norm()) * float(other.norm())
    return float((one * other).sum()) >= _LEAST_COSINE.get(precision, _LEAST_COSINE_INT8) * lengths


def _shape(inputs: Inputs) -> _Shape:
    rows, tokens = inputs["input_ids"].shape
    return rows, tokens, tuple(sorted(inputs))
