"""Bare requests: OpenVINO reads PyTorch's tensors where they lie, and writes large outputs into fresh ones.

No call writes into what an earlier one returned.
"""

import collections
import math
from collections.abc import Iterator, Sequence
from typing import Any

from engine.models.tensors import Inputs, Outputs
from engine.ragged.parts import Part, Parts, cut

_WAITING = 8
"""Requests that are prepared while others run."""

_COPIED_NUMBERS = 2**18
"""Outputs up to so many numbers (1 MB) are copied: to give OpenVINO another place takes longer (0.1 ms, measured)."""


class Requests:
    """Calls of one compiled model.

    ``token_outputs``: outputs that have the tokens as their second dimension. Where the graph's own shapes say
    otherwise, outputs are copied instead of written in place. From one thread.
    """

    def __init__(self, compiled: Any, token_outputs: Sequence[str]) -> None:
        self._compiled = compiled
        self._token_outputs = token_outputs
        self._names = [port.any_name for port in compiled.inputs]
        self._outputs = [port.any_name for port in compiled.outputs]
        self._tails = _tails(compiled, token_outputs)
        self._requests: list[_Request] = []
        self._copying = self._new()
        """Never told where to write."""

    def __call__(self, inputs: Inputs) -> Outputs:
        """One request for the whole batch."""
        rows, tokens = inputs["input_ids"].shape
        given = fitted(self._names, inputs)
        if sum(math.prod(shape) for _, shape in self._shapes(rows, tokens)) <= _COPIED_NUMBERS:
            return self._copying.run(given, {})
        outputs = self._empty(rows, tokens)
        return self._request(0).run(given, outputs) or outputs

    def together(self, inputs: Inputs, parts: Parts) -> Outputs:
        """One request for each part, several at a time; [rows, tokens, ...] with zeros where a part did not reach."""
        whole = self._zeros(*inputs["input_ids"].shape)
        running: collections.deque[tuple[_Request, Part, Outputs]] = collections.deque()
        for number, part in enumerate(parts):
            if len(running) == _WAITING:
                self._take(whole, *running.popleft())
            request = self._request(number % _WAITING)
            places = self._places(whole, part)
            request.start(fitted(self._names, _view(inputs, part)), places)
            running.append((request, part, places))
        while running:
            self._take(whole, *running.popleft())
        return whole

    @property
    def in_place(self) -> bool:
        """Whether outputs are written in place, which ``together`` needs."""
        return self._tails is not None

    def close(self) -> None:
        self._requests.clear()
        self._copying.close()
        self._compiled = None

    def _request(self, number: int) -> "_Request":
        while len(self._requests) <= number:
            self._requests.append(self._new())
        return self._requests[number]

    def _new(self) -> "_Request":
        return _Request(self._compiled.create_infer_request(), self._outputs)

    def _empty(self, rows: int, tokens: int) -> dict[str, Any]:
        import torch

        return {name: torch.empty(shape) for name, shape in self._shapes(rows, tokens)}

    def _zeros(self, rows: int, tokens: int) -> dict[str, Any]:
        import torch

        return {name: torch.zeros(shape) for name, shape in self._shapes(rows, tokens)}

    def _shapes(self, rows: int, tokens: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        for name, tail in (self._tails or {}).items():
            yield name, (rows, tokens, *tail) if name in self._token_outputs else (rows, *tail)

    def _places(self, whole: Outputs, part: Part) -> Outputs:
        """Where a part's outputs go: a row's own place in the whole, or tensors beside it for several rows."""
        if len(part.rows) > 1:
            return self._empty(len(part.rows), part.tokens)
        (row,) = part.rows
        return {
            name: value[row : row + 1, : part.tokens] if name in self._token_outputs else value[row : row + 1]
            for name, value in whole.items()
        }

    def _take(self, whole: Outputs, request: "_Request", part: Part, places: Outputs) -> None:
        request.wait()
        if len(part.rows) == 1:
            return
        for name, value in places.items():
            if name in self._token_outputs:
                whole[name][list(part.rows), : part.tokens] = value
            else:
                whole[name][list(part.rows)] = value


class _Request:
    """An infer request and the tensors that it reads and writes: OpenVINO knows only their addresses."""

    def __init__(self, request: Any, outputs: Sequence[str]) -> None:
        self._request = request
        self._outputs = outputs
        self._inputs: list[tuple[Any, Any]] = []
        self._held: Any = None
        self._in_place = False

    def run(self, inputs: Sequence[Any], outputs: Outputs) -> Outputs:
        """As ``start`` and ``wait``, but in this thread: to hand over took a tenth of a small model's call."""
        self._bind(inputs, outputs)
        self._request.infer()
        return self._outputs_beside()

    def start(self, inputs: Sequence[Any], outputs: Outputs) -> None:
        self._bind(inputs, outputs)
        self._request.start_async()

    def wait(self) -> Outputs:
        """Copies of the outputs where they were not written in place, else empty."""
        self._request.wait()
        return self._outputs_beside()

    def close(self) -> None:
        self._request = self._held = None
        self._inputs = []

    def _bind(self, inputs: Sequence[Any], outputs: Outputs) -> None:
        from openvino import Tensor

        self._inputs = self._inputs or [(None, None)] * len(inputs)
        for index, value in enumerate(inputs):
            # Of the same tensor OpenVINO knows the place already, and finds there what it holds now.
            if value is not self._inputs[index][0]:
                tensor = Tensor(value.numpy(), shared_memory=True)
                self._request.set_input_tensor(index, tensor)
                self._inputs[index] = (value, tensor)
        # Where the output is a row of a larger one, NumPy and OpenVINO agree that one row is contiguous.
        taken = [Tensor(outputs[name].numpy(), shared_memory=True) for name in self._outputs if outputs]
        for index, tensor in enumerate(taken):
            self._request.set_output_tensor(index, tensor)
        self._held = (outputs, taken)
        self._in_place = bool(taken)

    def _outputs_beside(self) -> Outputs:
        if self._in_place:
            return {}
        import torch

        outputs = enumerate(self._outputs)
        return {name: torch.from_numpy(self._request.get_output_tensor(i).data.copy()) for i, name in outputs}


def fitted(names: Sequence[str], inputs: Inputs) -> list[Any]:
    """The inputs in the graph's order. What a tokenizer leaves out is what it would have said: no second segment, no
    padding. What the graph does not take is of models without segments, and zero.
    """
    import torch

    found = []
    for name in names:
        value = inputs.get(name)
        if value is None:
            value = torch.full_like(inputs["input_ids"], int(name == "attention_mask"))
        found.append(value.to(torch.int64).contiguous())
    return found


def _view(inputs: Inputs, part: Part) -> Inputs:
    """The inputs of a part, without a copy where it is one row."""
    if len(part.rows) > 1:
        return cut(inputs, part)
    (row,) = part.rows
    return {name: value[row : row + 1, : part.tokens] for name, value in inputs.items()}


def _tails(compiled: Any, token_outputs: Sequence[str]) -> dict[str, tuple[int, ...]] | None:
    """Of each output the dimensions behind rows and tokens; None where the graph leaves one of them open."""
    found = {}
    for port in compiled.outputs:
        shape, name = port.get_partial_shape(), port.any_name
        if shape.rank.is_dynamic:
            return None
        dims = list(shape)
        leading = 2 if name in token_outputs else 1
        if len(dims) < leading or any(dim.is_dynamic for dim in dims[leading:]):
            return None
        if any(dim.is_static for dim in dims[:leading]):
            return None
        found[name] = tuple(dim.get_length() for dim in dims[leading:])
    return found
