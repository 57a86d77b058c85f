"""From our loaded model to an ONNX graph in a file, its weights in a file beside it.

PyTorch's exporter would put the weights into the graph's own bytes, and hold them in more than one form until those are
written: 3.1 to 3.2 sizes of the weights at their peak. So it writes the graph alone, and they go from the model to the
disk one by one. A matrix that the graph only uses transposed is written so, as constant folding would do.
"""

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from engine.mode import EXPORT_TASKS

WEIGHTS = ".weights"
"""After the graph's own name."""

_INLINE_BYTES = 1024
"""Smaller ones stay in the graph: ONNX Runtime reads shapes there."""

_PAGE_BYTES = 4096
"""Each weight begins on a page, so that ONNX Runtime maps it instead of copying."""


def export(model: Any, auto_class: str, graph: Path) -> None:
    """Writes ``model``, as what ``auto_class`` is for, to ``graph`` and its weights beside it."""
    import optimum.exporters.onnx
    from optimum.exporters.tasks import TasksManager

    configure = TasksManager.get_exporter_config_constructor(
        exporter="onnx", model=model, task=EXPORT_TASKS[auto_class], library_name="transformers"
    )
    # The fix opens a session, which needs the weights; it names the outputs' axes, and nobody reads those names here.
    bare = {"do_constant_folding": False, "disable_dynamic_axes_fix": True}
    with _without_weights():
        optimum.exporters.onnx.export(model, configure(model.config), graph, **bare)
    _give_weights(graph, model.state_dict())


@contextlib.contextmanager
def _without_weights() -> Iterator[None]:
    """Optimum has no such option, so that PyTorch's function is another one meanwhile."""
    import torch

    whole = torch.onnx.export
    torch.onnx.export = functools.partial(whole, export_params=False)
    try:
        yield
    finally:
        torch.onnx.export = whole


def _give_weights(graph: Path, state: dict[str, Any]) -> None:
    """What the graph takes as inputs by the names of the model's weights becomes constants of it."""
    import onnx

    model = onnx.load(graph)
    taken = [value for value in model.graph.input if value.name in state]
    for value in taken:
        model.graph.input.remove(value)
    turned = _take_transposes(model, {value.name for value in taken})
    used = {name for node in _nodes(model.graph) for name in node.input} | {one.name for one in model.graph.output}
    with graph.with_name(graph.name + WEIGHTS).open("wb") as beside:
        for value in taken:
            array = state[value.name].detach().numpy()
            if value.name in used:
                model.graph.initializer.append(_constant(value.name, array, beside))
            for name in turned.get(value.name, ()):
                model.graph.initializer.append(_constant(name, array.T, beside))
    onnx.save(model, graph)


def _take_transposes(model: Any, weights: set[str]) -> dict[str, list[str]]:
    """Takes nodes that transpose a matrix of ``weights`` out of the graph: by weight, the names that they gave."""
    outputs = {one.name for one in model.graph.output}
    turned: dict[str, list[str]] = {}
    kept = []
    for node in model.graph.node:
        matrix = node.op_type == "Transpose" and [list(one.ints) for one in node.attribute] == [[1, 0]]
        if matrix and node.input[0] in weights and node.output[0] not in outputs:
            turned.setdefault(node.input[0], []).append(node.output[0])
        else:
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return turned


def _nodes(graph: Any) -> Iterator[Any]:
    """With those of the graphs inside: both branches of an If, the body of a Loop."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _constant(name: str, array: Any, beside: IO[bytes]) -> Any:
    import numpy as np
    import onnx

    array = np.ascontiguousarray(array)
    if array.nbytes < _INLINE_BYTES:
        return onnx.numpy_helper.from_array(array, name)
    beside.write(b"\0" * (-beside.tell() % _PAGE_BYTES))
    tensor = onnx.TensorProto(
        name=name, dims=array.shape, data_type=onnx.helper.np_dtype_to_tensor_dtype(array.dtype), data_location=1
    )
    place = {"location": Path(beside.name).name, "offset": beside.tell(), "length": array.nbytes}
    for key, value in place.items():
        tensor.external_data.add(key=key, value=str(value))
    beside.write(array.data)
    return tensor
