"""A prepared model that runs a padded batch in parts where that is faster.

A mode wraps what it prepared::

    return Ragged(_Session(...), job)

and no more: ``adapt`` measures, once for each class of shapes, whether the batch is faster whole, in groups of like
length or text by text, and the calls follow. What was found is kept in memory and on disk. ``most_groups`` and
``singly`` bound what is tried, for modes to which each shape costs a trace. What was prepared may have a method
``together(inputs, parts)`` that runs the parts beside each other and returns the whole, or None where it cannot.
"""

import collections
import dataclasses
import functools
import logging
from collections.abc import Callable, Generator, Sequence
from typing import Any

from engine import task
from engine.cpu import read as cpu
from engine.evidence.told import Told
from engine.mode import Events, Job, Prepared
from engine.models.arrays import arrays
from engine.models.tensors import Inputs, Outputs
from engine.ragged import parts as cutting
from engine.ragged.parts import Parts
from engine.ragged.race import call_cost, race
from engine.store import choices
from engine.store.choices import Choice
from engine.wire.errors import FastpathError
from engine.wire.messages import Event, Notice, Stage

_log = logging.getLogger(__name__)

LEAST_PADDING = 0.15
"""Batches with a smaller share of padding run whole, unmeasured."""

LEAST_GAIN = 0.03
"""Parts must be faster by this much: less than that is noise."""

_MOST_PLANS = 64
_LEAST_COSINE = 0.97
"""Of parts against the whole batch below fp32: int8's scales move with what shares a call, so they are not the same,
and yet far nearer than a model is that mixes a text with its padding.
"""

WHOLE, GROUPS, SINGLE = "padded", "groups", "single"


@dataclasses.dataclass(frozen=True, slots=True)
class _Plan:
    """``parts`` is empty where the batch runs whole. ``ms``: what each way took when it was measured."""

    parts: Parts
    choice: Choice


class Ragged:
    """``engine.mode.Prepared`` around another. Right without ``adapt`` too: then a batch runs padded, as it came."""

    def __init__(
        self, prepared: Prepared, job: Job, *, most_groups: int = 8, singly: bool = True, apart: bool = False
    ) -> None:
        """``apart``: every text runs alone, whatever is faster: for models whose answer to a text moves with the texts
        that share its call.
        """
        self.mode = prepared.mode
        self.precision = prepared.precision
        self._inner = prepared
        self._token_outputs = cutting.TOKEN_OUTPUTS.get(job.auto_class, ())
        self._most_groups = most_groups
        self._singly = singly
        self._always_apart = apart
        self._named = _named(job, prepared)
        self._choices: dict[str, Choice] = {}
        self._plans: collections.OrderedDict[tuple[Any, ...], _Plan] = collections.OrderedDict()

    def adapt(self, inputs: Inputs) -> Events:
        """Adapts the inner model to what will be called; measures where the class of shapes is new (about a second)."""
        lengths = cutting.lengths_of(inputs)
        if lengths is not None and self._always_apart:
            for part in cutting.singly(lengths):
                yield from self._inner.adapt(cutting.cut(inputs, part))
            yield Notice(text="Each text runs alone: at this precision texts in one call would share their scales.")
            return
        if lengths is None or _padding(lengths, inputs) <= LEAST_PADDING:
            yield from self._inner.adapt(inputs)
            return
        plan = self._plans.get(_exact(inputs)) or (yield from self._planned(inputs, lengths))
        for part in plan.parts:
            yield from self._inner.adapt(cutting.cut(inputs, part))
        if plan.parts:
            yield Notice(text="Texts of unlike length run apart instead of padded to one length: that is faster here.")
        else:
            yield from self._inner.adapt(inputs)
        self._keep(inputs, plan)

    def __call__(self, **inputs: Any) -> Outputs:
        if self._always_apart and (lengths := cutting.lengths_of(inputs)) is not None:
            return self._apart(inputs, cutting.singly(lengths))
        plan = self._plans.get(_exact(inputs)) if self._plans else None
        if plan is None or not plan.parts:
            return self._inner(**inputs)
        return self._apart(inputs, plan.parts)

    def explain(self, inputs: Inputs) -> Told:
        """Of the longest part where the batch runs in parts."""
        if self._always_apart and (lengths := cutting.lengths_of(inputs)) is not None:
            told = self._inner.explain(cutting.cut(inputs, cutting.singly(lengths)[0]))
            return dataclasses.replace(told, details=f"Each text runs alone. Below: the longest.\n{told.details}")
        plan = self._plans.get(_exact(inputs))
        if plan is None:
            return self._inner.explain(inputs)
        told = self._inner.explain(cutting.cut(inputs, plan.parts[0]) if plan.parts else inputs)
        return dataclasses.replace(told, details=f"{_sentence(plan)}\n{told.details}".strip())

    def close(self) -> None:
        self._plans.clear()
        self._inner.close()

    def _apart(self, inputs: Inputs, parts: Parts) -> Outputs:
        together = getattr(self._inner, "together", None)
        if together is not None and (whole := together(inputs, parts)) is not None:
            return whole  # type: ignore[no-any-return]
        outputs = [self._inner(**cutting.cut(inputs, part)) for part in parts]
        return cutting.joined(parts, outputs, inputs["input_ids"].shape[1], self._token_outputs)

    def _keep(self, inputs: Inputs, plan: _Plan) -> None:
        exact = _exact(inputs)
        self._plans[exact] = plan
        self._plans.move_to_end(exact)
        while len(self._plans) > _MOST_PLANS:
            self._plans.popitem(last=False)

    def _planned(self, inputs: Inputs, lengths: Sequence[int]) -> Generator[Event, None, _Plan]:
        key = f"{self._named} {_shape_class(lengths, inputs)}"
        choice = self._choices.get(key) or choices.find(key)
        if choice is None:
            choice = yield from self._measured(inputs, lengths)
            choices.keep(key, choice)
        self._choices[key] = choice
        return _Plan(self._ways(lengths, choice.call_cost).get(choice.way, ()), choice)

    def _ways(self, lengths: Sequence[int], cost: float) -> dict[str, Parts]:
        """What can be tried beside the whole batch."""
        found = {GROUPS: cutting.by_length(lengths, cost, self._most_groups)}
        singly = cutting.singly(lengths)
        if self._singly and len(found[GROUPS]) < len(singly):
            found[SINGLE] = singly
        return {way: parts for way, parts in found.items() if len(parts) > 1}

    def _measured(self, inputs: Inputs, lengths: Sequence[int]) -> Generator[Event, None, Choice]:
        """Every way called in turns, those left out that fail or answer otherwise."""
        yield from self._inner.adapt(inputs)
        shortest = cutting.singly(lengths)[-1]
        single = cutting.cut(inputs, shortest)
        try:
            yield from self._inner.adapt(single)
            ms = race({WHOLE: lambda: self._inner(**inputs), SINGLE: lambda: self._inner(**single)})
        except Exception as error:  # noqa: BLE001 - a graph may be made for one shape alone; the batch runs whole then
            _log.info("The batch is not cut: %s", error)
            return Choice(way=WHOLE, ms={})
        cost = call_cost(ms[WHOLE], len(lengths) * inputs["input_ids"].shape[1], ms[SINGLE], shortest.tokens)
        runs: dict[str, Callable[[], Outputs]] = {WHOLE: lambda: self._inner(**inputs)}
        for way, parts in self._ways(lengths, cost).items():
            for part in parts:
                yield from self._inner.adapt(cutting.cut(inputs, part))
            if self._answers_alike(inputs, parts):
                runs[way] = functools.partial(self._apart, inputs, parts)
        yield Stage(stage="prepare")
        ms = race(runs)
        yield Stage(stage="prepare", seconds=sum(ms.values()) / 1000)
        fastest = min(ms, key=lambda way: ms[way])
        worth_it = ms[fastest] < (1 - LEAST_GAIN) * ms[WHOLE]
        return Choice(way=fastest if worth_it else WHOLE, ms=ms, call_cost=cost)

    def _answers_alike(self, inputs: Inputs, parts: Parts) -> bool:
        """Some families mix a text with its padding, whatever the mask says: their batches stay whole."""
        rows = [True] * len(inputs["input_ids"])
        try:
            whole, apart = arrays(self._inner(**inputs)), arrays(self._apart(inputs, parts))
            found = task.agreement(self.precision, [whole], [apart], [inputs], rows)
        except FastpathError as error:
            _log.info("The batch is not cut: %s", error.what_happened)
            return False
        return found.verdict == "identical" or (self.precision != "fp32" and found.cosine_worst >= _LEAST_COSINE)


def _padding(lengths: Sequence[int], inputs: Inputs) -> float:
    return 1 - sum(lengths) / int(inputs["input_ids"].numel())


def _exact(inputs: Inputs) -> tuple[Any, ...]:
    """What a plan is good for: the very mask, and the names of the inputs."""
    mask = inputs.get("attention_mask")
    if mask is None:
        return ()
    return (tuple(mask.shape), mask.numpy().tobytes(), tuple(inputs))


def _shape_class(lengths: Sequence[int], inputs: Inputs) -> str:
    """Batches alike enough for one measurement: rows, tokens by sixteens, padding by tenths."""
    tokens = inputs["input_ids"].shape[1]
    return f"{len(lengths)} rows {-(-tokens // 16) * 16} tokens {round(10 * _padding(lengths, inputs))} tenths"


def _named(job: Job, prepared: Prepared) -> str:
    parts = (job.facts.content_key, job.auto_class, prepared.mode, prepared.precision, sorted(job.options.items()))
    return " ".join(map(str, (*parts, job.threads, cpu.signature(cpu.facts()))))


def _sentence(plan: _Plan) -> str:
    took = ", ".join(f"{way} {ms:.2f} ms" for way, ms in plan.choice.ms.items())
    measured = f" (measured once for batches like it: {took})" if took else ""
    if not plan.parts:
        return f"The batch runs padded{measured}."
    sizes = ", ".join(f"{len(part.rows)} x {part.tokens}" for part in plan.parts)
    return f"The batch runs in {len(plan.parts)} parts, as texts x tokens {sizes}{measured}. Below: the longest part."
