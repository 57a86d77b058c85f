"""Several inputs of one task as if they were one: a task around a task.

Its fields are ``{"inputs": [fields, ...]}``; so many of them as ``batch`` says go into one call of the model, padded to
the longest; with one a call is what it is in a run. A comparison's cell is a run of it, with the same calls, checks and
evidence as any other.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.models.facts import ModelFacts
from engine.models.tensors import Inputs, Outputs
from engine.ragged.parts import TOKEN_OUTPUTS
from engine.task import Encoded, Task
from engine.wire.values import Result, TaskCard


@dataclasses.dataclass(frozen=True, slots=True)
class _Row:
    """Where one row of a call came from: the input and its batch; ``tokens`` as that batch has them."""

    source: int
    part: int
    tokens: int


@dataclasses.dataclass(frozen=True, slots=True)
class _State:
    encoded: tuple[Encoded, ...]
    calls: tuple[tuple[_Row, ...], ...]


class Together:
    """``engine.task.Task``."""

    def __init__(self, task: Task, batch: int) -> None:
        self._task = task
        self._batch = batch
        self.card: TaskCard = task.card
        self.auto_class = task.auto_class
        self._pad_id = 0

    def open(self, facts: ModelFacts, tokenizer: str) -> Any:
        """See ``Task.open``."""
        self._pad_id = facts.config.get("pad_token_id") or 0
        return self._task.open(facts, tokenizer)

    def encode(self, reader: Any, fields: Mapping[str, Any]) -> Encoded:
        """Raises BadInput."""
        encoded = tuple(self._task.encode(reader, each) for each in fields["inputs"])
        calls: list[tuple[tuple[_Row, ...], Inputs]] = []
        for first in range(0, len(encoded), self._batch):
            calls += self._calls(dict(enumerate(encoded[first : first + self._batch], first)))
        return Encoded(
            batches=tuple(batch for _, batch in calls),
            inputs=len(encoded),
            state=_State(encoded, tuple(rows for rows, _ in calls)),
            owners=tuple(row.source for rows, _ in calls for row in rows),
            notices=tuple(dict.fromkeys(notice for one in encoded for notice in one.notices)),
        )

    def _calls(self, group: Mapping[int, Encoded]) -> Iterator[tuple[tuple[_Row, ...], Inputs]]:
        """One input has the calls that it has by itself; several have one, of all their rows."""
        parts = [(source, part, batch) for source, one in group.items() for part, batch in enumerate(one.batches)]
        every = [_rows(*each) for each in parts]
        if len(group) == 1:
            yield from zip(every, (batch for *_, batch in parts), strict=True)
            return
        tensors = [
            {name: value[row] for name, value in batch.items()}
            for *_, batch in parts
            for row in range(len(batch["input_ids"]))
        ]
        yield tuple(itertools.chain.from_iterable(every)), self._padded(tensors)

    def decode(self, reader: Any, encoded: Encoded, outputs: Sequence[Outputs]) -> Result:
        """The results of all inputs as the value of one."""
        state: _State = encoded.state
        by_part: dict[tuple[int, int], list[dict[str, Any]]] = {}
        for rows, given in zip(state.calls, outputs, strict=True):
            for number, row in enumerate(rows):
                by_part.setdefault((row.source, row.part), []).append(self._cut(given, number, row.tokens))
        results = []
        for source, one in enumerate(state.encoded):
            found = [_stacked(by_part[source, part]) for part in range(len(one.batches))]
            results.append(self._task.decode(reader, one, found))
        return Result(kind=self.card.output, value=tuple(results))

    def same(self, reference: Result, other: Result) -> Sequence[bool]:
        """One truth for each input."""
        pairs = zip(reference.value, other.value, strict=True)
        return [all(self._task.same(expected, given)) for expected, given in pairs]

    def _padded(self, rows: Sequence[Mapping[str, Any]]) -> Inputs:
        """Rows on top of each other, filled up on the right."""
        import torch

        def filled(name: str) -> Any:
            padding = self._pad_id if name == "input_ids" else 0
            return torch.nn.utils.rnn.pad_sequence([row[name] for row in rows], True, padding)

        return {name: filled(name) for name in rows[0]}

    def _cut(self, outputs: Outputs, row: int, tokens: int) -> dict[str, Any]:
        """One row, as long as its input was by itself."""
        by_token = TOKEN_OUTPUTS.get(self.auto_class, ())
        return {name: value[row][:tokens] if name in by_token else value[row] for name, value in outputs.items()}


def _rows(source: int, part: int, batch: Inputs) -> tuple[_Row, ...]:
    count, tokens = batch["input_ids"].shape
    return tuple(_Row(source, part, tokens) for _ in range(count))


def _stacked(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    import numpy
    import torch

    whole: dict[str, Any] = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        whole[name] = torch.stack(values) if isinstance(values[0], torch.Tensor) else numpy.stack(values)
    return whole
